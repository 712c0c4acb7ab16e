"""A Call SID on the command line and in the session: its data are fetched, shown, and part of the case."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import jsonschema
import pytest

from bot.cli.main import main
from bot.intake.call_sid_text import take_call_sid
from tests.bot.cli.test_main import SCHEMA, lineman
from tests.bot.cli.test_main import world as world
from tests.bot.small_world import SmallWorld
from tests.bot.voice_insights import OTHER, SID, call, insights_server

KEYS = {"TWILIO_ACCOUNT_SID": "AC0", "TWILIO_AUTH_TOKEN": "a-secret-nobody-may-see"}


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        (SID, ""),
        (f"why did call {SID} fail?", ""),
        (f"31005 ios, Call SID: {SID}", "31005 ios"),
        (f"no audio in <{SID}> on VPN", "no audio in  on VPN"),
        (f"{SID} and {OTHER}", f"and {OTHER}"),
    ],
)
def test_what_is_left_of_a_text(text: str, rest: str) -> None:
    """The Call SID is taken out, with words that only ask to look at the call."""
    assert take_call_sid(text) == (SID, rest)


@pytest.mark.parametrize("text", ["31009 ios", "CA123", f"x{SID}", SID.replace("CA", "AC")])
def test_other_ids_are_no_call(text: str) -> None:
    """Account SIDs, shorter and longer words stay in the text."""
    assert take_call_sid(text) == ("", text)


Run: TypeAlias = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in a thread of this process, beside the servers; gives exit code, stdout and stderr."""
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_API_KEY", "TWILIO_API_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("LINEMAN_ICE_SERVERS", raising=False)

    async def run(*words: str, **environment: str) -> tuple[int, str, str]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        code = await asyncio.to_thread(main, list(words))
        return code, *capsys.readouterr()

    return run


async def test_diagnose(world: SmallWorld, run: Run) -> None:
    """The call names code and platform; its data are an observation, and stderr says what they cannot tell."""
    async with insights_server(call()) as server:
        path = world.network(insights_api=server.insights_api, alerts_api=server.alerts_api)
        _, out, err = await run("diagnose", SID, "--network", path, "--json", **KEYS)
    answer = json.loads(out)
    jsonschema.Draft202012Validator(SCHEMA).validate(answer)
    assert (answer["request"]["code"], answer["request"]["platform"]) == ("53405", "javascript")
    assert f"preflight call {SID}" in {look["step"] for look in answer["observations"]}
    assert "cannot show whether the app passed no TURN servers" in err
    assert KEYS["TWILIO_AUTH_TOKEN"] not in out + err


async def test_without_credentials(world: SmallWorld, run: Run) -> None:
    """Alone, a Call SID leads to the two variables, and nothing is decided; a code beside it is diagnosed."""
    path = world.network(insights_api="http://127.0.0.1:1/v1/Voice")
    code, out, err = await run("diagnose", f"look at {SID}", "--network", path)
    assert (code, err) == (3, "")
    assert "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN" in out
    assert "To test the network, add the error code" in out
    code, out, _ = await run("diagnose", "31009", "ios", SID, "--network", path)
    assert code == 1
    assert "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN" in out


async def test_session(world: SmallWorld) -> None:
    """A Call SID starts a case. In the case, final data are not fetched twice."""
    async with insights_server(call()) as server:
        path = world.network(insights_api=server.insights_api, alerts_api=server.alerts_api)
        typed = f"{SID}\n{SID}\n{OTHER}\nquit\n"
        _, out, _ = await lineman("--network", path, typed=typed, **KEYS)
        asked = [request for request in server.asked if "/Summary" in request]
    assert "The caller ended the call." in out
    assert "already has the final data" in out
    assert [request.split("/")[3] for request in asked] == [SID, OTHER]


async def test_read_fetches_nothing(tmp_path: Path, run: Run) -> None:
    """`lineman read` is pure."""
    async with insights_server(call()) as server:
        network = tmp_path / "network.yaml"
        network.write_text(json.dumps({"insights_api": server.insights_api}))
        _, out, _ = await run("read", f"31005 in call {SID}", "--json", **KEYS)
        assert server.asked == []
    assert json.loads(out)["call_sids"] == [SID]
