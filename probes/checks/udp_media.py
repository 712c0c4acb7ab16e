"""Check whether UDP media passes: datagrams to real ports of the media range, and back (RFC 8656).

A TURN server gives us relayed addresses, whose ports are in the media range. Plain datagrams to them take the
same path as media. The TURN connection, preferably over TCP, reports what arrived. Without TURN credentials
nothing can be proven.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final

from probes.checks.context import ProbeContext
from probes.checks.media_allocations import Control, Held, endpoints_of, first_allocation, stun_server
from probes.checks.media_egress import Egress
from probes.checks.media_knock import host_answers
from probes.checks.media_long import LongDatagrams
from probes.checks.media_path import MediaPath
from probes.checks.media_rounds import MediaRounds
from probes.checks.media_verdict import judge, summarize
from probes.checks.targets import translate
from probes.net.addresses import family_of
from probes.net.sockets import source_address
from probes.net.stun import TransportAddress
from probes.net.stun_client import StunSocket, open_stun
from probes.net.turn import open_allocation
from probes.net.turn_session import Credentials, TurnRefused, TurnSession
from probes.protocol.failures import Failure
from probes.protocol.model import Step

_MOST_PORTS: Final = 6
_EPHEMERAL_LANES: Final = 2  # how many ports are also tried from an ephemeral port
_KNOCKS: Final = 3
_EPHEMERAL_PORTS: Final = range(32768, 60001)
_EPHEMERAL_TRIES: Final = 8
# An allocation waits this many more seconds for STUN to report the address that we send from.
_STUN_GRACE: Final = 0.1
# Seconds for the first allocation; the rest of the budget is for ports that loss may have silenced.
_FIRST_ALLOCATION: Final = 2.4
# Ends before the step's budget: what could not be proven in time is inconclusive, not a timeout.
_SHARE_OF_BUDGET: Final = 0.9


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Facts: via, relayed_address, in_range, tried, counts, lost_ports, boundary, ephemeral, stun_silent.

    Of datagrams of the size of a DTLS handshake: long_out, long_in (passes, lost, or unknown). Of what passes:
    echo_rtt_ms, echo_sent, echo_lost.
    """
    context.note(reached=False, ephemeral="not_looked")
    async with AsyncExitStack() as stack:
        egress = Egress(context.shared.silence, _taught(context))
        rounds = MediaRounds(egress, context.loss)
        work = _Work(step, context, stack, Credentials.given(step.secrets), egress, rounds)
        with suppress(TimeoutError):
            async with asyncio.timeout(step.budget * _SHARE_OF_BUDGET):
                await work.run()
        return work.verdict()


def _taught(context: ProbeContext) -> list[str]:
    """Our addresses as earlier stun and nat steps found them."""
    found: list[str] = []
    for observation in context.earlier.values():
        reflexive = observation.facts.get("reflexive", ())
        found += [reflexive.rpartition(":")[0]] if isinstance(reflexive, str) else list(reflexive)
    return found


@dataclass(slots=True)
class _Work:
    """The state of one media check."""

    step: Step
    context: ProbeContext
    stack: AsyncExitStack
    credentials: Credentials
    egress: Egress
    rounds: MediaRounds
    control: Control | None = None
    failure: Failure | None = Failure.INCONCLUSIVE  # until there is a control channel
    server_known: bool = False
    path_open: bool = False  # the relaying host answered, although no relayed port did

    async def run(self) -> None:
        """Get a control channel, then check all ports in parallel."""
        endpoints = await endpoints_of(self.step, self.context)
        async with asyncio.timeout(_FIRST_ALLOCATION):
            won = await first_allocation(self.stack, endpoints, self.credentials, self.egress, self.context)
        if isinstance(won, Failure):
            self.failure = won
            return
        self.control = won
        self._note_control(won)
        server, self.server_known = stun_server(won.endpoint, endpoints)
        count = max(1, min(int(self.step.params.get("count", _MOST_PORTS)), _MOST_PORTS))
        async with asyncio.TaskGroup() as asking:
            async with asyncio.TaskGroup() as proving:
                questions = []
                for number in range(count):
                    stun = await self._open()
                    questions.append(asking.create_task(self._ask(number, stun, server)))
                    proving.create_task(self._prove_port(number, stun, questions[0]))
            await self._retry()
            await self._knock()
            if not self.rounds.silent:
                for question in questions:
                    question.cancel()

    async def _ask(self, number: int, stun: StunSocket, server: TransportAddress) -> None:
        """Ask for our address from the first port, and from the others once anything is silent."""
        if number:
            await self.egress.silence.wait()
        await self.egress.ask(stun, server)

    async def _prove_port(self, number: int, stun: StunSocket, question: asyncio.Task[None]) -> None:
        """Make an allocation for port *number*, and run the first round through it."""
        assert self.control is not None
        try:
            held = self.control.held if number == 0 else await self._another(self.control)
            await asyncio.wait({question}, timeout=_STUN_GRACE)
            media_path = await self._lane(held, stun, LongDatagrams() if number == 0 else None)
            self.rounds.paths.append(media_path)
            running = [self.rounds.run(media_path)]
            if number < _EPHEMERAL_LANES:
                high = await self._lane(held, await self._open_ephemeral())
                self.rounds.ephemeral.append((media_path, high))
                running.append(self.rounds.run_beside(media_path, high))
            await asyncio.gather(*running)
        except TurnRefused as refused:
            self.rounds.refused.append(refused.failure)
        except (OSError, EOFError):
            return  # one port fewer: the control channel failed, not the media
        self._note()

    async def _another(self, control: Control) -> Held:
        return await self.stack.enter_async_context(
            open_allocation(control.endpoint, TurnSession(self.credentials))
        )

    async def _open(self, *, low_port: bool = True) -> StunSocket:
        assert self.control is not None
        family = family_of(self.control.endpoint.address)
        return await self.stack.enter_async_context(open_stun(low_port=low_port, family=family))

    async def _lane(self, held: Held, stun: StunSocket, long: LongDatagrams | None = None) -> MediaPath:
        client, allocation = held
        relayed = allocation.relayed._replace(host=await translate(allocation.relayed.host, self.context))
        return MediaPath(client, relayed, stun, self.egress, long)

    async def _open_ephemeral(self) -> StunSocket:
        """A source port as a client's system would choose it, inside the range that firewalls are asked to allow."""
        for _ in range(_EPHEMERAL_TRIES):
            stun = await self._open(low_port=False)
            if stun.sock.local[1] in _EPHEMERAL_PORTS:
                break
        return stun

    async def _retry(self) -> None:
        """Run another round where a NAT pool may explain the missing answers: its addresses are known by now."""
        if len(self.egress.hosts) > 1:
            await self.rounds.repeat_silent()

    async def _knock(self) -> None:
        """If nothing answers, not even STUN, find out whether datagrams reach the relaying host."""
        paths = self.rounds.paths
        if len(self.rounds.silent) == len(paths) and not self.egress.stun_answers:
            self.path_open = await host_answers([media_path.relayed for media_path in paths[:_KNOCKS]])

    def _note_control(self, control: Control) -> None:
        relayed = control.held[1].relayed
        ranges = [ip_network(text) for text in self.step.params.get("ranges", ())]
        self.context.note(
            via=str(control.endpoint),
            relayed_address=relayed.host,
            in_range=any(ip_address(relayed.host) in network for network in ranges),
        )

    def _note(self) -> None:
        self.context.note(
            **summarize(self.rounds.settled(self._counted())), ephemeral=self.rounds.compare_ephemeral()
        )
        self.context.note(**self.rounds.long_facts())

    def _counted(self) -> Sequence[MediaPath]:
        """The paths whose relayed port is in the media range: others prove nothing about it."""
        low, high = self.step.params.get("ports", (1, 65535))
        return [media_path for media_path in self.rounds.paths if low <= media_path.proof.port <= high]

    def verdict(self) -> Failure | None:
        """The failure, as far as is known now."""
        if self.control is None:
            return self.failure
        self._note()
        if self.rounds.silent:
            self.context.note(stun_silent=self.egress.stun_answers == 0)
        proofs, ephemeral = self.rounds.settled(self._counted()), self.rounds.compare_ephemeral()
        if self.rounds.refused and not any(proof.outbound is not None for proof in proofs):
            return self.rounds.refused[0]
        failure = judge(proofs, ephemeral, permission_sure=self._permission_sure(self.control))
        if failure is None and self.rounds.is_unsure:
            self.context.note(**self.rounds.facts())
            return Failure.INCONCLUSIVE
        return failure

    def _permission_sure(self, control: Control) -> bool:
        """Whether the address that our datagrams leave from was among those permitted.

        True if a server saw it over UDP, or if there is no NAT. Also if a server that is known to listen for
        STUN over UDP does not answer: then all UDP is dropped, with or without permission.
        """
        mapped = control.held[1].mapped
        direct = mapped is not None and mapped.host == source_address(control.endpoint.address)
        over_udp = control.endpoint.transport == "udp"
        return (
            direct or over_udp or self.egress.stun_answers > 0 or (self.server_known and not self.path_open)
        )
