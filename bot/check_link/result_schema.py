"""The results that a customer's browser sends: read strictly, because anybody with a link can send anything.

Pure: no network, no clock.
"""

from typing import Annotated, Final, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta, Struct

from probes.protocol.failures import Failure

T = TypeVar("T")

LARGEST: Final = 256_000  # bytes of a request's body

Text: TypeAlias = Annotated[str, Meta(max_length=400)]
Short: TypeAlias = Annotated[str, Meta(max_length=64)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=1_000_000)]
# Milliseconds, seconds, and percentages: no measurement of a page has more.
Number: TypeAlias = Annotated[float, Meta(ge=-1e10, le=1e10)]
Port: TypeAlias = Annotated[int, Meta(ge=0, le=65_535)]
Ports: TypeAlias = Annotated[list[Port], Meta(max_length=64)]
Answer: TypeAlias = Literal["yes", "no", "unsure"]
Version: TypeAlias = Literal[1]


class CheckStartBody(Struct):
    """What the page sends when the customer starts the check."""

    v: Version
    same_network: Answer = "unsure"
    language: Short = ""


class CallBody(Struct):
    """What the page sends for the token of a test call."""

    v: Version
    run: Short
    key: Short
    edge: Short = ""


class CallReportBody(CallBody):
    """What the SDK reported about a test call, as JSON."""

    report: Annotated[str, Meta(max_length=200_000)] = ""


class BrowserFacts(Struct):
    """The facts of one observation that are used; others are ignored."""

    upgraded: bool | None = None
    opened_ms: Number | None = None
    opened_again: Annotated[list[Number], Meta(max_length=16)] = []
    resolved: bool | None = None
    close_code: Count | None = None
    attempts: Count | None = None
    control: Short = ""
    host_reachable: bool | None = None
    ms: Number | None = None
    reflexive: Short = ""
    code: Count | None = None
    reached: bool | None = None
    allocated: bool | None = None
    relayed: Short = ""
    in_range: bool | None = None
    open: Ports = []
    outbound_lost: Ports = []
    inbound_lost: Ports = []
    stun_silent: bool | None = None
    sent: Count | None = None
    lost: Count | None = None
    rtt_ms: Number | None = None
    jitter_ms: Number | None = None
    reason: Short = ""


class BrowserObservation(Struct):
    """One check in the browser."""

    probe: Short
    service: Short = ""
    edge: Short = ""
    host: Annotated[str, Meta(max_length=255)] = ""
    port: Port = 0
    transport: Short = ""
    failure: Short | None = None
    facts: BrowserFacts = msgspec.field(default_factory=BrowserFacts)
    started: Number = 0.0
    runtime: Number = 0.0


class BrowserProduct(Struct):
    """The browser and its state, in its own words."""

    name: Short = ""
    version: Short = ""
    os: Short = ""
    mobile: bool = False
    secure_context: bool | None = None
    webrtc: bool | None = None
    save_data: bool | None = None
    microphone: Short = ""


class BrowserResult(Struct):
    """The result of one check."""

    v: Version
    run: Short
    key: Short
    observations: Annotated[list[BrowserObservation], Meta(max_length=80)]
    same_network: Answer = "unsure"
    language: Short = ""
    started: Number = 0.0
    runtime: Number = 0.0
    clock_offset_s: Number | None = None
    browser: BrowserProduct = msgspec.field(default_factory=BrowserProduct)
    nat: Short = ""
    hints: Annotated[list[Short], Meta(max_length=64)] = []


_NO_RESULT: Final = (Failure.INCONCLUSIVE, Failure.NOT_SUPPORTED)
# The words that each check in the browser may end with, besides success.
WORDS: Final[dict[str, tuple[Failure, ...]]] = {
    "websocket": (
        Failure.WEBSOCKET_CLOSED,
        Failure.GENERIC_TIMEOUT_ERROR,
        Failure.CONNECTION_ABORTED,
        *_NO_RESULT,
    ),
    "http": (Failure.GENERIC_TIMEOUT_ERROR, Failure.CONNECTION_ABORTED, *_NO_RESULT),
    "stun": (Failure.GENERIC_TIMEOUT_ERROR, *_NO_RESULT),
    "turn": (
        Failure.TURN_UNAUTHORIZED,
        Failure.TURN_FORBIDDEN,
        Failure.TURN_QUOTA_REACHED,
        Failure.TURN_INSUFFICIENT_CAPACITY,
        Failure.TURN_SERVER_ERROR,
        Failure.CONNECTION_ABORTED,
        Failure.GENERIC_TIMEOUT_ERROR,
        *_NO_RESULT,
    ),
    "udp_media": (
        Failure.UDP_OUTBOUND_LOST,
        Failure.UDP_INBOUND_LOST,
        Failure.NO_CREDENTIALS,
        *_NO_RESULT,
    ),
    "quality": _NO_RESULT,
}


class InvalidResultError(ValueError):
    """A body that is not a result of the page; the message has nothing of it."""


def read_start(body: bytes) -> CheckStartBody:
    """Read the body of a start; `InvalidResultError`."""
    return _decode(body, _START)


def read_call(body: bytes) -> CallBody:
    """Read the body of a request for a test call; `InvalidResultError`."""
    return _decode(body, _CALL)


def read_call_report(body: bytes) -> CallReportBody:
    """Read the body of a report; `InvalidResultError`."""
    return _decode(body, _CALL_REPORT)


def read_result(body: bytes) -> BrowserResult:
    """Read the body of a result; `InvalidResultError`."""
    result = _decode(body, _RESULT)
    for observation in result.observations:
        words = WORDS.get(observation.probe, ())
        if observation.failure is not None and observation.failure not in words:
            raise InvalidResultError("an observation has a word that its check cannot have")
    return result


def _decode(body: bytes, decoder: "msgspec.json.Decoder[T]") -> T:
    if len(body) > LARGEST:
        raise InvalidResultError("the body is too long")
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidResultError("the body is not a result") from None


_START: Final = msgspec.json.Decoder(CheckStartBody)
_RESULT: Final = msgspec.json.Decoder(BrowserResult)
_CALL: Final = msgspec.json.Decoder(CallBody)
_CALL_REPORT: Final = msgspec.json.Decoder(CallReportBody)
