"""Define SymptomMatch and CauseCandidate."""

from collections.abc import Mapping
from typing import Final, Literal

from probes.protocol.frozen import frozen

# `sure` starts a case, `close` asks which of the best, `none` means that nothing matches.
MatchVerdict = Literal["sure", "close", "none"]


OFFERED: Final = 3


@frozen
class CauseCandidate:
    """A cause that the text may describe. *score* is its confidence, from 0 to 1, over all causes."""

    cause: str
    title: str
    score: float


@frozen
class SymptomMatch:
    """What a text contains: codes, platform and other clues, and the causes that it may describe, best first."""

    codes: tuple[str, ...]
    clues: Mapping[str, str]
    causes: tuple[CauseCandidate, ...]
    verdict: MatchVerdict

    @property
    def offered(self) -> tuple[CauseCandidate, ...]:
        """The causes to choose from, or the single sure one."""
        if self.verdict == "none":
            return ()
        return self.causes[: 1 if self.verdict == "sure" else OFFERED]
