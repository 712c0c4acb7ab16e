"""Earlier runs in the terminal: listed, repeated and compared, from the store that Slack's buttons use."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.cli.run_store import list_runs, load_run, save_run
from bot.errors import UsageError
from bot.model.request import Request
from bot.relays.hub.paths import database_of
from bot.rendering.terminal.console import to_text
from bot.rendering.terminal.run_changes import render_changes
from probes.protocol.model import UNKNOWN_VANTAGE
from tests.bot.cli.test_main import lineman, refused
from tests.bot.slack.made_up_engine import MadeUpRelay, made_up_desk
from tests.bot.small_world import SmallWorld, small_world
from tests.conftest import PREFIX
from tests.previews.samples import MEDIA_LOST, SIGNALING_SHUT
from tests.turnserver import Coturn

REQUEST = Request("31009", "ios")


@pytest_asyncio.fixture
async def world(tmp_path: Path, turn_server: Coturn) -> AsyncIterator[SmallWorld]:
    async with small_world(tmp_path, turn_server) as world:
        yield world


async def test_a_run_is_listed_repeated_and_compared(world: SmallWorld, tmp_path: Path) -> None:
    """`again` runs the case again and says what changed; `compare` says it of both; `history` names this machine."""
    database = {"LINEMAN_DATABASE": str(tmp_path / "runs.db")}
    code, out, err = await lineman("history", **database)
    assert (code, out) == (2, "")
    assert "No finished run is stored yet" in err
    network = refused(world)
    assert (await lineman("diagnose", "31009", "ios", "--network", network, **database))[0] == 0
    code, out, err = await lineman("again", "--network", network, **database)
    assert (code, err) == (0, "")
    assert out.startswith("\nBlocked on this machine's network: ")
    assert "\nStill failing. " in out
    code, out, err = await lineman("history", **database)
    assert (code, err) == (0, "")
    newer, older = (line.split()[0] for line in out.splitlines() if " UTC " in line)
    assert " 31009 ios  from local" in out
    assert out.count("\n  Blocked on this machine's network: ") == 2
    code, out, err = await lineman("compare", older, newer, "--network", network, **database)
    assert (code, err) == (0, "")
    assert out.startswith(f"\nStill failing. {newer} compared with {older}.\n")
    code, _, err = await lineman("compare", older, newer, **database)
    assert code == 2
    assert "another network file" in err


async def test_a_run_with_json_is_not_stored(world: SmallWorld, tmp_path: Path) -> None:
    """Programs keep their own records; `--json` writes nothing but its answer."""
    file = tmp_path / "runs.db"
    await lineman(
        "diagnose", "31009", "ios", "--json", "--network", world.network(), LINEMAN_DATABASE=str(file)
    )
    assert not file.exists()


def test_a_stored_run_is_concluded_again(tmp_path: Path) -> None:
    """What is read back has the same verdict, relays and vantage; it is in the same tables as Slack's runs."""
    environment = {"LINEMAN_DATABASE": str(tmp_path / "runs.db")}
    engine = made_up_desk(MadeUpRelay(SIGNALING_SHUT, vantage=UNKNOWN_VANTAGE))
    record = engine.diagnose(REQUEST, lambda _: None)
    name = save_run(engine, (record,), environment)
    run, (again,) = load_run(engine, name, environment)
    assert (run.vantages, again.vantage) == ({"local": UNKNOWN_VANTAGE}, UNKNOWN_VANTAGE)
    assert [each.cause for each in again.diagnosis.found] == [each.cause for each in record.diagnosis.found]
    assert [each.id for each in list_runs(environment, 10)] == [name]
    assert load_run(engine, None, environment)[0].id == name
    with pytest.raises(UsageError, match="is not a stored run"):
        load_run(engine, "else", environment)


def test_changes_name_what_is_new_and_another_request() -> None:
    """Another cause is new, the former one fixed; another platform is named, so that it is not taken for a change."""
    shut = made_up_desk(MadeUpRelay(SIGNALING_SHUT)).diagnose(REQUEST, lambda _: None)
    engine = made_up_desk(MadeUpRelay((MEDIA_LOST,)))
    lost = engine.diagnose(Request("31009", "android"), lambda _: None)
    text = to_text(render_changes("a", (shut,), "b", (lost,), engine.knowledge))
    assert text.startswith("\nNot the same test as before. b compared with a.")
    assert "Platform: iOS, now Android" in text
    before, now = "\nFound only before\n", "\nFound only this time\n"
    assert text.index(before) < text.index(shut.diagnosis.found[0].title) < text.index(now)
    assert lost.diagnosis.found[0].title in text.partition(now)[2]
    fine = made_up_desk(MadeUpRelay()).diagnose(REQUEST, lambda _: None)
    assert to_text(render_changes("a", (shut,), "b", (fine,), engine.knowledge)).startswith(
        "\nFixed: no problem found. b "
    )
    same = to_text(render_changes("a", (shut,), "b", (shut,), engine.knowledge))
    assert same.startswith("\nStill failing. b compared with a.")
    assert "Different request" not in same


def test_the_tests_store_nothing_of_their_own_in_the_users_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without `LINEMAN_DATABASE`, a run of a test goes to a temporary folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LINEMAN_DATABASE", raising=False)
    file = database_of(os.environ)
    assert isinstance(file, Path)
    assert file.parts[:-3] == Path(os.environ["XDG_STATE_HOME"]).parts[:-1]
    assert PREFIX in str(file)


def test_where_runs_are_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot's database if there is one here, else one of the user's own; a host without a place is no error."""
    monkeypatch.chdir(tmp_path)
    home = {"XDG_STATE_HOME": str(tmp_path / "state")}
    assert database_of(home) == tmp_path / "state/lineman/lineman.db"
    Path("lineman.db").touch()
    assert database_of(home) == Path("lineman.db")
    assert database_of({"LINEMAN_DATABASE": "other.db"}) == Path("other.db")
    (tmp_path / "file").touch()
    engine = made_up_desk(MadeUpRelay())
    record = engine.diagnose(REQUEST, lambda _: None)
    assert save_run(engine, (record,), {"LINEMAN_DATABASE": str(tmp_path / "file" / "runs.db")}) == ""
