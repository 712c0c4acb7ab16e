"""The values of a comparison of several relays.

Pure data.
"""

from typing import Final, Literal, TypeAlias

from probes.protocol.frozen import frozen

DISPUTED: Final = "they disagree, so neither result is used"  # how the reason of such an answer ends

FindingScope: TypeAlias = Literal["one-network", "some-networks", "everywhere", "not-compared"]


@frozen
class ComparedCause:
    """One cause that a relay found, and the results of the others."""

    cause: str
    title: str
    scope: FindingScope
    seen_from: tuple[str, ...]  # relays that found it
    fine_from: tuple[str, ...]  # relays that did not find it
    unknown_from: tuple[str, ...]  # relays without a result
    says: str  # one sentence
    local: bool = False  # about the relays' own networks, so the service was not checked from there


@frozen
class MissingRelay:
    """The checks that one relay could not run."""

    relay: str
    looks: int
    of: int
    because: str

    @property
    def says(self) -> str:
        """Return it as one sentence."""
        return f"{self.relay}: {self.looks} of {self.of} checks did not run: {self.because}."


@frozen
class Comparison:
    """The comparison of several relays for one request."""

    causes: tuple[ComparedCause, ...]
    alike: tuple[str, ...]  # steps that failed at every relay that ran them, two at least
    missing: tuple[MissingRelay, ...]
    says: str  # one sentence about all relays
