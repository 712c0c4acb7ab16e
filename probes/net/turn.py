"""TURN client over UDP, TCP and TLS (RFC 8656), with what the media check needs.

Own code, because the libraries have no CreatePermission, no Data indications and no reason for a refusal.
Sets no timeouts: over a stream it waits as long as its caller allows.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
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
from probes.net.turn_transport import Stream, TurnEndpoint, Wire, open_wire
from probes.protocol.failures import Failure, NetworkError
from probes.protocol.frozen import frozen

# A challenge, and a nonce that expired in between. A server that asks more often never stops.
_ROUNDS: Final = 5
# A port that another client has just released may still be in use on the server (437): try others.
_PORTS: Final = 3
_UDP: Final = (17).to_bytes(4, "little")  # REQUESTED-TRANSPORT: the protocol number and three reserved bytes
_LIFETIME: Final = (60).to_bytes(4, "big")  # seconds, short so that a lost allocation soon expires

TakesData = Callable[[TransportAddress, bytes], None]  # peer and payload of a Data indication


@frozen
class Allocation:
    """An allocation on the TURN server."""

    relayed: TransportAddress
    mapped: TransportAddress | None  # our reflexive address, over this transport
    software: str


class TurnClient:
    """TURN client for one server over one connection; passes every Data indication to each of `on_data`."""

    def __init__(self, wire: Wire, session: TurnSession) -> None:
        self._wire = wire
        self._session = session
        self._waiting: dict[bytes, asyncio.Future[StunMessage]] = {}
        self._broken: OSError | EOFError | None = None
        self._held = False  # the server may have an allocation of ours
        self._junk = False
        self._permitted: set[str] = set()
        self._permitting = asyncio.Lock()
        self.on_data: list[TakesData] = []

    async def allocate(self) -> Allocation:
        """Allocate a relayed UDP address; raises TurnRefused, OSError, EOFError."""
        self._held = True
        wanted = [(StunAttribute.REQUESTED_TRANSPORT, _UDP), (StunAttribute.LIFETIME, _LIFETIME)]
        reply = await self._ask(StunMethod.ALLOCATE, wanted)
        relayed = reply.address(StunAttribute.XOR_RELAYED_ADDRESS)
        if relayed is None:
            raise NetworkError(Failure.STUN_MALFORMED_RESPONSE)
        return Allocation(relayed, reply.reflexive, reply.text(StunAttribute.SOFTWARE))

    async def permit(self, hosts: Iterable[str]) -> None:
        """Allow datagrams from any port of *hosts* to reach us; raises as `allocate` does."""
        await self._ask(StunMethod.CREATE_PERMISSION, peers=[TransportAddress(host, 0) for host in hosts])

    async def permit_once(self, hosts: Iterable[str]) -> None:
        """The same for those of *hosts* that have no permission yet."""
        async with self._permitting:
            if wanted := set(hosts) - self._permitted:
                await self.permit(sorted(wanted))
                self._permitted |= wanted

    def send(self, payload: bytes, peer: TransportAddress) -> None:
        """Have the server send *payload* to *peer* from the relayed address; there is no confirmation."""
        self._wire.send(self._session.indication(payload, peer))

    @property
    def stream(self) -> Stream | None:
        """The connection, if it is one of TCP or TLS."""
        return self._wire if isinstance(self._wire, Stream) else None

    def free(self) -> None:
        """Release the allocation without waiting; one over a stream ends with the stream."""
        if not self._held or self._wire.reliable:
            return
        _, packet = self._session.request(StunMethod.REFRESH, [(StunAttribute.LIFETIME, bytes(4))])
        with suppress(OSError):
            self._wire.send(packet)

    async def listen(self) -> None:
        """Receive messages until the connection breaks."""
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
        """Send *packet*, resending it over UDP, and wait for its answer."""
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
        """Handle one packet. Junk is ignored in datagrams, which anyone can send, but breaks a stream."""
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
        """Whether the connection is lost: from then on, no answer proves nothing."""
        return self._broken is not None


@asynccontextmanager
async def open_allocation(
    endpoint: TurnEndpoint, session: TurnSession
) -> AsyncIterator[tuple[TurnClient, Allocation]]:
    """An allocation that is released when the block ends; raises TurnRefused, OSError, EOFError."""
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
    """A client that receives until the block ends and then releases what it has on the server."""
    wire = await open_wire(endpoint, session)
    client = TurnClient(wire, session)
    listening = asyncio.create_task(client.listen())
    try:
        yield client
    finally:
        client.free()
        wire.close()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
