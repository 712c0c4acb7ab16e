"""What is read out of a preflight report, whichever SDK wrote it: one form, one set of units.

Pure data. Times are milliseconds, loss is percent, jitter and round trip are milliseconds, MOS is 1 to 4.5.
None and empty mean that the report does not tell; nothing is ever filled in for what is missing.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

State: TypeAlias = Literal["completed", "failed", "running", ""]

ROAMING = "roaming"  # the edge that DNS chooses

# Of MOS, the best first: above 4.2 it is excellent; from each of the others on it is the next word.
QUALITY_BANDS = ("excellent", "great", "good", "fair", "degraded")
_EXCELLENT = 4.2
_FROM = ((4.1, "great"), (3.7, "good"), (3.1, "fair"))

HOST = "host"
SRFLX = "srflx"
PRFLX = "prflx"
RELAY = "relay"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One ICE candidate (RFC 8445); `kind` is host, srflx, prflx or relay."""

    kind: str
    remote: bool = False
    protocol: str = ""  # udp or tcp
    relay_protocol: str = ""  # what leads to the TURN server: udp, tcp or tls
    address: str = ""
    port: int | None = None
    url: str = ""  # of the STUN or TURN server, without credentials
    network: str = ""  # wifi, cellular, ethernet, vpn, …


@dataclass(frozen=True, slots=True)
class Timing:
    """How long each part took, in ms."""

    signaling: float | None = None
    ice: float | None = None
    dtls: float | None = None
    peer_connection: float | None = None
    test: float | None = None


@dataclass(frozen=True, slots=True)
class MetricRange:
    """One measure over the test."""

    average: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class SdkError:
    """One error: of the test, of a log, of an error object."""

    code: str  # five digits, or empty
    message: str = ""
    inner: str = ""  # the code inside: twilioError, originalError
    close_code: int | None = None  # of a WebSocket (RFC 6455)

    @property
    def codes(self) -> tuple[str, ...]:
        """The inner code first: it is the more precise one."""
        return tuple(dict.fromkeys(code for code in (self.inner, self.code) if code))


@dataclass(frozen=True, slots=True)
class QualityWarning:
    """One quality warning of the SDK, by the name that JavaScript uses."""

    name: str
    threshold: float | None = None
    value: float | None = None
    cleared: bool = False


@dataclass(frozen=True, slots=True)
class PreflightReport:
    """One test as the device told it."""

    form: str  # javascript, android, ios, react-native, native (either mobile one), log
    platforms: tuple[str, ...] = ()  # what the SDK may be; one where the form tells
    sdk: str = ""  # version, where it is given
    state: State = ""
    call_sid: str = ""
    edge: str = ""  # where the client went in; an edge's id where it is known
    edge_asked: str = ""  # what it was set to
    edge_written: str = ""  # edge as the report writes it
    turn_required: bool | None = None
    local: Candidate | None = None  # of the selected pair
    remote: Candidate | None = None
    candidates: tuple[Candidate, ...] = ()
    timing: Timing = Timing()
    rtt: MetricRange = MetricRange()
    jitter: MetricRange = MetricRange()
    mos: MetricRange = MetricRange()  # as the report says
    mos_computed: float | None = None  # by the SDK's formula, from what was measured
    loss_percent: float | None = None
    quality: str = ""  # as the report says, one of the five words
    samples: int = 0
    codec: str = ""
    cautions: tuple[QualityWarning, ...] = ()
    faults: tuple[SdkError, ...] = ()
    hangup: bool = False  # the text says HANGUP
    csp: bool = False  # the console names a Content-Security-Policy
    started: float | None = None  # seconds since the epoch
    missing: tuple[str, ...] = ()  # sentences: what is not there, and what it would tell
    notes: tuple[str, ...] = ()  # sentences: how something was read, what does not fit together


def word_for(score: float) -> str:
    """Name the band of a MOS; every score has one."""
    if score > _EXCELLENT:
        return QUALITY_BANDS[0]
    return next((word for low, word in _FROM if score >= low), QUALITY_BANDS[-1])
