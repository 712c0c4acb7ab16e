"""Define Piece, NamedCode, and Reading: the pieces of a text, and the facts found in it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from bot.intake.preflight_report import PreflightReport, SdkError
from bot.model.symptom_match import SymptomMatch
from probes.protocol.failures import Failure
from probes.protocol.model import Observation

DOOR = "31009"  # used if no code is given: its causes cover nearly everything a network can do to a call

# A test of ten minutes with one sample per second is about 500 kB. Four times that is not a report.
LARGEST: Final = 2_000_000  # bytes that are read
LARGEST_CAPTURE: Final = 50_000_000  # of a HAR or a dump of webrtc-internals, which are read as a stream

# A tool's output counts as evidence only if the user says where it was made.
ON_DEVICE: Final = re.compile(
    r"\bon (?:the |their |his |her )?(?:(?:user|customer|client|caller|agent)(?:['\u2019]?s)? )?(?:own )?"
    r"(?:device|machine|laptop|computer|phone|pc)\b",
    re.IGNORECASE,
)

# The kind of the whole text: that of its most important piece.
ReadingKind: TypeAlias = Literal["report", "log", "error", "tool", "foreign", "nothing", "refused"]
PieceKind: TypeAlias = Literal["prose", "log", "report", "error", "tool", "foreign", "json"]

_NO_MATCH: Final = SymptomMatch((), {}, (), "none")


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of one format, counted from 1, with one sentence that describes them."""

    kind: PieceKind
    lines: tuple[int, int]  # first and last
    says: str


@dataclass(frozen=True, slots=True)
class NamedCode:
    """An error code, how it is written, and the redacted line that it is in."""

    code: str
    context: str
    quote: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text is, and every fact found in it.

    Codes and clues need a vocabulary, and the match needs the knowledge. Without them, these fields are
    empty.
    """

    kind: ReadingKind
    says: str  # what the text is, or why it could not be read
    reports: tuple[PreflightReport, ...] = ()  # first of preflight tests, then of errors, then of logs
    pasted: tuple[Observation, ...] = ()  # output of tools, and lines of logs that name a failure
    check: str = ""  # the result of a check page, as JSON that nobody has checked yet
    removed: tuple[str, ...] = ()  # kinds of secrets that were removed
    pieces: tuple[Piece, ...] = ()
    text: str = ""  # normalized prose, without reports and tool output
    named_codes: tuple[
        NamedCode, ...
    ] = ()  # codes in that text: the known ones, or those that cannot be anything else
    clues: Mapping[str, str] = field(default_factory=dict)  # platform, edge, relay, and answers, by option
    match: SymptomMatch = _NO_MATCH
    call_sids: tuple[str, ...] = ()  # of the whole text, in order
    open_codes: frozenset[str] = frozenset()  # codes that mean more than one thing in their context
    language: str = ""  # of the prose, such as "en"
    has_report_form: bool = False  # the message is a paste rather than prose

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes in the text, in order."""
        return tuple(named.code for named in self.named_codes)

    @property
    def device_reports(self) -> tuple[PreflightReport, ...]:
        """The reports of the SDK's preflight test."""
        return tuple(report for report in self.reports if report.form != "log")

    @property
    def faults(self) -> tuple[SdkError, ...]:
        """All errors of all reports."""
        return tuple(fault for report in self.reports for fault in report.faults)

    @property
    def is_denied_by_resolver(self) -> bool:
        """Whether the only failure in the output of tools is a resolver that says that a name does not exist.

        Unlike a timeout, that is an answer. It holds for the place where the tool ran.
        """
        signs = {look.facts["sign"] for look in self.pasted if "sign" in look.facts}
        return signs == {Failure.DNS_NXDOMAIN_ERROR}

    @property
    def useful(self) -> bool:
        """Whether something was read that may answer a question."""
        return bool(self.reports or self.pasted or self.check)


def code_of(reading: Reading, known: Mapping[str, object] | Iterable[str]) -> str:
    """Return the outer one of the *known* error codes in *reading*, or 31009 without one."""
    codes = (code for fault in reading.faults for code in (fault.code, fault.inner) if code)
    return next((code for code in codes if code in known), DOOR)


def platform_of(reading: Reading) -> str | None:
    """Return the platform if all reports agree on it. Logs count only if no report names one."""
    reports = reading.device_reports or reading.reports
    text = {report.platforms for report in reports if report.platforms}
    return next(iter(text))[0] if len(text) == 1 and len(next(iter(text))) == 1 else None


def edge_of(reading: Reading) -> str:
    """Return the edge that the device was set to, if all reports agree on it."""
    asked = {report.edge_asked for report in reading.reports if report.edge_asked}
    return asked.pop() if len(asked) == 1 else ""
