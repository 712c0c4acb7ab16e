"""Ask a second STUN server whether the line loses packets: the first one may answer only so many a second."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from probes.checks.context import ProbeContext
from probes.checks.targets import addresses_of, usable
from probes.net.addresses import family_of, is_address, split_families
from probes.net.loss import LossMeter
from probes.net.sockets import open_udp
from probes.net.stun_echo import EchoTrain, open_train
from probes.protocol.model import Step

_MOST: Final = 3  # servers that are tried, one after the other


@asynccontextmanager
async def open_echo(server: tuple[str, int], meter: LossMeter) -> AsyncIterator[EchoTrain]:
    """A train of STUN requests to *server*; raises OSError if there is no route."""
    with open_udp(server, family=family_of(server[0])) as sock:
        async with open_train(sock, meter) as train:
            yield train


@dataclass(slots=True)
class SecondServer:
    """The train to a server at another address than the first, once one is needed; a silent one is replaced."""

    step: Step
    context: ProbeContext
    stack: AsyncExitStack
    first: str  # the address of the first server
    host: str = ""
    train: EchoTrain | None = None
    meter: LossMeter = field(default_factory=LossMeter)
    _tried: set[str] = field(default_factory=set)

    async def open(self) -> None:
        """Open a train to the next server, unless the present one answers; without one, `train` is None."""
        if self.train and (self.train.answered or not self.train.echoes):
            return
        self.train = None
        async for host, address, port in self._others():
            self._tried.add(address)
            self.host, self.meter = host, LossMeter()
            try:
                self.train = await self.stack.enter_async_context(open_echo((address, port), self.meter))
            except OSError:  # no route to it
                continue
            return

    async def _others(self) -> AsyncIterator[tuple[str, str, int]]:
        """Host, address, and port of servers that were not tried: of the same name first, then of `servers`."""
        target = self.step.target
        places: list[tuple[str, int]] = [(target.host, target.port)]
        places += [(str(more["host"]), int(more["port"])) for more in self.step.params.get("servers", ())]
        for host, port in places:
            v4, v6 = await self._addresses(host)
            for address in v4 or v6:
                if address not in {self.first, *self._tried} and len(self._tried) < _MOST:
                    yield host, address, port

    async def _addresses(self, host: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        try:
            if host == self.step.target.host:
                return await addresses_of(self.step, self.context)
            known = (
                split_families([host])
                if is_address(host)
                else await self.context.shared.resolver.addresses(host)
            )
            return await usable(*known, self.context)
        except OSError:  # the name has no address
            return (), ()

    def facts(self) -> Mapping[str, Any]:
        """What this server answered: other_host, other_sent, other_lost; nothing if it answered nothing."""
        if not self.train or not self.train.answered:
            return {}
        return {
            "other_host": self.host,
            "other_sent": len(self.train.echoes),
            "other_lost": self.train.lost,
        }
