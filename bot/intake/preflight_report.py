"""Define PreflightReport and its parts: one form and one set of units for all four SDKs.

Pure data. Times, jitter, and round trip are in ms, loss in percent, MOS from 1 to 4.5. None and "" mean that
the report does not contain the value. Missing values are never filled in.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

State: TypeAlias = Literal["completed", "failed", "running", ""]

ROAMING = "roaming"  # DNS selects the edge

# Lower limits of MOS, the best first: above 4.2 is excellent; each other limit starts the next word.
QUALITY_BANDS = ("excellent", "great", "good", "fair", "degraded")
_EXCELLENT = 4.2
_FROM = ((4.1, "great"), (3.7, "good"), (3.1, "fair"))

HOST = "host"
SRFLX = "srflx"
PRFLX = "prflx"
RELAY = "relay"

# Data of one call from the service's API: one answer, all so far, all there will be.
PART = "part"
SO_FAR = "so far"
FINAL = "final"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One ICE candidate (RFC 8445). `kind` is host, srflx, prflx, or relay."""

    kind: str
    remote: bool = False
    protocol: str = ""  # udp or tcp
    relay_protocol: str = ""  # transport to the TURN server: udp, tcp, or tls
    address: str = ""
    port: int | None = None
    url: str = ""  # of the STUN or TURN server, without credentials
    network: str = ""  # wifi, cellular, ethernet, vpn, …


@dataclass(frozen=True, slots=True)
class Timing:
    """Duration of each phase, in ms."""

    signaling: float | None = None
    ice: float | None = None
    dtls: float | None = None
    peer_connection: float | None = None
    test: float | None = None


@dataclass(frozen=True, slots=True)
class MetricRange:
    """The values of one metric during the test."""

    average: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class SdkError:
    """One error of a test, a log, or an error object."""

    code: str  # five digits, or empty
    message: str = ""
    inner: str = ""  # the nested code: twilioError, originalError
    close_code: int | None = None  # of a WebSocket (RFC 6455)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes, with the nested one first, because it is more precise."""
        return tuple(dict.fromkeys(code for code in (self.inner, self.code) if code))


@dataclass(frozen=True, slots=True)
class QualityWarning:
    """One quality warning, under the name that the JavaScript SDK uses."""

    name: str
    threshold: float | None = None
    value: float | None = None
    cleared: bool = False


@dataclass(frozen=True, slots=True)
class PreflightReport:
    """One test, as the device reported it."""

    form: str  # javascript, android, ios, react-native, native (Android or iOS), log
    platforms: tuple[str, ...] = ()  # possible platforms of the SDK; one if the form is unambiguous
    sdk: str = ""  # version, where it is given
    state: State = ""
    call_sid: str = ""
    edge: str = ""  # the edge that the client connected to, as an id if known
    edge_asked: str = ""  # the edge that the client was set to
    edge_written: str = ""  # the edge as written in the report
    turn_required: bool | None = None
    local: Candidate | None = None  # of the selected pair
    remote: Candidate | None = None
    candidates: tuple[Candidate, ...] = ()
    timing: Timing = Timing()
    rtt: MetricRange = MetricRange()
    jitter: MetricRange = MetricRange()
    mos: MetricRange = MetricRange()  # as the report says
    mos_computed: float | None = None  # by the SDK's formula, from the measurements
    loss_percent: float | None = None
    packets: int | None = None  # of the call's audio that should have reached the device, received or lost
    lost: int | None = None  # of these
    quality: str = ""  # as the report says, one of the five words
    samples: int = 0
    codec: str = ""
    cautions: tuple[QualityWarning, ...] = ()
    faults: tuple[SdkError, ...] = ()
    hangup: bool = False  # the text contains HANGUP
    csp: bool = False  # the console names a Content-Security-Policy
    started: float | None = None  # seconds since the epoch
    missing: tuple[str, ...] = ()  # sentences: what is missing, and what it would show
    notes: tuple[str, ...] = ()  # sentences: how a value was read, and contradictions
    of_service: str = ""  # the service's own data of one call: part, so far, or final
    ice_failed: bool = False
    ended_by: str = ""  # caller or callee


def word_for(score: float) -> str:
    """Return the word for a MOS. Every score has one."""
    if score > _EXCELLENT:
        return QUALITY_BANDS[0]
    return next((word for low, word in _FROM if score >= low), QUALITY_BANDS[-1])
