"""Send one DNS query to one name server: over UDP with retries, or over TCP."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeAlias

import dns.message

from probes.net.dns_message import DnsAnswer, parse_answer
from probes.net.guard import GUARD
from probes.net.sockets import connect_tcp, open_udp
from probes.net.udp import UdpSocket
from probes.protocol.failures import Failure, NetworkError

Server: TypeAlias = tuple[str, int]  # address and port of a name server

# Seconds to wait after each send. A line must lose more than a tenth of all packets or their answers to lose all six
# more often than once in a million times. With the stagger over three resolvers, this ends before a dns step's budget
# does, so silence is reported as dns_timeout_error.
CADENCE: Final = (0.4, 0.3, 0.2, 0.2, 0.2, 0.2)


async def ask(
    server: Server, query: dns.message.Message, cadence: Sequence[float] = CADENCE, *, tcp: bool = False
) -> DnsAnswer:
    """Send *query* to *server*, over TCP if *tcp* is set or the UDP answer is truncated.

    Raises NetworkError with a DNS failure.
    """
    GUARD.get().check_name(query.question[0].name.to_text())
    if tcp:
        return await _ask_tcp(server, query)
    answer = await _ask_udp(server, query, cadence)
    if not answer.truncated:
        return answer
    try:
        return replace(await _ask_tcp(server, query), truncated=True)
    except NetworkError:
        return answer  # a truncated answer is better than none


async def _ask_udp(server: Server, query: dns.message.Message, cadence: Sequence[float]) -> DnsAnswer:
    """Send *query* over UDP and resend it until an answer to it arrives."""
    packet = query.to_wire()
    try:
        with open_udp(server) as sock:
            for patience in cadence:
                sock.send(packet)
                answer = await _listen(sock, query, patience)
                if answer is not None:
                    return answer
    except NetworkError:
        raise
    except OSError as error:
        raise NetworkError(Failure.DNS_UNREACHABLE_ERROR) from error
    raise NetworkError(Failure.DNS_TIMEOUT_ERROR)


async def _listen(sock: UdpSocket, query: dns.message.Message, patience: float) -> DnsAnswer | None:
    """Wait *patience* seconds for the answer to *query*; ignores answers to other queries."""
    junk: NetworkError | None = None
    try:
        async with asyncio.timeout(patience):
            while True:
                arrival = await sock.receive()
                if arrival.failure is not None:
                    raise NetworkError(Failure.DNS_UNREACHABLE_ERROR, arrival.icmp_from)
                try:
                    answer = parse_answer(arrival.payload, query)
                except NetworkError as error:
                    junk = error  # a device on the path may have answered before the resolver: keep waiting
                    continue
                if answer is not None:
                    return answer
    except TimeoutError:
        if junk is not None:
            raise junk from None
    return None


async def _ask_tcp(server: Server, query: dns.message.Message) -> DnsAnswer:
    """Send *query* over TCP (RFC 7766), with its length in two bytes before it."""
    loop = asyncio.get_running_loop()
    packet = query.to_wire()
    try:
        with await connect_tcp(*server) as sock:
            await loop.sock_sendall(sock, len(packet).to_bytes(2, "big") + packet)
            received = b""
            while len(received) < 2 or len(received) < 2 + int.from_bytes(received[:2], "big"):
                chunk = await loop.sock_recv(sock, 65536)
                if not chunk:
                    raise NetworkError(Failure.DNS_SERVER_MISBEHAVING)
                received += chunk
    except NetworkError as error:
        if error.failure is Failure.DNS_SERVER_MISBEHAVING:
            raise
        raise NetworkError(Failure.DNS_UNREACHABLE_ERROR, error.icmp_from) from error
    except OSError as error:
        raise NetworkError(Failure.DNS_UNREACHABLE_ERROR) from error
    answer = parse_answer(received[2:], query)
    if answer is None:
        raise NetworkError(Failure.DNS_SERVER_MISBEHAVING)
    return answer
