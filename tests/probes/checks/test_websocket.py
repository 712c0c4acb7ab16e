"""The websocket and http probes against TLS servers and proxies on loopback."""

import asyncio
import base64
import hashlib
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import partial
from typing import Any, TypeAlias, cast

import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, Event, Ping, TextMessage

from probes.checks import http, websocket, websocket_attempt
from probes.checks.context import ProbeContext
from probes.checks.websocket_attempt import Attempt, Patience, Stage
from probes.protocol.failures import Failure
from probes.protocol.model import Step, Target
from tests.certificates import make_server
from tests.fakes import Talk, drip, reset, say, silence, tcp_server
from tests.name_server import name_server, zone
from tests.probes.checks.run_one_probe import see

HOST = "voice.example"
CONTEXT = make_server(None, HOST).context()
QUARTER = 0.25  # of the patience that relays have


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a quarter as long as a relay does: loopback needs no more."""
    for module, name in (
        (websocket, "_FIRST"),
        (websocket, "_OTHERS"),
        (websocket_attempt, "_STALLED_CONNECT"),
        (websocket_attempt, "_STALLED_UPGRADE"),
        (websocket_attempt, "_STALLED_FRAMES"),
    ):
        value = getattr(module, name)
        shorter = (
            Patience(value.pong * QUARTER, value.close * QUARTER)
            if isinstance(value, Patience)
            else value * QUARTER
        )
        monkeypatch.setattr(module, name, shorter)


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


End: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def keep(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Go silent."""
    await asyncio.Event().wait()


async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def break_off(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(0.02)  # a reset may overtake what was sent just before
    reset(writer)


def close_with(code: int, reason: str = "") -> End:
    """Close in order, with a close frame."""

    async def end(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(Connection(ConnectionType.SERVER).send(CloseConnection(code, reason)))
        await writer.drain()

    return end


@dataclass
class Gateway:
    """A gateway that pings back and echoes; it ends connections *at* a moment, or only the first *times* of them."""

    end: End | None = None
    at: str = "open"  # or "frame", "text"
    times: int = 1_000_000
    slow: float = 0.0  # seconds until the upgrade is granted
    late: float = 0.0  # seconds until a reply to a frame
    pongs: bool = True
    interim: bytes = b""  # sent before the 101
    greeting: bytes = b""  # sent with it
    requests: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)  # the client sent a close frame

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read_request(reader)
        self.requests.append(request)
        ending = self.end if len(self.requests) <= self.times else None
        await asyncio.sleep(self.slow)
        writer.write(self.interim + accept(request) + self.greeting)
        await writer.drain()
        if ending and self.at == "open":
            return await ending(reader, writer)
        frames = Connection(ConnectionType.SERVER)
        while chunk := await reader.read(65536):
            frames.receive_data(chunk)
            for event in frames.events():
                self.events.append(event)
                if ending and (self.at == "frame" or isinstance(event, TextMessage)):
                    return await ending(reader, writer)
                await self.reply(event, frames, writer)
        return None

    async def reply(self, event: Event, frames: Connection, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self.late)
        if isinstance(event, Ping) and not self.pongs:
            return
        if isinstance(event, Ping | CloseConnection):
            writer.write(frames.send(event.response()))
            if isinstance(event, CloseConnection):
                self.closed.set()
        elif isinstance(event, TextMessage) and self.pongs:
            writer.write(frames.send(TextMessage(event.data)))


async def visit(gateway: Gateway, budget: float = 1.0) -> tuple[Failure | None, dict[str, Any]]:
    async with tcp_server(gateway.talk, CONTEXT) as port:
        return await upgrade(port, budget=budget, path="/signal")


async def test_an_upgrade_that_goes_through() -> None:
    """A gateway that replies to frames is a success. It gets the right path and host, and a close frame."""
    gateway = Gateway()
    async with tcp_server(gateway.talk, CONTEXT) as port:
        failure, facts = await upgrade(port, path="/signal")
        async with asyncio.timeout(2):
            await gateway.closed.wait()
    assert failure is None
    assert (facts["status"], facts["upgraded"], facts["server"]) == (101, True, "gateway")
    assert (facts["stage"], facts["attempts"]) == ("done", 1)
    assert gateway.requests[0].startswith("GET /signal HTTP/1.1\r\nHost: voice.example\r\n")
    assert [type(event) for event in gateway.events] == [Ping, TextMessage, Ping, CloseConnection]
    assert gateway.events[1] == TextMessage("\n")
    assert gateway.events[3] == CloseConnection(1000, "")


@pytest.mark.parametrize("at", ["open", "frame", "text"])
@pytest.mark.parametrize(
    ("end", "word"),
    [
        (hang_up, Failure.EOF_ERROR),
        (break_off, Failure.CONNECTION_RESET),
        (keep, Failure.GENERIC_TIMEOUT_ERROR),
    ],
)
async def test_a_websocket_that_dies_after_101(end: End, word: Failure, at: str) -> None:
    """Closed, reset or silent, at any moment: a failure, with how far the connection came."""
    failure, facts = await visit(Gateway(end, at))
    assert failure is word
    assert facts["upgraded"] is True
    assert facts["stage"] == ("text" if at == "text" else "open")
    assert facts["attempts"] == (4 if end is keep else 2)


@pytest.mark.parametrize(
    "end",
    [hang_up, break_off, close_with(1008), close_with(1012), keep],
    ids=["close", "reset", "1008", "1012", "silence"],
)
async def test_once_is_chance(end: End) -> None:
    """A connection that ends once is no finding if the next one works, such as when a gateway restarts."""
    failure, facts = await visit(Gateway(end, times=1))
    assert failure is None
    assert facts["attempts"] == (4 if end is keep else 2)


async def test_silence_of_some_connections_is_chance() -> None:
    """Three silent connections are no finding if the fourth one works."""
    failure, _ = await visit(Gateway(keep, times=3))
    assert failure is None


async def test_an_upgrade_that_is_cut_once_is_chance() -> None:
    """A connection that is reset before the 101 is no finding if the next one works."""
    gateway, requests = Gateway(), 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        requests += 1
        await (say(then="reset")(reader, writer) if requests == 1 else gateway.talk(reader, writer))

    async with tcp_server(talk, CONTEXT) as port:
        failure, facts = await upgrade(port)
    assert failure is None
    assert (facts["status"], facts["attempts"]) == (101, 2)


@pytest.mark.parametrize(
    ("at", "code", "word"),
    [
        ("open", 1000, Failure.WEBSOCKET_CLOSED),
        ("open", 1008, Failure.WEBSOCKET_CLOSED),
        ("frame", 1008, Failure.WEBSOCKET_CLOSED),
        ("open", 1001, Failure.INCONCLUSIVE),
        ("open", 1011, Failure.INCONCLUSIVE),
        ("open", 1013, Failure.INCONCLUSIVE),
        ("open", 4401, Failure.INCONCLUSIVE),
        ("text", 1008, Failure.INCONCLUSIVE),
        ("text", 1000, Failure.INCONCLUSIVE),
        ("text", 4401, None),
    ],
)
async def test_a_close_frame_is_judged_by_its_code_and_moment(
    at: str, code: int, word: Failure | None
) -> None:
    """A policy's close before any reply is a failure; a service's own close is not."""
    failure, facts = await visit(Gateway(close_with(code, "no"), at))
    assert failure is word
    assert (facts["close_code"], facts["close_reason"]) == (code, "no")


async def test_a_slow_upgrade_is_no_failure() -> None:
    """An upgrade that takes almost as long as the SDK waits is a success."""
    failure, facts = await visit(Gateway(slow=0.7))
    assert failure is None
    assert facts["upgraded"] is True


async def test_an_upgrade_without_an_answer_is_unknown() -> None:
    """A request that the peer received and did not answer in time may be slow, and may be blocked."""
    failure, facts = await visit(Gateway(slow=60.0))
    assert failure is Failure.INCONCLUSIVE
    assert (facts["stage"], facts["attempts"]) == ("upgrade", 4)


async def test_a_late_pong_is_no_failure() -> None:
    """A gateway that takes its time for each frame works."""
    failure, _ = await visit(Gateway(late=0.12))
    assert failure is None


async def test_a_pong_that_does_not_come_is_unknown() -> None:
    """A gateway that answers no ping, but does close in order, is neither open nor blocked."""
    failure, facts = await visit(Gateway(pongs=False))
    assert failure is Failure.INCONCLUSIVE
    assert facts["stage"] == "open"


async def test_a_heartbeat_alone_is_unknown() -> None:
    """A gateway that sends heartbeats and answers nothing is not silent."""
    heartbeat = Connection(ConnectionType.SERVER).send(TextMessage("\n"))
    failure, _ = await visit(Gateway(keep, greeting=heartbeat))
    assert failure is Failure.INCONCLUSIVE


async def test_frames_that_come_with_the_101_are_read() -> None:
    """A close frame in the same packet as the upgrade's answer is seen before anything is sent."""
    goodbye = Connection(ConnectionType.SERVER).send(CloseConnection(1008, "policy"))
    failure, facts = await visit(Gateway(hang_up, greeting=goodbye))
    assert failure is Failure.WEBSOCKET_CLOSED
    assert (facts["close_code"], facts["close_reason"]) == (1008, "policy")


@pytest.mark.parametrize(
    ("chunk", "word"),
    [
        (b"\x8a\x01x" * 1000, Failure.INCONCLUSIVE),
        (b"\x89\x00" * 1000, Failure.INCONCLUSIVE),
        (b"\x81\x7e\x10\x00" + b"a" * 4096, Failure.INCONCLUSIVE),
        (b"\x82\x7f" + b"\x7f" + b"\xff" * 7 + b"a" * 4096, Failure.INCONCLUSIVE),
        (b"\x01\x01a" + b"\x00\x01a" * 1000, Failure.INCONCLUSIVE),
        (b"<html>portal</html>", Failure.HTTP_MALFORMED_RESPONSE),
        (b"\x81\x02\xff\xff", Failure.HTTP_MALFORMED_RESPONSE),
    ],
    ids=["pongs", "pings", "texts", "huge", "pieces", "html", "utf-8"],
)
async def test_a_hostile_gateway_ends_its_own_step(chunk: bytes, word: Failure) -> None:
    """Floods, endless frames, and junk after 101 are cut off by size, long before the budget ends."""

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await drip(chunk)(reader, writer)

    started = time.monotonic()
    failure, _ = await visit(Gateway(flood))
    assert failure is word
    assert time.monotonic() - started < 0.8


async def test_a_dripping_gateway_costs_the_budget_only() -> None:
    """A gateway that sends a frame byte by byte neither passes nor counts as blocked."""

    async def trickle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x82\x7f" + b"\x00" * 4 + b"\xff" * 4)
        while True:
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.05)

    failure, _ = await visit(Gateway(trickle), budget=0.8)
    assert failure is Failure.INCONCLUSIVE


async def test_a_connection_that_hangs_once_is_chance() -> None:
    """Where the TLS handshake of the first connection hangs, as with a lost packet, another one decides."""
    gateway, connections = Gateway(), 0
    async with tcp_server(gateway.talk, CONTEXT) as port:

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            if connections == 1:
                await asyncio.Event().wait()
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(pump(reader, inner_writer))
                    group.create_task(pump(inner_reader, writer))
            finally:
                inner_writer.close()

        async with tcp_server(talk) as hanging:
            failure, facts = await upgrade(hanging, budget=1.0)
    assert failure is None
    assert (facts["upgraded"], facts["attempts"]) == (True, 4)


async def test_connections_that_hang_are_no_matter_of_the_websocket() -> None:
    """TCP and TLS have checks of their own, but nobody else checks a proxy's tunnel."""
    async with tcp_server(silence) as port:
        direct, _ = await upgrade(port, budget=0.6)
        url = f"http://127.0.0.1:{port}"
        tunneled, _ = await see(websocket.probe, HOST, 443, proxy_url=url, proxy=True, budget=0.6)
    assert direct is Failure.INCONCLUSIVE
    assert tunneled is Failure.GENERIC_TIMEOUT_ERROR


def attempt(stage: Stage, failure: Failure | None, *, is_over: bool = True) -> Attempt:
    step = Step("look", "websocket", Target("signaling", HOST, 443, "tcp"), 3.8)
    made = Attempt(step, cast(ProbeContext, None))  # an attempt that is over needs no context
    made.stage, made.failure, made.is_over = stage, failure, is_over
    return made


SILENT = attempt(Stage.OPEN, Failure.GENERIC_TIMEOUT_ERROR)


@pytest.mark.parametrize(
    ("others", "word"),
    [
        ([SILENT, SILENT], Failure.GENERIC_TIMEOUT_ERROR),
        ([SILENT, attempt(Stage.OPEN, Failure.CONNECTION_RESET)], Failure.GENERIC_TIMEOUT_ERROR),
        ([SILENT], Failure.INCONCLUSIVE),
        ([SILENT, attempt(Stage.OPEN, None, is_over=False)], Failure.INCONCLUSIVE),
        ([SILENT, attempt(Stage.CONNECT, Failure.GENERIC_TIMEOUT_ERROR)], Failure.INCONCLUSIVE),
        ([SILENT, SILENT, attempt(Stage.OPEN, Failure.INCONCLUSIVE)], Failure.INCONCLUSIVE),
        ([SILENT, SILENT, attempt(Stage.DONE, None)], None),
    ],
    ids=["three", "reset", "two", "unfinished", "unconnected", "alive", "works"],
)
def test_silence_counts_if_three_connections_agree(others: list[Attempt], word: Failure | None) -> None:
    """Silence of the first connection is a failure only if two others end alike and none is alive."""
    assert websocket.judge([SILENT, *others]) is word


@pytest.mark.parametrize(
    ("agree", "loss", "word"),
    [
        (3, 0.2, Failure.GENERIC_TIMEOUT_ERROR),
        (3, 0.3, Failure.INCONCLUSIVE),
        (4, 0.3, Failure.GENERIC_TIMEOUT_ERROR),
    ],
)
def test_the_more_the_line_loses_the_more_connections_must_agree(
    agree: int, loss: float, word: Failure
) -> None:
    """Three silent connections lost nine packets: on a bad line that may be chance."""
    assert websocket.judge([SILENT] * agree, loss) is word


async def test_refusals_of_later_attempts_count() -> None:
    """Where the first request hangs and the others are refused, the upgrade is refused."""
    requests = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        await read_request(reader)
        requests += 1
        if requests == 1:
            await asyncio.Event().wait()
        writer.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")

    async with tcp_server(talk, CONTEXT) as port:
        failure, _ = await upgrade(port, budget=0.8)
    assert failure is Failure.WEBSOCKET_UPGRADE_REFUSED


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
    failure, facts = await visit(Gateway(interim=b"HTTP/1.1 103 Early Hints\r\n\r\n"))
    assert failure is None
    assert facts["status"] == 101


@pytest.mark.parametrize(
    ("then", "word"),
    [
        ("close", Failure.EOF_ERROR),
        ("reset", Failure.CONNECTION_RESET),
        ("wait", Failure.INCONCLUSIVE),
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
        tcp_server(Gateway().talk, CONTEXT) as port,
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
