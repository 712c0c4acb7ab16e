"""Run rounds of datagrams through the ports of a media check, until loss cannot explain the silent ones."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from probes.checks.media_egress import Egress
from probes.checks.media_path import MediaPath
from probes.checks.media_verdict import PortProof, compare_ephemeral, count_passed, settle
from probes.net.loss import LossMeter, upper_of
from probes.net.turn_session import TurnRefused
from probes.protocol.failures import Failure

_OTHERS: Final = 0.15  # seconds to wait for the first rounds of other ports
_MOST: Final = 4  # rounds after the first one: the time is over before
# The loss to assume where no datagram of anything was ever answered, so that none was measured.
_BLIND: Final = 0.5


@dataclass(slots=True)
class MediaRounds:
    """The paths of one media check, and what came of them."""

    egress: Egress
    meter: LossMeter  # of the plan
    paths: list[MediaPath] = field(default_factory=list)
    ephemeral: list[tuple[MediaPath, MediaPath]] = field(default_factory=list)  # low port, ephemeral port
    refused: list[Failure] = field(default_factory=list)

    async def run(self, path: MediaPath) -> None:
        """Check *path*, which is one of `paths`, again and again, as long as loss may explain what all of them lost."""
        await self._first(path, self.paths)
        await self._others(path, self.paths)
        with suppress(OSError, EOFError, TurnRefused):  # then it stays unknown
            await path.prove_long(self.loss)

    async def run_beside(self, low: MediaPath, path: MediaPath) -> None:
        """Check *path* from an ephemeral port; it says nothing where the *low* port is silent, too."""
        await self._first(path, [low, path])
        if not low.proof.lost:
            await self._others(path, [path])

    async def repeat_silent(self) -> None:
        """Run one more round through every silent path."""
        await asyncio.gather(*(self._round(path) for path in self.silent))

    @property
    def silent(self) -> list[MediaPath]:
        """The paths that lost at least one direction, by chance or not."""
        return [path for path in self.paths if path.proof.lost]

    def settled(self, paths: Iterable[MediaPath]) -> list[PortProof]:
        """The results of *paths*; a direction that loss may have silenced is not known."""
        return settle([path.proof for path in paths], self.loss)

    def compare_ephemeral(self) -> str:
        """Whether the same port did worse from an ephemeral source port."""
        highs = self.settled(high for _, high in self.ephemeral)
        return compare_ephemeral(list(zip((low.proof for low, _ in self.ephemeral), highs, strict=True)))

    @property
    def is_unsure(self) -> bool:
        """Whether a direction is silent, perhaps by loss."""
        highs = [high for low, high in self.ephemeral if not low.proof.lost]
        return self._may_be_loss(self.paths) or self._may_be_loss(highs)

    @property
    def loss(self) -> float:
        """The upper bound of the loss: by the media datagrams that passed, STUN beside them, and the plan's meter."""
        passed = count_passed(path.proof for path in [*self.paths, *(high for _, high in self.ephemeral)])
        if self.egress.stun_answers:
            passed.sent += self.egress.meter.sent
            passed.lost += self.egress.meter.lost
        return upper_of(passed, self.meter) if passed.sent or self.meter.sent > self.meter.lost else _BLIND

    def long_facts(self) -> dict[str, Any]:
        """Whether long datagrams pass."""
        return next((path.long.facts() for path in self.paths if path.long), {})

    def facts(self) -> dict[str, Any]:
        """The interval of the loss, in percent."""
        low, high = self.meter.lower(), self.loss
        return {"loss_low_percent": round(100 * low, 1), "loss_high_percent": round(100 * high, 1)}

    async def _first(self, path: MediaPath, group: Sequence[MediaPath]) -> None:
        await self._round(path)
        path.first_round_over.set()
        # What the others found counts, too: all that started together end about now.
        with suppress(TimeoutError):
            async with asyncio.timeout(_OTHERS):
                for other in tuple(group):
                    await other.first_round_over.wait()

    async def _others(self, path: MediaPath, group: Sequence[MediaPath]) -> None:
        for _ in range(_MOST):
            if not path.proof.lost or not path.is_usable or not self._may_be_loss(group):
                return
            await self._round(path)

    def _may_be_loss(self, group: Sequence[MediaPath]) -> bool:
        return self.settled(group) != [path.proof for path in group]

    async def _round(self, path: MediaPath) -> None:
        try:
            await path.run_round()
        except TurnRefused as refused:
            self.refused.append(refused.failure)
        except (OSError, EOFError):
            pass  # not checked: the control channel failed, not the media
