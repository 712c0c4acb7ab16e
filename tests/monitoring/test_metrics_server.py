"""The server of the metrics: connections that say nothing or come in crowds do not keep Prometheus out."""

import asyncio
import socket
import threading

import pytest

from probes.protocol import metrics_server
from probes.protocol.metrics import metrics_served
from tests.monitoring.scrape import scrape

CROWD = 60


def threads_of_answers() -> int:
    return sum(thread.name.endswith("(process_request_thread)") for thread in threading.enumerate())


async def test_crowd_of_silent_connections(capfd: pytest.CaptureFixture[str]) -> None:
    """The oldest make room, and nothing is written about them."""
    before = threads_of_answers()
    async with metrics_served("LINEMAN_METRICS", "127.0.0.1:0", "hub", dict) as address:
        assert address
        crowd = [socket.create_connection(address) for _ in range(CROWD)]
        crowd[-1].sendall(b"GET /metrics HTTP/1.1\r\n\x1b[31m\xff\r\n")
        crowd[-2].sendall(b"\x1b[31m\r\n\r\n")
        assert "lineman_relays_connected" in await scrape(address)
        assert threads_of_answers() - before <= metrics_server.MOST_PER_ADDRESS + 1
        assert crowd[0].recv(1) == b""
        for stranger in crowd:
            stranger.close()
    assert capfd.readouterr().err == ""


async def test_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection is closed after `PATIENCE` seconds."""
    monkeypatch.setattr(metrics_server, "PATIENCE", 0.01)
    async with metrics_served("LINEMAN_METRICS", "127.0.0.1:0", "hub", dict) as address:
        assert address
        reader, writer = await asyncio.open_connection(*address)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
