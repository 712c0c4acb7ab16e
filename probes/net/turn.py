"""A TURN client over UDP, TCP and TLS (RFC 8656) that can do what the media proof needs.

Own code, because the libraries have no CreatePermission, no Data indications and no word for a refusal.
Takes no timeouts: over a stream it waits as long as its caller lets it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from probes.net.resend import PACE, send_until
from probes.net.stun import (
    MalformedError,
    StunAttribute,
    StunClass,
    StunMessage,
    StunMethod,
    TransportAddress,
)
from probes.net.turn_session import ALLOCATION_MISMATCH, STALE_NONCE, TurnRefused, TurnSession
from probes.net.turn_transport import TurnEndpoint, Wire, open_wire
from probes.protocol.failures import Failure, NetworkError

# A challenge, and a nonce that has run out meanwhile; a server that goes on like this does so for ever.
_ROUNDS: Final = 5
# A port that another client just gave back may still be taken on the server (437): try others.
_PORTS: Final = 3
_UDP: Final = (17).to_bytes(4, "little")  # REQUESTED-TRANSPORT: the protocol number, three bytes reserved
_LIFETIME: Final = (60).to_bytes(4, "big")  # seconds; what we lose sight of is soon gone

TakesData = Callable[[TransportAddress, bytes], None]  # peer and payload of a Data indication


@dataclass(frozen=True, slots=True)
class Allocation:
    """What the server gave us."""

    relayed: TransportAddress
    mapped: TransportAddress | None  # where it saw us, over the transport we came by
    software: str


class TurnClient:
    """Asks one TURN server over one connection; each of `on_data` gets every Data indication."""

    def __init__(self, wire: Wire, session: TurnSession) -> None:
        self._wire = wire
        self._session = session
        self._waiting: dict[bytes, asyncio.Future[StunMessage]] = {}
        self._broken: OSError | EOFError | None = None
        self._held = False  # the server may hold something for us
        self._junk = False
        self.on_data: list[TakesData] = []

    async def allocate(self) -> Allocation:
        """A relayed UDP address; raises TurnRefused, OSError, EOFError."""
        self._held = True
        wanted = [(StunAttribute.REQUESTED_TRANSPORT, _UDP), (StunAttribute.LIFETIME, _LIFETIME)]
        reply = await self._ask(StunMethod.ALLOCATE, wanted)
        relayed = reply.address(StunAttribute.XOR_RELAYED_ADDRESS)
        if relayed is None:
            raise NetworkError(Failure.STUN_MALFORMED_RESPONSE)
        return Allocation(relayed, reply.reflexive, reply.text(StunAttribute.SOFTWARE))

    async def permit(self, hosts: Iterable[str]) -> None:
        """Let datagrams from any port of *hosts* through to us; raises as `allocate` does."""
        await self._ask(StunMethod.CREATE_PERMISSION, peers=[TransportAddress(host, 0) for host in hosts])

    def send(self, payload: bytes, peer: TransportAddress) -> None:
        """Have the server send *payload* to *peer* from the relayed address; nobody confirms it."""
        self._wire.send(self._session.indication(payload, peer))

    def free(self) -> None:
        """Give the allocation back, without waiting; twice where the request may get lost."""
        if not self._held:
            return
        _, packet = self._session.request(StunMethod.REFRESH, [(StunAttribute.LIFETIME, bytes(4))])
        with suppress(OSError):
            for _ in range(1 if self._wire.reliable else 2):
                self._wire.send(packet)

    async def listen(self) -> None:
        """Take what arrives until the connection breaks."""
        try:
            while True:
                self._take(await self._wire.receive())
        except MalformedError:
            self._break(NetworkError(Failure.STUN_MALFORMED_RESPONSE))
        except (OSError, EOFError) as error:
            self._break(error)

    async def _ask(
        self,
        method: StunMethod,
        attributes: Iterable[tuple[int, bytes]] = (),
        peers: Iterable[TransportAddress] = (),
    ) -> StunMessage:
        attributes, peers = tuple(attributes), tuple(peers)
        for _ in range(_ROUNDS):
            reply = await self._exchange(*self._session.request(method, attributes, peers))
            if self._session.accepts(reply):
                return reply
        raise TurnRefused(Failure.TURN_STALE_NONCE, STALE_NONCE)

    async def _exchange(self, transaction: bytes, packet: bytes) -> StunMessage:
        """Send *packet*, as often as the transport calls for, and wait for its answer."""
        if self._broken:
            raise self._broken
        answer: asyncio.Future[StunMessage] = asyncio.get_running_loop().create_future()
        self._waiting[transaction] = answer
        try:
            if self._wire.reliable:
                self._wire.send(packet)
                return await answer
            return await send_until(answer, lambda: self._wire.send(packet), PACE)
        except TimeoutError:
            if self._wire.error:
                raise self._wire.error from None
            if self._junk:
                raise NetworkError(Failure.STUN_MALFORMED_RESPONSE) from None
            raise
        finally:
            del self._waiting[transaction]
            answer.cancel()

    def _take(self, packet: bytes) -> None:
        """Junk in a datagram is passed over, as anybody can send it; in a stream nobody else can."""
        try:
            message = self._session.read(packet)
        except MalformedError:
            if self._wire.reliable:
                raise
            self._junk = True
            return
        if message.kind is StunClass.INDICATION:
            self._take_indication(message)
        elif (answer := self._waiting.get(message.transaction)) and not answer.done():
            answer.set_result(message)

    def _take_indication(self, message: StunMessage) -> None:
        peer, payload = message.address(StunAttribute.XOR_PEER_ADDRESS), message.get(StunAttribute.DATA)
        if message.method != StunMethod.DATA or peer is None or payload is None:
            return
        for take in self.on_data:
            take(peer, payload)

    def _break(self, error: OSError | EOFError) -> None:
        self._broken = error
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(error)

    @property
    def broken(self) -> bool:
        """Whether the connection is gone: silence means nothing from here on."""
        return self._broken is not None


@asynccontextmanager
async def open_allocation(
    endpoint: TurnEndpoint, session: TurnSession
) -> AsyncIterator[tuple[TurnClient, Allocation]]:
    """An allocation that is given back when the block is left; raises TurnRefused, OSError, EOFError."""
    for left in reversed(range(_PORTS)):
        async with open_turn(endpoint, session) as client:
            try:
                allocation = await client.allocate()
            except TurnRefused as refused:
                if refused.code != ALLOCATION_MISMATCH or not left:
                    raise
                continue
            yield client, allocation
            return


@asynccontextmanager
async def open_turn(endpoint: TurnEndpoint, session: TurnSession) -> AsyncIterator[TurnClient]:
    """A client that listens until the block is left, and then leaves nothing behind on the server."""
    wire = await open_wire(endpoint)
    client = TurnClient(wire, session)
    listening = asyncio.create_task(client.listen())
    try:
        yield client
    finally:
        client.free()
        wire.close()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
