"""`lineman check-link`: a link is made, listed, shown with its result, and revoked."""

import json
import time
from io import StringIO
from pathlib import Path

import pytest

from bot.check_link.result_schema import read_result, read_start
from bot.check_link.service import CheckService
from bot.check_link.settings import read_check_settings
from bot.check_link.targets import page_config, targets_of
from bot.cli.check_link import _wait
from bot.cli.check_paste import conclude_check
from bot.diagnosis.engine import load_engine
from bot.errors import UsageError
from bot.model.request import Request
from bot.slack.runtime.ids import new_run
from bot.storage.links_table import CheckLink
from bot.storage.store import Store
from tests.bot.check_link.results import encode, result
from tests.bot.cli.test_main import lineman
from tests.previews.samples import sample


async def answer(database: str, url: str, **changes: object) -> None:
    """Send a result as the page behind *url* does."""
    environment = {"LINEMAN_CHECK_URL": "https://check.example", "LINEMAN_DATABASE": database}
    store, engine, token = Store.open(Path(database)), load_engine(None, None), url.rpartition("/")[2]
    service = CheckService(engine, store, read_check_settings(environment), new_run)
    _, targets = await service.config(token)
    started = await service.start(token, read_start(b'{"v": 1}'), "")
    body = encode(result(page_config(targets, engine, ""), run=started["run"], key=started["key"], **changes))
    await service.finish(token, read_result(body), body)
    await store.close()


async def test_from_link_to_verdict(tmp_path: Path) -> None:
    """The link is printed once; its result is shown with the exit code of a diagnosis, and is in the history."""
    database = str(tmp_path / "runs.db")
    settings = {"LINEMAN_DATABASE": database, "LINEMAN_CHECK_URL": "https://check.example/voice/"}
    code, out, _ = await lineman("check-link", "31009", "javascript", "--json", **settings)
    assert code == 0
    made = json.loads(out)
    assert made["url"].startswith("https://check.example/voice/check/")
    assert (made["state"], made["runs"], made["used"], made["checks"]) == ("open", 5, 0, [])
    code, out, _ = await lineman("check-link", "show", made["name"], **settings)
    assert (code, "open" in out, "started 0 of 5" in out) == (0, True, True)
    await answer(database, made["url"], udp_media="udp_outbound_lost")
    code, out, _ = await lineman("check-link", "show", made["name"], **settings)
    assert code == 0
    assert "As reported by the customer's browser" in out
    assert "UDP to the media ports" in out
    assert "Your network blocks call audio" in out
    code, out, _ = await lineman("check-link", "show", made["name"], "--json", **settings)
    shown = json.loads(out)
    assert [cause["id"] for cause in shown["diagnosis"]["found"]] == ["media-udp-blocked"]
    assert shown["diagnosis"]["relay"] == {"name": "browser", "vantage": "user-network"}
    assert made["url"] not in out
    code, out, _ = await lineman("history", **settings)
    assert "31009 javascript  from browser" in out
    assert "reported by the customer's browser" in out
    code, out, _ = await lineman("check-link", "remind", made["name"], **settings)
    assert (code, "A reminder: please open the link" in out) == (0, True)
    code, out, _ = await lineman("check-link", "again", made["name"], "--json", **settings)
    again = json.loads(out)
    assert (again["runs"], again["used"], "the same link as before" in again["text"]) == (5, 1, True)
    assert (await lineman("check-link", "cancel", made["name"], **settings))[1].endswith("no longer works.\n")
    for word in ("again", "remind"):
        code, _, err = await lineman("check-link", word, made["name"], **settings)
        assert (code, "This link was revoked. Make a new one" in err) == (2, True)
    code, out, _ = await lineman("check-link", "list", "--json", **settings)
    assert [link["state"] for link in json.loads(out)["links"]] == ["revoked"]


async def test_of_a_stored_run(tmp_path: Path) -> None:
    """A second link may belong to the case of a stored run; waiting for the first link ends at its result."""
    database = str(tmp_path / "runs.db")
    settings = {"LINEMAN_DATABASE": database, "LINEMAN_CHECK_URL": "https://check.example"}
    made = json.loads((await lineman("check-link", "31009", "--json", **settings))[1])
    await answer(database, made["url"])
    code, out, _ = await lineman("check-link", "show", made["name"], **settings)
    assert code == 1, "no problem found from where it looked"
    assert "No problem found from the customer's browser" in out
    assert "Everything that it could test works." in out
    shown = json.loads((await lineman("check-link", "show", made["name"], "--json", **settings))[1])
    assert shown["diagnosis"]["outcome"] == "clear"
    run = shown["checks"][0]["run"]
    made = json.loads((await lineman("check-link", "--run", run, "--json", **settings))[1])
    store, out = Store.open(Path(database)), StringIO()
    newest, first = await store.links(made["case"])
    assert newest.name == made["name"]
    await _wait(store, first, out)
    assert out.getvalue().startswith("Waiting for the customer's check.")
    await store.close()


async def test_a_result_in_a_file(tmp_path: Path) -> None:
    """A result that could not be sent gives its verdict from a file, in words and as JSON; another version does not."""
    engine = load_engine(None, None)
    targets = targets_of(Request("31009", "javascript"), engine.network, engine.settings)
    value = result(page_config(targets, engine, ""), run="0123456789ab", udp_media="udp_outbound_lost")
    file = tmp_path / "copied.txt"
    file.write_text(f"Call audio: blocked\nlineman-check: {json.dumps(value)}")
    code, out, _ = await lineman("preflight", str(file))
    assert code == 0
    assert out.startswith("As reported by the customer's browser:\n\nBlocked: UDP to the media ports.")
    code, out, _ = await lineman("preflight", str(file), "--json")
    assert [cause["id"] for cause in json.loads(out)["found"]] == ["media-udp-blocked"]
    file.write_text(f"lineman-check: {json.dumps(value | {'v': 2})}")
    code, _, err = await lineman("preflight", str(file))
    assert (code, "not complete" in err) == (2, True)


def test_beside_a_relay() -> None:
    """In a session, a pasted result stands beside what a relay found, and disputes what it contradicts."""
    engine = load_engine(None, None)
    request = Request("31009", "javascript", relays=("acme-hq",))
    record = sample(request, engine.knowledge, engine.network)
    targets = targets_of(request, engine.network, engine.settings)
    value = result(page_config(targets, engine, ""), run="r", udp_media="udp_outbound_lost")
    relay, browser = conclude_check(engine, json.dumps(value), request, record)
    assert (relay.relay, browser.relay) == ("acme-hq", "browser")
    for each in (relay, browser):
        assert each.answers["javascript"]["media-udp"].answer is None
        assert not each.diagnosis.found


@pytest.mark.parametrize(
    ("words", "environment", "says"),
    [
        (["31009"], {}, "LINEMAN_CHECK_URL"),
        (["31009"], {"LINEMAN_CHECK_URL": "http://check.example"}, "https://"),
        (["31009"], {"LINEMAN_CHECK_URL": "https://u:p@check.example"}, "must not hold a password"),
        (["31009"], {"LINEMAN_CHECK_URL": "https://check.example", "LINEMAN_CHECK_RUNS": "0"}, "1 to 100"),
        ([], {"LINEMAN_CHECK_URL": "https://check.example"}, "such as: lineman check-link 31009"),
        (["show"], {}, "the name of one link"),
        (["show", "nothing"], {}, "is not a check link"),
        (["--run", "none"], {"LINEMAN_CHECK_URL": "https://check.example"}, "There is no stored run none"),
    ],
)
async def test_mistakes(tmp_path: Path, words: list[str], environment: dict[str, str], says: str) -> None:
    """Each mistake says what to do, in one sentence."""
    code, _, err = await lineman("check-link", *words, LINEMAN_DATABASE=str(tmp_path / "x.db"), **environment)
    assert code == 2
    assert says in err


def test_settings() -> None:
    """The origin and the path come from the public address; every wrong variable is named."""
    settings = read_check_settings(
        {"LINEMAN_CHECK_URL": "https://Check.example:8443/voice/", "LINEMAN_DATABASE": "x.db"}
    )
    assert (settings.origin, settings.path) == ("https://check.example:8443", "/voice")
    with pytest.raises(
        UsageError, match=r"LINEMAN_CHECK_HOURS must be .* PORT|PORT must be .* LINEMAN_CHECK_HOURS"
    ):
        read_check_settings({"PORT": "x", "LINEMAN_CHECK_HOURS": "0", "LINEMAN_DATABASE": "x.db"})


def test_a_link_is_open() -> None:
    """A link works until it expires, is used up, or is revoked."""
    link = CheckLink("t", "n", "c", 0.0, time.time() + 9, 1)
    assert link.is_open(time.time())
    assert not CheckLink("t", "n", "c", 0.0, 1.0, 1).is_open(1.0)
    assert not CheckLink("t", "n", "c", 0.0, 9.0, 1, used=1).is_open(1.0)
    assert not CheckLink("t", "n", "c", 0.0, 9.0, 1, revoked=0.5).is_open(1.0)
