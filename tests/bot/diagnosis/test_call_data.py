"""The data of one call by its Call SID: what is fetched, what follows, and every way in which the API can fail."""

import asyncio
import logging
import time
from dataclasses import replace

import pytest
from aiohttp import encode_basic_auth, web

from bot.diagnosis import twilio_insights
from bot.diagnosis.call_answers import FetchedAnswers
from bot.diagnosis.call_data import (
    NO_API,
    NO_CREDENTIALS,
    NO_TRACE,
    NOT_FINAL,
    NOTHING,
    CallData,
    add_call,
    fetch_call,
    is_known,
    read_answers,
    request_of,
)
from bot.diagnosis.device_evidence import case_of
from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.turn_settings import TurnSettings, load_turn_settings
from bot.diagnosis.twilio_insights import BUDGET
from bot.intake.clues import Reading
from bot.model.request import Request
from bot.rendering.call_text import call_sentences
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from tests.bot.diagnosis.test_ice_servers import KEYS, NETWORK, SECRET
from tests.bot.voice_insights import (
    OTHER,
    SID,
    Answer,
    InsightsServer,
    Json,
    alert,
    call,
    error,
    event,
    hangup,
    ice_failure,
    insights_server,
    page,
    partial,
    relayed,
    summary,
)

KNOWLEDGE = load_knowledge(quick=True)
TWILIO = load_network(None)
PRIVATE = ("alice.person", "192.0.2.10", "Exampleton", "hunter2", "open the door", SECRET)


async def fetched(answers: dict[str, Json | Answer], **environment: str) -> tuple[CallData, InsightsServer]:
    """Fetch the call from a server with *answers*."""
    async with insights_server(answers) as server:
        network = replace(NETWORK, insights_api=server.insights_api, alerts_api=server.alerts_api)
        settings = load_turn_settings(environment or KEYS)
        return await fetch_call(SID, network, settings), server


async def texts(answers: dict[str, Json | Answer]) -> str:
    found, _ = await fetched(answers)
    return " ".join(call_sentences(found, {})[1])


async def test_what_is_asked() -> None:
    """Four resources with HTTP Basic; of the error log only the minutes around the call."""
    _, server = await fetched(call())
    assert server.authorized == {encode_basic_auth("AC0", SECRET)}
    assert sorted(server.asked) == [
        "/v1/Alerts?StartDate=2026-11-20T08:55:00Z&EndDate=2026-11-20T09:10:48Z&PageSize=200",
        f"/v1/Voice/{SID}/Events?Edge=sdk_edge&PageSize=200",
        f"/v1/Voice/{SID}/Metrics?Edge=sdk_edge&PageSize=200",
        f"/v1/Voice/{SID}/Summary",
    ]


async def test_an_api_key_is_enough() -> None:
    """A key and its secret read calls without an account SID."""
    _, server = await fetched(call(), TWILIO_API_KEY="SK0", TWILIO_API_SECRET=SECRET)
    assert server.authorized == {encode_basic_auth("SK0", SECRET)}


async def test_what_an_ice_failure_shows() -> None:
    """SDK, edge, codec, ICE, warning, error, and who hung up are facts of the device."""
    found, _ = await fetched(call())
    evidence = add_call(_empty_record(Request("53405", "javascript")), found, KNOWLEDGE, TWILIO)
    facts = evidence.observations[f"preflight call {SID}"].facts
    assert facts == {
        "form": "log",
        "state": "failed",
        "sdk_version": "2.18.5",
        "edge": "ashburn",
        "edge_asked": "roaming",
        "signaling": "connected",
        "media": "failed",
        "codec": "opus",
        "of_service": "final",
        "ended_by": "caller",
        "as_asked": True,
        "codes": ["53405"],
        "code": "53405",
        "warnings": ["low-bytes-received"],
    }
    assert request_of(found, KNOWLEDGE) == Request("53405", "javascript")
    # No event tells whether TURN was passed or blocked: nothing about media may follow.
    found_causes = {judged.cause for judged in evidence.diagnosis.found}
    assert not found_causes & {"turn-required", "turn-blocked", "media-udp-blocked", "media-udp-one-way"}
    assert "no-network" in {judged.cause for judged in evidence.diagnosis.ruled_out}


async def test_the_answer_says_what_the_data_cannot_tell() -> None:
    """Beside an ICE failure, beside a summary that is not final, and where no error is in the data."""
    whole = await texts(call())
    assert "cannot show whether the app passed no TURN servers" in whole
    assert "Media connection failed. " in whole
    early = await texts(call(about=partial()))
    assert NOT_FINAL in early
    assert "ended the call" not in early
    assert NO_TRACE in await texts(call(relayed()))
    assert "missing event proves nothing" in await texts(call(relayed()))


async def test_a_relayed_call() -> None:
    """The selected pair answers the question about TURN."""
    found, _ = await fetched(call(relayed(), about=summary(tags=[])))
    record = add_call(_empty_record(Request("53405", "javascript")), found, KNOWLEDGE, TWILIO)
    facts = record.observations[f"preflight call {SID}"].facts
    assert (facts["path"], facts["relay_candidate"], facts["media"]) == ("relay", True, "connected")
    assert record.answers["javascript"]["turn"].answer == "reached"
    assert request_of(found, KNOWLEDGE).assumed == "no-code"


async def test_a_hangup_and_the_error_log() -> None:
    """31005 with HANGUP is how the call ended, and signaling works; only this call's alerts count."""
    found, _ = await fetched(call(hangup(), [alert("11200"), alert("15003", OTHER)]))
    said = " ".join(call_sentences(found, {})[1])
    assert "11200" in said
    assert "15003" not in said
    assert "Signaling did not connect" not in said
    record = add_call(_empty_record(Request("31005", "javascript")), found, KNOWLEDGE, TWILIO)
    assert record.answers["javascript"]["hangup"].answer == "yes"


async def test_31005_without_hangup_clears_nobody() -> None:
    """Signaling broke off during the call: it is neither up nor down."""
    lost = {"code": 31005, "message": "ConnectionError (31005): A connection error occurred"}
    found, _ = await fetched(call([event("connection", "error", "ERROR", error=lost)]))
    assert found.reading
    record = add_call(_empty_record(Request("31005", "javascript")), found, KNOWLEDGE, TWILIO)
    assert "signaling" not in record.observations[f"preflight call {SID}"].facts


async def test_one_way_audio_is_a_remark() -> None:
    """No packets at the gateway, some at the device: said with its innocent explanation."""
    said = await texts(
        call(relayed(), about=summary(sdk_edge={"metrics": {"inbound": {"packets_received": 900}}}))
    )
    assert "Either the app sent no audio" in said


async def test_nobody_is_named_and_no_secret_leaves(caplog: pytest.LogCaptureFixture) -> None:
    """Names, addresses, places, other people's texts and credentials are in no text, no fact, and no log line."""
    caplog.set_level(logging.DEBUG)
    found, server = await fetched(call(hangup(), [alert("11200")]))
    record = add_call(_empty_record(Request("31005")), found, KNOWLEDGE, TWILIO)
    facts = [look.facts for look in record.observations.values()]
    whole = f"{found!r} {call_sentences(found, {})} {facts} {caplog.text}"
    assert len(server.asked) == 4
    assert [word for word in PRIVATE if word in whole] == []


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (401, 20003, "rejected the credentials"),
        (401, 0, "rejected the credentials"),
        (403, 17000, "belongs to another account"),
        (403, 0, "restricted API key needs permission"),
        (404, 17002, "more than 30 days ago"),
        (404, 17007, "Advanced Features were off"),
        (404, 20404, "No call with this Call SID"),
        (429, 20429, "limits the rate"),
        (429, 0, "limits the rate"),
        (500, 0, "status 500"),
        (302, 0, "redirect"),
    ],
)
async def test_refusals(status: int, code: int, says: str) -> None:
    """Each refusal is a sentence that says what it means. A final one ends the requests."""
    refusal = error(status, code)
    found, server = await fetched({"Summary": refusal, "Events": refusal})
    assert found.reading is None
    assert says in " ".join(found.problems)
    assert NO_TRACE in found.problems
    if status in (401, 403, 429):
        assert len(server.asked) == 1


async def test_too_early() -> None:
    """17001: then the partial summary is asked for, and what is there is read."""

    async def answer(request: web.Request) -> web.StreamResponse:
        early = request.query.get("ProcessingState") != "partial"
        return await error(404, 17001)(request) if early else web.json_response(partial())

    found, server = await fetched({**call(), "Summary": answer})
    assert f"/v1/Voice/{SID}/Summary?ProcessingState=partial" in server.asked
    said = " ".join(call_sentences(found, {})[1])
    assert "53405" in said
    assert NOT_FINAL in said


async def test_a_part_that_fails_leaves_the_others() -> None:
    """The events are refused; the summary is read, and the answer says what is missing."""
    found, _ = await fetched({**call(), "Events": error(429, 20429)})
    said = " ".join(call_sentences(found, {})[1])
    assert "The caller ended the call." in said
    assert "limits the rate" in said


async def test_no_redirect_and_no_other_host_is_followed() -> None:
    """Credentials go to the configured host alone."""
    async with insights_server(call()) as elsewhere:

        async def away(_: web.Request) -> web.StreamResponse:
            raise web.HTTPFound(f"{elsewhere.base}/v1/Voice/{SID}/Summary")

        following = page("events", relayed(), f"{elsewhere.base}/v1/Voice/{SID}/Events?Page=1")
        await fetched({**call(), "Summary": away, "Events": following})
        assert elsewhere.asked == []


async def test_pages() -> None:
    """The next page on the same host is read; after four, the rest is left, and that is said."""

    async def answer(request: web.Request) -> web.StreamResponse:
        number = int(request.query.get("Page", "0"))
        return web.json_response(
            page(
                "events", [event("audio", f"number-{number}")], str(request.url.update_query(Page=number + 1))
            )
        )

    found, server = await fetched({**call(), "Events": answer})
    assert len([path for path in server.asked if "/Events" in path]) == 4
    assert "Only the first 800 events" in " ".join(call_sentences(found, {})[1])


@pytest.mark.parametrize("body", ["not json", "[]", '{"events": 5}', "[" * 100_000, '{"events": [5, null]}'])
async def test_something_else_than_json(body: str) -> None:
    """An answer in another form is a sentence, or nothing; the summary is read."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(text=body)

    found, _ = await fetched({**call(), "Events": answer})
    assert "The caller ended the call." in " ".join(call_sentences(found, {})[1])


async def test_a_huge_answer() -> None:
    """No more than 1 MB of one call is read, and that is said."""
    sent = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b" " * 1_000_000)
            sent += 1
        return response

    found, _ = await fetched({**call(), "Events": answer})
    assert "more than 1 MB" in " ".join(call_sentences(found, {})[1])
    assert sent < 50


async def test_a_slow_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The requests of one call end together; what came before is read."""
    assert BUDGET == 5.0
    monkeypatch.setattr(twilio_insights, "BUDGET", 0.3)
    silent = asyncio.Event()

    async def answer(_: web.Request) -> web.StreamResponse:
        await silent.wait()
        return web.Response()

    began = time.monotonic()
    found, _ = await fetched({**call(), "Events": answer})
    assert time.monotonic() - began < 3
    said = " ".join(call_sentences(found, {})[1])
    assert "The caller ended the call." in said
    assert "did not answer every request" in said


async def test_nothing_there() -> None:
    """Empty lists are no finding: data come late, and a call without a trace may never have reached the service."""
    assert read_answers(SID, FetchedAnswers()).problems == (NOTHING, NO_TRACE)


async def test_without_credentials_or_address() -> None:
    """Nothing is asked, and the answer names the variables that would help."""
    network = replace(NETWORK, insights_api="http://127.0.0.1:1/v1/Voice")
    assert (await fetch_call(SID, network, TurnSettings())).problems == (NO_CREDENTIALS,)
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_API_KEY", "TWILIO_API_SECRET"):
        assert name in NO_CREDENTIALS
    assert (await fetch_call(SID, NETWORK, load_turn_settings(KEYS))).problems == (NO_API,)
    unreachable = await fetch_call(SID, network, load_turn_settings(KEYS))
    assert "could not be reached" in " ".join(unreachable.problems)


async def test_final_data_are_fetched_once() -> None:
    """In a case, only data that may still grow are fetched again; they replace the earlier ones."""
    early = read_answers(SID, FetchedAnswers(partial(), ice_failure()))
    record = add_call(_empty_record(Request("53405")), early, KNOWLEDGE, TWILIO)
    assert not is_known(record.observations, SID)
    final = read_answers(SID, FetchedAnswers(summary(), ice_failure()))
    again = add_call(record, final, KNOWLEDGE, TWILIO)
    assert is_known(again.observations, SID)
    assert not is_known(again.observations, OTHER)
    new = again.observations.keys() - record.observations.keys()
    assert {again.observations[step].facts["bad"] for step in new} == {"the call is tagged with silence"}
    assert record.observations.keys() <= again.observations.keys()


def _empty_record(request: Request) -> RunRecord:
    """A case in which nothing was checked."""
    return case_of(Reading("nothing", ""), request, KNOWLEDGE, TWILIO, on_device=False).record
