"""Test calls with the service's SDK: who gets a token, what it allows, and where its report goes."""

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.check_link.call_token import make_call_token
from bot.check_link.joined import joined_records
from bot.check_link.server import serving
from bot.check_link.service import CheckService
from bot.check_link.settings import read_check_settings
from bot.diagnosis.engine import Engine
from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.turn_settings import TurnSettings
from bot.errors import UsageError
from bot.slack.runtime.ids import new_run
from bot.storage.links_table import RESULT_WITHIN, new_token
from bot.storage.store import Store
from knowledge.reasoning.device import PREFLIGHT
from tests.bot.check_link.conftest import FILES, ICE, ORIGIN, Checked
from tests.bot.check_link.results import result

ACCOUNT, KEY, APP = "AC" + "1" * 32, "SK" + "2" * 32, "AP" + "3" * 32
KEYS = TurnSettings(account_sid=ACCOUNT, user=KEY, secret="s")
ENVIRONMENT = {
    "LINEMAN_CHECK_URL": ORIGIN,
    "LINEMAN_ICE_SERVERS": ICE,
    "LINEMAN_TWIML_APP": APP,
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_API_KEY": KEY,
    "TWILIO_API_SECRET": "s",
}
ERROR = json.dumps({"code": 53405, "name": "ConnectionError", "message": "Media connection failed"})


def read_claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims


@pytest_asyncio.fixture
async def calling(tmp_path: Path, engine: Engine) -> AsyncIterator[Checked]:
    """The check page of an installation that offers test calls."""
    settings = read_check_settings(ENVIRONMENT | {"LINEMAN_DATABASE": str(tmp_path / "lineman.db")})
    store, now = Store.open(settings.database), [1_764_400_000.0]
    service = CheckService(engine, store, settings, new_run, lambda: now[0])
    async with serving(service, "127.0.0.1", 0, FILES) as port, aiohttp.ClientSession() as session:
        found = Checked(service, session, f"http://127.0.0.1:{port}", None, "", now)  # type: ignore[arg-type] # set next
        found.link, found.token = await found.new_link()
        yield found
    await store.close()


async def finished(calling: Checked) -> dict[str, Any]:
    """Make a check whose result is stored, and return what its page knows it by."""
    started = await calling.start()
    known = {"v": 1, "run": started["run"], "key": started["key"]}
    sent = result(await calling.config(), run=started["run"], key=started["key"])
    assert (await calling.post("result", sent))[0] == 200
    return known


async def record_of_check(calling: Checked) -> RunRecord:
    (check,) = await calling.store.checks_of_link(calling.link)
    (record,) = await joined_records(calling.service.engine, calling.store, check.run)
    return record


async def test_offered(calling: Checked, checked: Checked) -> None:
    """With a TwiML app the page offers the edges, and may connect to the call reports; without one, nothing changes."""
    config = await calling.config()
    assert config["call"]["edges"][:2] == ["roaming", "ashburn"]
    _, _, headers = await calling.get()
    assert "https://eventgw.us1.twilio.com:443" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "call" not in await checked.config()
    _, _, headers = await checked.get()
    assert "us1" not in headers["Content-Security-Policy"]
    known = await finished(checked)
    assert (await checked.post("call", known))[0] == 400


async def test_mobile_sdks(calling: Checked) -> None:
    """A browser's SDK says nothing about the client of a mobile app."""
    calling.link, calling.token = await calling.new_link(platform="ios")
    assert "call" not in await calling.config()


async def test_token(calling: Checked) -> None:
    """A finished check gets a token for one app and five minutes, under the link's name and without incoming calls."""
    known = await finished(calling)
    status, answer = await calling.post("call", known)
    assert status == 200
    claims = read_claims(answer["token"])
    assert (claims["iss"], claims["sub"]) == (KEY, ACCOUNT)
    assert claims["grants"] == {
        "identity": f"lineman-check-{calling.link.name}",
        "voice": {"outgoing": {"application_sid": APP}},
    }
    now = int(calling.now[0])
    assert [claims[name] - now for name in ("iat", "nbf", "exp")] == [0, 0, 300]


def test_tokens_differ() -> None:
    """Two tokens of one moment have ids of their own, and none shows the secret."""
    tokens = {make_call_token(KEYS, APP, "x", 1.0) for _ in range(2)}
    assert len({read_claims(token)["jti"] for token in tokens}) == 2


async def test_who_gets_none(calling: Checked) -> None:
    """An unfinished check, another link's key, a forged one, a revoked link, and a fourth call get no token."""
    started = await calling.start()
    assert (await calling.post("call", {"v": 1, "run": started["run"], "key": started["key"]}))[0] == 404
    calling.link, calling.token = await calling.new_link()
    known = await finished(calling)
    _, other = await calling.new_link()
    assert (await calling.post("call", known, token=other))[0] == 404
    assert (await calling.post("call", {**known, "key": new_token()}))[0] == 404
    assert (await calling.post("call", known, headers={"Origin": "https://evil.example"}))[0] == 403
    assert [(await calling.post("call", known))[0] for _ in range(4)] == [200, 200, 200, 400]
    assert await calling.store.revoke_link(calling.link.name, calling.now[0])
    assert (await calling.post("call", known))[0] == 404


async def test_late(calling: Checked) -> None:
    """Half an hour after the start, neither a token nor a report is given or taken."""
    known = await finished(calling)
    assert (await calling.post("call", known))[0] == 200
    calling.now[0] += RESULT_WITHIN
    assert (await calling.post("call", known))[0] == 404
    assert (await calling.post("report", {**known, "report": ERROR}))[0] == 404


async def test_report(calling: Checked) -> None:
    """The SDK's report counts in the run of its check, by the reader of reports; without a test call it is refused."""
    known = await finished(calling)
    assert (await calling.post("report", {**known, "report": ERROR}))[0] == 400
    await calling.post("call", known)
    assert await calling.post("report", {**known, "report": ERROR}) == (200, {"v": 1, "reports": 1})
    record = await record_of_check(calling)
    (report,) = [
        look
        for look in record.observations.values()
        if look.probe == PREFLIGHT and look.step != f"{PREFLIGHT} browser"
    ]
    assert report.facts["codes"] == ["53405"]


@pytest.mark.parametrize(
    "text", ["", "nothing", "curl: (28) Connection timed out after 5001 ms", "[" * 100_000, "{}"]
)
async def test_other_text(calling: Checked, text: str) -> None:
    """A text that is no report, such as a tool's output, adds nothing."""
    known = await finished(calling)
    await calling.post("call", known)
    before = set((await record_of_check(calling)).observations)
    assert await calling.post("report", {**known, "report": text}) == (200, {"v": 1, "reports": 0})
    assert set((await record_of_check(calling)).observations) == before


async def test_too_long(calling: Checked) -> None:
    """A report has at most 200 kB."""
    known = await finished(calling)
    await calling.post("call", known)
    assert (await calling.post("report", {**known, "report": "x" * 200_001}))[0] == 400


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"LINEMAN_TWIML_APP": "AP1"}, "LINEMAN_TWIML_APP must be the SID of a TwiML app"),
        ({"TWILIO_API_SECRET": ""}, "LINEMAN_TWIML_APP also needs TWILIO_ACCOUNT_SID, TWILIO_API_KEY"),
        ({"TWILIO_ACCOUNT_SID": ""}, "also needs"),
    ],
)
def test_settings(changes: dict[str, str], problem: str) -> None:
    """A TwiML app without an API key, or one that is none, is an error; without a TwiML app, nothing is wrong."""
    with pytest.raises(UsageError, match=problem):
        read_check_settings({**ENVIRONMENT, **changes})
    assert not read_check_settings({**ENVIRONMENT, **changes, "LINEMAN_TWIML_APP": ""}).offers_calls
    assert read_check_settings(ENVIRONMENT).offers_calls
