"""Piece, Clues, Reading: typed facts, each with its quote."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from bot.intake.preflight_report import PreflightReport, SdkError
from probes.protocol.model import Observation

DOOR = "31009"  # the code whose causes are nearly all that a network can do to a call

ReadingKind: TypeAlias = Literal["report", "log", "error", "tool", "foreign", "nothing", "refused"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text is, and what is in it."""

    kind: ReadingKind
    says: str  # one sentence: what it is, or why nothing was read
    reports: tuple[PreflightReport, ...] = ()
    pasted: tuple[Observation, ...] = ()  # of dig, openssl and curl
    removed: tuple[str, ...] = ()  # kinds of secrets that the text held
    told: Mapping[str, str] = field(default_factory=dict)

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
    """Give the platform, where the reports tell one and the same."""
    text = {report.platforms for report in reading.reports if report.platforms}
    return next(iter(text))[0] if len(text) == 1 and len(next(iter(text))) == 1 else None


def edge_of(reading: Reading) -> str:
    """Give the edge that the device was set to, where the reports tell one and the same."""
    asked = {report.edge_asked for report in reading.reports if report.edge_asked}
    return asked.pop() if len(asked) == 1 else ""
