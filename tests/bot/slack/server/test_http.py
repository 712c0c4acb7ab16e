"""The HTTP edge: what Slack did not sign is refused before it is parsed, and strangers cannot fill the log."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median
from urllib.parse import quote_plus

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import http_server
from bot.slack.server import signed_request
from bot.slack.server.signed_request import NO_SIGNATURE, UNFINISHED, UNREADABLE, UNSIGNED
from tests.bot.slack.server.edge import (
    ANSWER,
    REFUSED,
    Edge,
    by_slack,
    garbage,
    open_edge,
    random_garbage,
    request,
    sign,
)

JSON = "application/json"
FULL = os.environ.get("LINEMAN_EDGE") == "full"
REQUESTS = 10_000 if FULL else 2_000
AT_ONCE = 20
PATIENCE = 0.5  # seconds for an answer; what is not complete gets none
LOG_LIMIT = 100_000  # bytes for all of them


@pytest_asyncio.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    async with open_edge(tmp_path) as edge:
        yield edge


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[asyncio.Runner, Edge]]:
    """One app for many examples, and the loop that it lives in."""
    with asyncio.Runner() as runner, pytest.MonkeyPatch.context() as change:
        change.setattr(signed_request, "BODY_SECONDS", 0.05)
        opened = open_edge(tmp_path_factory.mktemp("edge"))
        edge = runner.run(opened.__aenter__())
        yield runner, edge
        runner.run(opened.__aexit__(None, None, None))


async def test_what_slack_signed_is_answered(edge: Edge) -> None:
    """A command, an event, and a press get in, with a charset or without, and with an expectation."""
    team, user, channel = edge.slack.team.id, edge.slack.user("ada").id, edge.slack.channel().id
    command = f"command=%2Fdiagnose&text=help&team_id={team}&user_id={user}&channel_id={channel}".encode()
    challenge = b'{"type": "url_verification", "challenge": "x", "token": "y"}'
    where = {"team": {"id": team}, "user": {"id": user}, "channel": {"id": channel}}
    pressed = json.dumps({"type": "block_actions", **where, "actions": [{"action_id": "lm_x", "value": "x"}]})
    assert await edge.send(by_slack(command)) == 200
    assert await edge.send(by_slack(command, Expect="100-continue")) == 200
    assert await edge.send(by_slack(challenge, JSON)) == 200
    assert await edge.send(by_slack(challenge, JSON + "; charset=bogus")) == 200
    assert await edge.send(by_slack(b"payload=" + quote_plus(pressed).encode())) in (200, 404)
    assert edge.log == ""


async def test_garbage_is_refused(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind gets 400, 401, or 413, and no traceback."""
    monkeypatch.setattr(signed_request, "BODY_SECONDS", 0.2)
    answers = {name: await edge.send(raw) for name, raw in garbage().items()}
    wrong = {name: status for name, status in answers.items() if status not in REFUSED}
    assert wrong == {}
    assert (
        answers["huge body, announced"]
        == answers["huge body, sent"]
        == answers["huge body, in chunks"]
        == 413
    )
    assert answers["many brackets"] == answers["not UTF-8"] == answers["GET"] == answers["old"] == 401
    assert "Traceback" not in edge.log
    assert edge.log.count(NO_SIGNATURE) == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff", JSON),
        (b"payload=\xff", ""),
        (b"[" * 100_000, JSON),
        (b"payload=" + b"[" * 100_000, ""),
        (b'{"a":' * 100_000, JSON),
        (b"{", JSON),
        (b"5", JSON),
        (b"[]", JSON),
        (b'{"n": ' + b"9" * 5000 + b"}", JSON),
        (b'{"team": 5}', JSON),
        (b'{"authorizations": 5}', JSON),
        (b"payload=5", ""),
        (b"payload=", ""),
        (b"", JSON),
        (b"", ""),
        (b'{"type": "event_callback"}', "text/plain"),
    ],
)
async def test_signed_and_unreadable(edge: Edge, body: bytes, kind: str) -> None:
    """Slack's own request that cannot be read gets 400, and one line of the log."""
    raw = by_slack(body, kind) if kind else by_slack(body)
    assert await edge.send(raw) == 400
    assert edge.log.count("\n") == edge.log.count(UNREADABLE) == 1


@pytest.mark.parametrize("seconds", [-301, 400])
async def test_signature_of_another_time(edge: Edge, seconds: int) -> None:
    """A signature older than five minutes, or from the future, is refused before the body is read."""
    body = b'{"type": "url_verification", "challenge": "x"}'
    headers = sign(body, time.time() + seconds)
    assert await edge.send(request(b"", headers=headers, Content_Type=JSON, Content_Length="9")) == 401
    assert edge.log.count(UNSIGNED) == 1


async def test_signed_by_another_method(edge: Edge) -> None:
    """Slack sends POST only."""
    body = b'{"type": "url_verification", "challenge": "x"}'
    assert await edge.send(request(body, "PUT", headers=sign(body), Content_Type=JSON)) == 400


@pytest.mark.parametrize(
    "length", [{"Content_Length": "", "Transfer_Encoding": "chunked"}, {"Content_Length": "9"}]
)
async def test_body_without_an_end(
    edge: Edge, length: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body that does not come to its end is given up after `BODY_SECONDS`; a sender that hangs up is no error."""
    raw = request(b"1\r\nx\r\n", headers=sign(b"", secret="another"), **length)
    monkeypatch.setattr(signed_request, "BODY_SECONDS", 0.05)
    assert await edge.send(raw) == 400
    monkeypatch.setattr(signed_request, "BODY_SECONDS", ANSWER)
    _, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    writer.write(raw)
    await writer.drain()
    await edge.health()
    writer.transport.abort()
    await edge.health()
    assert edge.log.count("\n") == edge.log.count(UNFINISHED) == 1


@pytest.mark.parametrize("begun", [b"", b"POST /slack/events HTTP/1.1\r\nHost: x\r\n"])
async def test_headers_without_an_end(tmp_path: Path, begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that says nothing is closed after `IDLE` seconds, one that adds header after header sooner."""
    monkeypatch.setattr(http_server, "IDLE" if not begun else "PATIENCE", 0.1)
    async with open_edge(tmp_path) as edge:
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)

        async def drip() -> None:
            while begun:
                writer.write(b"X: y\r\n")
                await asyncio.sleep(0.01)

        writer.write(begun)
        dripping = asyncio.create_task(drip())
        async with asyncio.timeout(ANSWER):
            with suppress(ConnectionError):
                assert await reader.read() == b""
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)
        writer.close()
        assert edge.log == ""


async def test_health_during_a_flood(edge: Edge) -> None:
    """Thousands of refused requests leave a short log without tracebacks, and the health check is answered."""
    waiting = random_garbage(REQUESTS)
    statuses: list[int] = []
    times: list[float] = []

    async def flood() -> None:
        for raw in waiting:
            status = await edge.send(raw, PATIENCE)
            statuses.append(status)

    async def watch() -> None:
        while True:
            times.append(await edge.health())
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(flood() for _ in range(AT_ONCE)))
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    longest, usual = max(times) * 1000, median(times) * 1000
    size = len(edge.log.encode())
    print(
        f"{len(statuses)} requests, log {size} bytes, health check {usual:.0f} ms, at most {longest:.0f} ms"
    )
    counts = {status: statuses.count(status) for status in sorted(set(statuses))}
    print(f"statuses {counts}")
    # Changed bytes can make another path, or a request that is not complete when its sender stops.
    assert set(counts) <= {0, 404, 405, 417, *REFUSED}, counts
    assert sum(counts.get(status, 0) for status in REFUSED) > REQUESTS * 0.9
    assert "Traceback" not in edge.log
    assert size < LOG_LIMIT
    assert longest < 2000


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=60)
NAMES = st.sampled_from(
    ["X-Slack-Signature", "X-Slack-Request-Timestamp", "Content-Type", "Content-Encoding", "Expect", "Upgrade",
     "Connection", "Cookie", "Accept", "X-Slack-Retry-Num", "Transfer-Encoding", "Content-Length"]
)  # fmt: skip
VALUES = TEXT | st.sampled_from(
    ["v0=" + "0" * 64, "1700000000", JSON, "100-continue", "gzip", "chunked", "websocket"]
)
SETTINGS = settings(
    max_examples=2000 if FULL else 150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@SETTINGS
@given(body=st.binary(max_size=300), headers=st.dictionaries(NAMES, VALUES, max_size=6))
def test_no_header_and_no_body_gets_in(
    steady: tuple[asyncio.Runner, Edge], body: bytes, headers: dict[str, str]
) -> None:
    """Any headers and body without Slack's signature are refused."""
    runner, edge = steady
    assert runner.run(edge.send(request(body, headers=headers))) in (0, *REFUSED)
    assert "Traceback" not in edge.log, edge.log[-4000:]


@SETTINGS
@given(
    body=st.binary(max_size=300)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8")),
        lambda inner: st.lists(inner) | st.dictionaries(
            st.sampled_from(["type", "event", "team", "user", "channel", "view", "actions", "authorizations"]), inner
        ),
    ).map(lambda value: json.dumps(value).encode()),
    kind=st.sampled_from([JSON, "application/x-www-form-urlencoded", "text/plain"]),
    prefix=st.sampled_from([b"", b"payload="]),
)  # fmt: skip
def test_nothing_signed_is_a_fault(
    steady: tuple[asyncio.Runner, Edge], body: bytes, kind: str, prefix: bytes
) -> None:
    """Signed content of any form is answered: 200, 400 if it cannot be read, 404 if nothing listens for it."""
    runner, edge = steady
    assert runner.run(edge.send(by_slack(prefix + body, kind))) in (200, 400, 404)
    assert "Traceback" not in edge.log, edge.log[-4000:]
