"""SymptomMatch and CauseCandidate values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

# `sure` goes ahead, `close` asks which of the best, `none` says that nothing fits.
MatchVerdict = Literal["sure", "close", "none"]


OFFERED: Final = 3


@dataclass(frozen=True, slots=True)
class CauseCandidate:
    """A cause that the text may tell of; *score* is the confidence, 0 to 1, over all causes together."""

    cause: str
    title: str
    score: float


@dataclass(frozen=True, slots=True)
class SymptomMatch:
    """What a text says: codes, platform and other clues, and the causes it may tell of, best first."""

    codes: tuple[str, ...]
    clues: Mapping[str, str]
    causes: tuple[CauseCandidate, ...]
    verdict: MatchVerdict

    @property
    def offered(self) -> tuple[CauseCandidate, ...]:
        """The causes to choose from, or the one that is meant."""
        if self.verdict == "none":
            return ()
        return self.causes[: 1 if self.verdict == "sure" else OFFERED]
