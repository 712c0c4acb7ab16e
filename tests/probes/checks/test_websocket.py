"""The websocket and http probes against TLS servers and proxies on loopback."""

import asyncio
import base64
import hashlib
import re
import time
from collections.abc import Callable
from email.utils import formatdate
from functools import partial
from typing import Any

import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection

from probes.checks import http, websocket
from probes.protocol.failures import Failure
from tests.certificates import make_server
from tests.fakes import Talk, reset, say, silence, tcp_server
from tests.name_server import name_server, zone
from tests.probes.checks.run_one_probe import see

HOST = "voice.example"
CONTEXT = make_server(None, HOST).context()
upgrade = partial(see, websocket.probe, HOST, addresses=["127.0.0.1"])
fetch = partial(see, http.probe, HOST, addresses=["127.0.0.1"])


async def read_request(reader: asyncio.StreamReader) -> str:
    return (await reader.readuntil(b"\r\n\r\n")).decode()


def answering(make: Callable[[str], bytes], seen: asyncio.Queue[str] | None = None) -> Talk:
    """Answer one request with what *make* makes of it, then read on until the other side closes."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read_request(reader)
        writer.write(make(request))
        await writer.drain()
        rest = await reader.read()
        if seen is not None:
            seen.put_nowait(request + rest.hex())

    return talk


def accept(request: str) -> bytes:
    """The answer of a real gateway (RFC 6455 4.2.2)."""
    key = re.search(r"Sec-WebSocket-Key: (\S+)", request)[1]  # type: ignore[index]  # a probe always sends one
    digest = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
    token = base64.b64encode(digest).decode()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: Upgrade\r\n"
        f"Server: gateway\r\nSec-WebSocket-Accept: {token}\r\n\r\n"
    ).encode()


async def test_an_upgrade_that_goes_through() -> None:
    """A gateway that accepts is a success; it gets the right path and host, and a close frame."""
    seen: asyncio.Queue[str] = asyncio.Queue()
    async with tcp_server(answering(accept, seen), CONTEXT) as port:
        failure, facts = await upgrade(port, path="/signal")
        goodbye = await seen.get()
    assert failure is None
    assert (facts["status"], facts["upgraded"], facts["server"]) == (101, True, "gateway")
    assert goodbye.startswith("GET /signal HTTP/1.1\r\nHost: voice.example\r\n")
    gateway = Connection(ConnectionType.SERVER)
    gateway.receive_data(bytes.fromhex(goodbye.rpartition("\n")[2]))
    assert list(gateway.events()) == [CloseConnection(1000, "")]


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", Failure.WEBSOCKET_UPGRADE_STRIPPED),
        (b"HTTP/1.0 302 Found\r\nLocation: /\r\n\r\n", Failure.WEBSOCKET_UPGRADE_STRIPPED),
        (b"HTTP/1.1 101 Switching\r\n\r\n", Failure.WEBSOCKET_UPGRADE_STRIPPED),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", Failure.WEBSOCKET_UPGRADE_REFUSED),
        (b"HTTP/1.1 502\r\n\r\n", Failure.WEBSOCKET_UPGRADE_REFUSED),
        (b"HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\n\r\n", Failure.PROXY_AUTH_REQUIRED),
        (
            b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: no\r\n\r\n",
            Failure.HTTP_MALFORMED_RESPONSE,
        ),
        (b"SSH-2.0-OpenSSH\r\n", Failure.HTTP_MALFORMED_RESPONSE),
        (b"HTTP/1.1 999 Odd\r\n\r\n", Failure.HTTP_MALFORMED_RESPONSE),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", Failure.HTTP_MALFORMED_RESPONSE),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, Failure.HTTP_MALFORMED_RESPONSE),
    ],
    ids=["200", "302", "bare-101", "403", "502", "407", "accept", "ssh", "999", "colon", "huge"],
)
async def test_every_other_answer_is_its_own_word(answer: bytes, word: Failure) -> None:
    """A stripped upgrade, a refused one and a malformed answer have different failures."""
    async with tcp_server(answering(lambda _: answer), CONTEXT) as port:
        failure, facts = await upgrade(port)
    assert failure is word
    if "status" in facts:
        assert facts["upgraded"] is False


async def test_an_interim_answer_is_passed_over() -> None:
    """103 Early Hints is not the answer, what follows is."""
    async with tcp_server(
        answering(lambda request: b"HTTP/1.1 103 Early Hints\r\n\r\n" + accept(request)), CONTEXT
    ) as port:
        failure, _ = await upgrade(port)
    assert failure is None


@pytest.mark.parametrize(
    ("then", "word"),
    [
        ("close", Failure.EOF_ERROR),
        ("reset", Failure.CONNECTION_RESET),
        ("wait", Failure.GENERIC_TIMEOUT_ERROR),
    ],
)
async def test_a_cut_connection_is_told_by_how_it_was_cut(then: str, word: Failure) -> None:
    """FIN, RST and no answer have three different failures."""
    async with tcp_server(say(then=then), CONTEXT) as port:
        failure, _ = await upgrade(port, budget=0.3)
    assert failure is word


async def test_a_broken_handshake_is_no_websocket_matter() -> None:
    """A TLS failure keeps its own name, and the connection is closed."""
    async with tcp_server(say(b"HTTP/1.1 400 Bad\r\n\r\n")) as port:
        failure, _ = await upgrade(port)
    assert failure is Failure.SSL_NOT_TLS


# Through a proxy.


def tunnel(port: int, seen: list[str], refusal: bytes = b"") -> Talk:
    """A proxy that connects to *port* for every request, or answers *refusal*."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        if refusal:
            writer.write(refusal)
            await writer.drain()
            return
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(pump(reader, inner_writer))
                group.create_task(pump(inner_reader, writer))
        finally:
            inner_writer.close()

    return talk


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65536):
        writer.write(chunk)
        await writer.drain()
    writer.close()


async def through(
    refusal: bytes = b"", credentials: str = ""
) -> tuple[Failure | None, dict[str, Any], list[str]]:
    seen: list[str] = []
    async with (
        tcp_server(answering(accept), CONTEXT) as port,
        tcp_server(tunnel(port, seen, refusal)) as proxy,
    ):
        url = f"http://{credentials}127.0.0.1:{proxy}"
        # The proxy resolves the name, not we: no name server is given.
        failure, facts = await see(websocket.probe, HOST, port, proxy_url=url, proxy=True)
    return failure, facts, seen


async def test_an_upgrade_through_a_proxy() -> None:
    """CONNECT opens a tunnel to the host by its name, and the upgrade goes through it."""
    failure, facts, seen = await through()
    assert failure is None
    assert facts["upgraded"] is True
    assert facts["proxy"].startswith("127.0.0.1:")
    assert seen[0].startswith(f"CONNECT {HOST}:")


async def test_credentials_of_the_proxy_are_used_and_never_told() -> None:
    """User and password of the URL go to the proxy as Basic, and into no fact."""
    failure, facts, seen = await through(credentials="ann:s%40crt@")
    assert failure is None
    assert "Proxy-Authorization: Basic " + base64.b64encode(b"ann:s@crt").decode() in seen[0]
    assert "crt" not in str(facts)


@pytest.mark.parametrize(
    ("refusal", "word", "schemes"),
    [
        (
            b'HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="x"\r\nProxy-Authenticate: NTLM\r\n\r\n',
            Failure.PROXY_AUTH_REQUIRED,
            ["Basic", "NTLM"],
        ),
        (b"HTTP/1.1 403 Forbidden\r\nServer: squid\r\n\r\n", Failure.PROXY_REFUSED, []),
        (b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", Failure.PROXY_REFUSED, []),
    ],
    ids=["407", "403", "302"],
)
async def test_a_proxy_that_refuses_says_how(refusal: bytes, word: Failure, schemes: list[str]) -> None:
    """A proxy wants to be authenticated, by which schemes, or refuses with a status."""
    failure, facts, _ = await through(refusal)
    assert failure is word
    assert facts["auth_schemes"] == schemes
    assert facts["status"] == int(refusal[9:12])


async def test_a_proxy_that_hangs_up_and_one_that_is_not_there() -> None:
    """A proxy that closes is an EOF, one that does not listen unreachable, another scheme unsupported."""
    async with tcp_server(say(then="close")) as port:
        closed, _ = await see(http.probe, HOST, 443, proxy_url=f"http://127.0.0.1:{port}", proxy=True)
    gone, _ = await see(http.probe, HOST, 443, proxy_url=f"http://127.0.0.1:{port}", proxy=True)
    nameless, _ = await see(http.probe, HOST, 443, proxy_url="http://proxy.example:3128", proxy=True)
    socks, _ = await see(http.probe, HOST, 443, proxy_url="socks5://127.0.0.1:1080", proxy=True)
    none, _ = await see(http.probe, HOST, 443, proxy=True)
    assert closed is Failure.EOF_ERROR
    assert gone is Failure.PROXY_UNREACHABLE
    assert nameless is Failure.PROXY_UNREACHABLE
    assert socks is Failure.NOT_SUPPORTED
    assert none is Failure.NO_PROXY


# Plain HTTPS.


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (200, None),
        (302, None),
        (404, None),
        (407, Failure.PROXY_AUTH_REQUIRED),
        (500, None),
        (503, None),
        (511, Failure.HTTP_UNEXPECTED_STATUS),
    ],
)
async def test_a_status_says_whether_the_host_was_reached(status: int, word: Failure | None) -> None:
    """Every status is an answer of the host, except those that only a device on the path sends."""
    reply = f"HTTP/1.1 {status} X\r\nServer: s\r\nLocation: https://portal.example/\r\n\r\n".encode()
    async with tcp_server(answering(lambda _: reply), CONTEXT) as port:
        failure, facts = await fetch(port)
    assert failure is word
    assert (facts["status"], facts["location"]) == (status, "https://portal.example/")
    assert "date_offset_s" not in facts


@pytest.mark.parametrize("offset", [-7200, 0, 600])
async def test_the_servers_clock_is_compared_with_ours(offset: int) -> None:
    """The Date header gives how far the server is ahead, to the second."""

    def reply(_: str) -> bytes:
        return f"HTTP/1.1 200 OK\r\nDate: {formatdate(time.time() + offset, usegmt=True)}\r\n\r\n".encode()

    async with tcp_server(answering(reply), CONTEXT) as port:
        failure, facts = await fetch(port, path="/v1/x", method="HEAD")
    assert failure is None
    assert facts["date_offset_s"] == pytest.approx(offset, abs=1.5)


async def test_a_date_that_is_none_is_left_out() -> None:
    """A broken Date header is not believed, and breaks nothing."""
    async with tcp_server(answering(lambda _: b"HTTP/1.1 200 OK\r\nDate: soon\r\n\r\n"), CONTEXT) as port:
        failure, facts = await fetch(port)
    assert failure is None
    assert "date_offset_s" not in facts


async def test_a_line_break_in_the_path_smuggles_nothing() -> None:
    """A path with a line break is a bug of the plan, and never sent."""
    async with tcp_server(silence, CONTEXT) as port:
        with pytest.raises(ValueError, match="line break"):
            await fetch(port, path="/ HTTP/1.1\r\nX: y")


async def test_a_host_without_an_address_is_not_looked_at() -> None:
    """Where a name has no address, there is nothing to connect to; a name that is not there says so."""
    async with name_server(zone({})) as server:
        missing, _ = await see(http.probe, HOST, 443, servers=[server])
    assert missing is Failure.DNS_NXDOMAIN_ERROR


async def test_a_reset_in_the_tunnel_is_a_reset() -> None:
    """A proxy that breaks off where its answer is due is a reset connection."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        reset(writer)

    async with tcp_server(talk) as port:
        failure, _ = await see(http.probe, HOST, 443, proxy_url=f"http://127.0.0.1:{port}", proxy=True)
    assert failure is Failure.CONNECTION_RESET
