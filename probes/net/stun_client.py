"""Ask STUN servers for our reflexive address: parallel binding requests from one UDP socket.

RFC 8489; answers from another address or port by RFC 5780.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from probes.net.clock import milliseconds_since, now
from probes.net.resend import send_until
from probes.net.sockets import open_udp
from probes.net.stun import (
    MalformedError,
    StunAttribute,
    StunClass,
    StunMessage,
    StunMethod,
    TransportAddress,
    make_message,
    pack_message,
    parse_message,
)
from probes.net.udp import Arrival, UdpSocket
from probes.protocol.failures import Failure, NetworkError
from probes.protocol.frozen import frozen

# Seconds after each of three requests: the first steps of netcheck's cadence. Ends before the 0.7 s that a
# plan gives STUN, so that the failure names the ICMP error or the malformed answer, not just a timeout.
PACE: Final = (0.1, 0.2, 0.35)

_ERRORS: Final = 3  # ICMP errors that end the wait for an answer

CHANGE_PORT = 0x2  # RFC 5780 section 7.2: answer from the server's other port,
CHANGE_ADDRESS_AND_PORT = 0x6  # or from its other address and port


@frozen
class StunAnswer:
    """A server's answer to a binding request."""

    message: StunMessage
    ms: float  # from the request that it answers
    sent: int  # number of requests sent
    answered: int = 1  # which of them it answers, from 1: those before it were lost, or their answers

    @property
    def reflexive(self) -> TransportAddress:
        """Our address as the server saw it; raises NetworkError if the answer has none."""
        address = self.message.reflexive
        if address is None:
            raise NetworkError(Failure.STUN_MALFORMED_RESPONSE)
        return address

    @property
    def other(self) -> TransportAddress | None:
        """The server's second address and port, if it has one."""
        return self.message.address(StunAttribute.OTHER_ADDRESS)


@dataclass(slots=True)
class _Question:
    """One binding request, sent several times, each with its own transaction id so that ms is exact."""

    server: TransportAddress
    change: int
    source: TransportAddress  # the address that the answer must come from
    answer: asyncio.Future[StunAnswer]
    times: dict[bytes, float] = field(default_factory=dict)
    errors: list[NetworkError] = field(default_factory=list)  # ICMP errors so far
    junk: int = 0  # packets from the server that were not an answer


class StunSocket:
    """One local port that sends binding requests; passes packets that are not answers to `on_other`."""

    def __init__(self, sock: UdpSocket, on_other: Callable[[Arrival], None] | None = None) -> None:
        self.sock = sock
        self.on_other = on_other
        self._questions: list[_Question] = []

    async def ask(
        self,
        server: TransportAddress,
        *,
        change: int = 0,
        source: TransportAddress | None = None,
        pace: Sequence[float] = PACE,
    ) -> StunAnswer:
        """Ask *server*; with *change*, the answer must come from *source*.

        Raises NetworkError for an ICMP error or a malformed answer, TimeoutError if there is no answer.
        """
        loop = asyncio.get_running_loop()
        question = _Question(server, change, source or server, loop.create_future())
        self._questions.append(question)
        try:
            return await send_until(question.answer, lambda: self._send(question), pace)
        except TimeoutError:
            if question.errors:
                raise question.errors[0] from None
            if question.junk:
                raise NetworkError(Failure.STUN_MALFORMED_RESPONSE) from None
            raise
        finally:
            question.answer.cancel()
            self._questions.remove(question)

    async def listen(self) -> None:
        """Receive packets until cancelled."""
        while True:
            self._take(await self.sock.receive())

    def _send(self, question: _Question) -> None:
        wanted = (
            [(StunAttribute.CHANGE_REQUEST, question.change.to_bytes(4, "big"))] if question.change else []
        )
        message = make_message(StunMethod.BINDING, StunClass.REQUEST, wanted)
        question.times[message.transaction] = now()
        self.sock.send(pack_message(message), question.server)

    def _take(self, arrival: Arrival) -> None:
        if arrival.icmp is not None:
            self._take_error(arrival)
            return
        try:
            message = parse_message(arrival.payload)
        except MalformedError:
            message = None
        for question in self._questions:
            if arrival.peer not in {question.source, question.server}:
                continue
            if message is not None and message.transaction in question.times:
                _settle(question, message, arrival.peer == question.source)
                return
            question.junk += 1
        if self.on_other:
            self.on_other(arrival)

    def _take_error(self, arrival: Arrival) -> None:
        """Fail a request on its third ICMP error: they come sooner than an answer that is on its way all the same."""
        for question in self._questions:
            ours = arrival.peer == question.server and arrival.payload[8:20] in question.times
            if arrival.failure and ours:
                question.errors.append(NetworkError(arrival.failure, arrival.icmp_from))
                if len(question.errors) >= _ERRORS and not question.answer.done():
                    question.answer.set_exception(question.errors[0])
                return
        if self.on_other:
            self.on_other(arrival)


def _settle(question: _Question, message: StunMessage, as_asked: bool) -> None:
    if question.answer.done():
        return
    if not as_asked:  # the server cannot, or does not, answer from its other address
        question.answer.set_exception(NetworkError(Failure.NOT_SUPPORTED))
    elif message.kind is StunClass.SUCCESS and message.method == StunMethod.BINDING:
        ms = milliseconds_since(question.times[message.transaction])
        answered = list(question.times).index(message.transaction) + 1
        question.answer.set_result(StunAnswer(message, ms, len(question.times), answered))
    else:  # our transaction id, so the server sent it, but it has no usable answer
        question.answer.set_exception(NetworkError(Failure.STUN_MALFORMED_RESPONSE))


@asynccontextmanager
async def open_stun(
    on_other: Callable[[Arrival], None] | None = None, *, low_port: bool = True, family: int = socket.AF_INET
) -> AsyncIterator[StunSocket]:
    """A StunSocket that receives packets until the block ends."""
    with open_udp(low_port=low_port, family=family) as sock:
        stun = StunSocket(sock, on_other)
        listening = asyncio.create_task(stun.listen())
        try:
            yield stun
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
