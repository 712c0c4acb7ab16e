"""Piece, NamedCode, Reading: what a text is made of, and the facts that it tells."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from bot.intake.preflight_report import PreflightReport, SdkError
from bot.model.symptom_match import SymptomMatch
from probes.protocol.model import Observation

DOOR = "31009"  # the code whose causes are nearly all that a network can do to a call

# A test of ten minutes with a sample each second is some 500 kB; four times that is no report any more.
LARGEST: Final = 2_000_000  # bytes that are read

# Output of tools counts where somebody says so.
ON_DEVICE: Final = re.compile(
    r"\bon (?:the |their |his |her )?(?:(?:user|customer|client|caller|agent)(?:['\u2019]?s)? )?(?:own )?"
    r"(?:device|machine|laptop|computer|phone|pc)\b",
    re.IGNORECASE,
)

# What the whole is taken for: what weighs most of its pieces.
ReadingKind: TypeAlias = Literal["report", "log", "error", "tool", "foreign", "nothing", "refused"]
PieceKind: TypeAlias = Literal["prose", "log", "report", "error", "tool", "foreign", "json"]

_NO_MATCH: Final = SymptomMatch((), {}, (), "none")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some lines of one form, the first being line 1, and one sentence that says what they are."""

    kind: PieceKind
    lines: tuple[int, int]  # first and last
    says: str


@dataclass(frozen=True, slots=True)
class NamedCode:
    """An error code, how it is written, and the line that it was read in, without secrets."""

    code: str
    context: str
    quote: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text is, and all that is in it.

    Codes and clues need a vocabulary, the match needs the knowledge: without them they are empty.
    """

    kind: ReadingKind
    says: str  # what it is, or why nothing was read
    reports: tuple[PreflightReport, ...] = ()  # of the SDK's test first; then of errors, and of logs
    pasted: tuple[Observation, ...] = ()  # of dig, nslookup, curl and openssl
    removed: tuple[str, ...] = ()  # kinds of secrets that the text held
    pieces: tuple[Piece, ...] = ()
    text: str = ""  # what is no report and no tool's output, in plain letters and digits
    named_codes: tuple[
        NamedCode, ...
    ] = ()  # in that text: those known here, else those that can only be a code
    clues: Mapping[str, str] = field(
        default_factory=dict
    )  # platform, edge, relay, and answers of people, by option
    match: SymptomMatch = _NO_MATCH
    has_report_form: bool = False  # a message like this is a paste, and not words alone

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that the text names, as they come."""
        return tuple(named.code for named in self.named_codes)

    @property
    def device_reports(self) -> tuple[PreflightReport, ...]:
        """The reports that the SDK's own test made."""
        return tuple(report for report in self.reports if report.form != "log")

    @property
    def faults(self) -> tuple[SdkError, ...]:
        """Every error of every report."""
        return tuple(fault for report in self.reports for fault in report.faults)

    @property
    def useful(self) -> bool:
        """Whether something was read that may answer a question."""
        return bool(self.reports or self.pasted)


def code_of(reading: Reading, known: Mapping[str, object] | Iterable[str]) -> str:
    """Give the error code that *reading* is about, one of those *known*: the outer one; 31009 where it tells none."""
    codes = (code for fault in reading.faults for code in (fault.code, fault.inner) if code)
    return next((code for code in codes if code in known), DOOR)


def platform_of(reading: Reading) -> str | None:
    """Give the platform, where the reports tell one and the same; a log counts where there is nothing better."""
    reports = reading.device_reports or reading.reports
    text = {report.platforms for report in reports if report.platforms}
    return next(iter(text))[0] if len(text) == 1 and len(next(iter(text))) == 1 else None


def edge_of(reading: Reading) -> str:
    """Give the edge that the device was set to, where the reports tell one and the same."""
    asked = {report.edge_asked for report in reading.reports if report.edge_asked}
    return asked.pop() if len(asked) == 1 else ""
