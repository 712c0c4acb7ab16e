"""The service's status page: when it is read, what is quoted, and what a broken one costs."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from bot.diagnosis import status_page
from bot.diagnosis.run_record import STATUS_PAGE, RunRecord
from bot.diagnosis.status_feed import FeedError, read_summary
from bot.diagnosis.status_page import is_in_question, observe_status
from bot.diagnosis.status_request import LARGEST, fetch
from bot.diagnosis.triage import triage
from bot.diagnosis.turn_settings import TurnSettings
from bot.model.request import Request
from bot.relays.local import LocalRelay
from bot.rendering.failure_text import sentence
from bot.rendering.view import make_view
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.model.network import Network
from probes.protocol.failures import Failure
from probes.protocol.model import REFERENCE, Observation
from tests.bot.fakes import http_server
from tests.previews import samples

KNOWLEDGE, NETWORK = load_knowledge(), load_network(None)
SUMMARY = {
    "page": {"name": "Lab"},
    "status": {"indicator": "major", "description": "Partial System Outage"},
    "incidents": [
        {"name": "Calls fail in Frankfurt", "status": "investigating", "impact": "major"},
        {"name": "Old trouble", "status": "resolved"},
    ],
}
SAYS = "Partial System Outage; Calls fail in Frankfurt (investigating)"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    status_page._CACHE.clear()
    yield
    status_page._CACHE.clear()


def saying(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=body, status=status, headers=headers)

    return handler


def failing(code: str = "31500") -> RunRecord:
    """A run whose error code says that the service failed."""
    return samples.sample(Request(code, "ios"), KNOWLEDGE, NETWORK)


def fed(url: str) -> Network:
    return replace(NETWORK, status_feed=url)


async def facts_of(handler: Handler) -> dict[str, Any]:
    async with http_server(handler) as base:
        seen = await observe_status(failing(), fed(base + "/api/v2/summary.json"), KNOWLEDGE)
    assert seen[STATUS_PAGE].failure is None
    return dict(seen[STATUS_PAGE].facts)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (SUMMARY, SAYS),
        ({"status": {"description": "All Systems Operational"}}, "All Systems Operational; no open incident"),
        ({"incidents": []}, "no open incident"),
        ({"incidents": [{"name": "A"}, {"name": 5}, "x", {"status": "identified"}]}, "A"),
        (
            {"incidents": [{"name": f"N{number}", "status": "Monitoring"} for number in range(5)]},
            "N0 (monitoring); N1 (monitoring); N2 (monitoring), and 2 more",
        ),
        (
            {"status": {"description": "a\u001b[31m\n\u202eb\u0000"}, "incidents": None},
            "a [31m b; no open incident",
        ),
    ],
    ids=["summary", "status", "no incidents", "odd incidents", "many", "control characters"],
)
def test_summary_is_put_into_words(value: object, says: str) -> None:
    """Open incidents and the state in words, short and without control characters."""
    assert read_summary(json.dumps(value).encode()) == says


def test_long_texts_are_cut() -> None:
    """An incident with a novel for a name fills no page."""
    says = read_summary(json.dumps({"incidents": [{"name": "x" * 10_000}] * 9}).encode())
    assert len(says) < 400


@pytest.mark.parametrize(
    ("body", "trouble"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b"\xff\xfe{", "not JSON"),
        (b"[" * 200_000, "not JSON"),
        (b"[]", "neither"),
        (b"null", "neither"),
        (b'{"status": "up"}', "neither"),
        (b'{"status": {"description": 5}, "incidents": {}}', "neither"),
    ],
)
def test_other_content_is_refused(body: bytes, trouble: str) -> None:
    """What is no status page is named as such, and quoted nowhere."""
    with pytest.raises(FeedError, match=trouble):
        read_summary(body)


async def test_status_is_quoted_and_decides_nothing() -> None:
    """The evidence quotes the page; found causes and their confidence stay."""
    record = failing()
    async with http_server(saying(json.dumps(SUMMARY).encode())) as base:
        seen = await observe_status(record, fed(base), KNOWLEDGE)
    quoted = replace(record, observations={**record.observations, **seen})
    view = make_view(quoted, KNOWLEDGE, NETWORK)
    assert f"The status page of 127.0.0.1 reports: {SAYS}." in view.found[0].evidence
    assert quoted.diagnosis == record.diagnosis
    assert "Status page at 127.0.0.1" in sentence(seen[STATUS_PAGE])


async def test_calm_page_does_not_excuse_the_service() -> None:
    """A status page without incidents leaves the finding as it is: such pages are late."""
    calm = {"status": {"description": "All Systems Operational"}, "incidents": []}
    async with http_server(saying(json.dumps(calm).encode())) as base:
        record = await triage(Request("31500", "ios"), KNOWLEDGE, fed(base), LocalRelay(), TurnSettings())
    assert [item.cause for item in record.diagnosis.found] == ["service-failing"]
    assert record.observations[STATUS_PAGE].facts == {"says": "All Systems Operational; no open incident"}


@pytest.mark.parametrize(
    ("handler", "trouble"),
    [
        (saying(b"{}", status=500), "it answered with status 500"),
        (saying(b"", status=302, headers={"Location": "http://127.0.0.1:1/"}), "it answered with status 302"),
        (saying(b" " * (LARGEST + 1)), "its answer is larger than 1 MB"),
        (saying(b"<html>"), "its answer is not JSON"),
        (saying(b"[]"), "its answer has neither a status nor incidents"),
    ],
    ids=["500", "redirect", "huge", "HTML", "list"],
)
async def test_broken_page_is_named(handler: Handler, trouble: str) -> None:
    """A page that cannot be read is evidence of nothing, and the answer says so."""
    assert await facts_of(handler) == {"trouble": trouble}


async def test_page_that_cannot_be_reached() -> None:
    """Nobody listens there: that is said, and no more."""
    seen = await observe_status(failing(), fed("http://127.0.0.1:1/"), KNOWLEDGE)
    assert seen[STATUS_PAGE].facts == {"trouble": "it could not be reached"}
    record = failing()
    quoted = replace(record, observations={**record.observations, **seen})
    evidence = make_view(quoted, KNOWLEDGE, NETWORK).found[0].evidence
    assert "The status page of 127.0.0.1 could not be read: it could not be reached." in evidence


@pytest.mark.parametrize("drips", [False, True])
async def test_slow_page_costs_its_budget(drips: bool) -> None:
    """A server that is silent, or sends a byte now and then, does not hold the verdict up."""

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while drips:
            await response.write(b" ")
            await asyncio.sleep(0.01)
        await asyncio.sleep(5)
        return response

    begun = time.perf_counter()
    async with http_server(handler) as base:
        with pytest.raises(FeedError, match="no answer within"):
            await fetch(base, NETWORK, budget=0.2)
        assert time.perf_counter() - begun < 2


async def test_answer_counts_for_a_minute() -> None:
    """Many diagnoses in an outage ask once a minute, whether or not the page answers."""
    asked = 0

    async def handler(_: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return web.json_response(SUMMARY, status=200 if asked > 1 else 503)

    now = 0.0
    async with http_server(handler) as base:
        results: list[Observation] = []
        for now in (0.0, 59.0, 61.0, 100.0):
            seen = await observe_status(failing(), fed(base), KNOWLEDGE, clock=lambda: now)  # noqa: B023  # called at once
            results.append(seen[STATUS_PAGE])
    assert asked == 2
    assert [sorted(item.facts) for item in results] == [["trouble"]] * 2 + [["says"]] * 2


REFUSED = samples.sample(Request("31009", "ios"), KNOWLEDGE, NETWORK, *samples.SIGNALING_SHUT)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (failing(), True),
        (samples.sample(Request("31009", "ios"), KNOWLEDGE, NETWORK), False),
        (REFUSED, False),  # silence comes from the path
        (replace(REFUSED, vantage=REFERENCE), True),
        (
            samples.sample(
                Request("31009", "ios"),
                KNOWLEDGE,
                NETWORK,
                samples.fault("udp_media", Failure.UDP_OUTBOUND_LOST),
            ),
            False,
        ),
    ],
    ids=["the code says so", "healthy", "blocked", "from a reference", "media"],
)
def test_page_is_read_only_if_an_outage_is_in_question(record: RunRecord, expected: bool) -> None:
    """A clear run and a certain block ask nobody."""
    assert is_in_question(record, KNOWLEDGE) is expected


async def test_nothing_is_read_without_an_address() -> None:
    """The shipped network file has none, and a run that needs none opens no connection."""
    assert NETWORK.status_feed == ""
    assert await observe_status(failing(), NETWORK, KNOWLEDGE) == {}
    assert await observe_status(REFUSED, fed("http://127.0.0.1:1/"), KNOWLEDGE) == {}
