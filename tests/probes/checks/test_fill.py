"""The fill probe against coturn, and against a server that reads slowly."""

import asyncio
import socket
from typing import Any

import pytest

from probes.checks import fill
from probes.checks.fill import FilledLine, judge
from probes.checks.second_server import open_echo
from probes.net.loss import LossMeter
from probes.net.stun import StunClass, StunMessage, StunMethod, TransportAddress, parse_message
from probes.net.turn_session import TurnSession
from probes.net.turn_transport import Stream
from probes.protocol.failures import Failure
from tests.fakes import stun_mapped, stun_server, tcp_server
from tests.probes.checks.run_one_probe import see
from tests.turnserver import HOST, SECRETS, Coturn

LIMITS = {"loaded_rtt_ms": 300}


async def filled(
    turn_server: Coturn, *transports: str, secrets: dict[str, str] = SECRETS, **more: Any
) -> tuple[Failure | None, dict[str, Any]]:
    servers = [{"host": HOST, "port": turn_server.port}]
    params = {"servers": servers, "turn": turn_server.ways(*transports), "limits": LIMITS, **more}
    return await see(fill.probe, HOST, turn_server.port, budget=4.5, secrets=secrets, more=params)


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_a_line_that_takes_it_at_once_shows_nothing(turn_server: Coturn, transport: str) -> None:
    """Loopback is full for less than half a second: what was sent is known, the round trip under load is not."""
    failure, facts = await filled(turn_server, transport)
    assert failure is Failure.INCONCLUSIVE
    assert facts["kilobytes"] in range(1700, 2000)
    assert facts["seconds"] < 0.5
    assert facts["rtt_ms"] < 100
    assert "loaded_rtt_ms" not in facts


async def test_no_more_is_sent_than_asked_for(turn_server: Coturn) -> None:
    """A plan may ask for less than two megabytes, and gets no more by asking for more."""
    assert (await filled(turn_server, "tcp", bytes=100_000))[1]["kilobytes"] in range(80, 100)
    assert (await filled(turn_server, "tcp", bytes=9_000_000))[1]["kilobytes"] < 2000


async def test_what_cannot_be_filled_is_not_known(turn_server: Coturn) -> None:
    """Without a stream, without STUN, or without valid credentials, nothing is sent."""
    assert await filled(turn_server, "udp") == (Failure.INCONCLUSIVE, {})
    assert await filled(turn_server, "tcp", servers=[]) == (Failure.INCONCLUSIVE, {})
    failure, facts = await filled(turn_server, "tcp", secrets={**SECRETS, "credential": "wrong"})
    assert (failure, facts) == (Failure.TURN_UNAUTHORIZED, {})


async def test_requests_are_measured_while_a_slow_server_reads() -> None:
    """While a server takes little at a time, requests beside it are counted, for two seconds at most."""
    received = bytearray()

    async def read_slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        while chunk := await reader.read(8192):
            received.extend(chunk)
            await asyncio.sleep(0.02)

    def answer(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
        return [stun_mapped(request, peer)]

    message = TurnSession.indication(bytes(1200), TransportAddress(HOST, 9))
    async with tcp_server(read_slowly) as port, stun_server(answer) as stun:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
        async with open_echo((HOST, stun), LossMeter()) as train:
            line = FilledLine([Stream(reader, writer)], train, 400_000)
            await line.run(message)
        await asyncio.sleep(0)
    assert 0.5 < line.seconds < 2.1
    assert 50_000 < line.written <= 400_000
    assert len(line.loaded) >= 8
    first = parse_message(bytes(received[: len(message)]))
    assert (first.method, first.kind) == (StunMethod.SEND, StunClass.INDICATION)


@pytest.mark.parametrize(
    ("idle", "loaded", "seconds", "facts"),
    [
        (20.0, [850.0] * 20, 2.0, {"loaded_rtt_ms": 850.0, "exceeded_loaded_rtt_ms": 300}),
        (20.0, [60.0] * 20, 2.0, {"loaded_rtt_ms": 60.0}),
        (400.0, [420.0] * 20, 2.0, {"loaded_rtt_ms": 420.0}),  # far, and no farther while it is full
        (20.0, [300.0] * 20, 2.0, {"loaded_rtt_ms": 300.0}),  # at the limit is not above it
        (20.0, [850.0] * 20, 0.49, {}),
        (20.0, [850.0] * 7, 2.0, {}),
    ],
)
def test_a_buffer_is_blamed_if_the_round_trip_grows(
    idle: float, loaded: list[float], seconds: float, facts: dict[str, float]
) -> None:
    """Beyond the limit and twice the idle round trip; nothing is known from a short fill, or from few answers."""
    assert judge(idle, loaded, seconds, LIMITS) == facts
    assert "exceeded_loaded_rtt_ms" not in judge(idle, loaded, seconds, {})
