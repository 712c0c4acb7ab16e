"""Hub, relays, and diagnosis as processes over TLS: join, run, kill, restart."""

import asyncio
import json
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import jsonschema
import pytest
import pytest_asyncio

from bot.cli.main import main
from probes.protocol.invitation import read_invitation
from tests.bot.small_world import SmallWorld, small_world
from tests.hub.processes import ROOT, Town, town
from tests.turnserver import Coturn

SCHEMA = json.loads((ROOT / "docs/schemas/diagnosis.schema.json").read_text("utf-8"))


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as here:
        yield here


@pytest_asyncio.fixture
async def world(tmp_path: Path, turn_server: Coturn) -> AsyncIterator[SmallWorld]:
    (tmp_path / "world").mkdir()
    async with small_world(tmp_path / "world", turn_server) as world:
        yield world


async def test_two_relays_and_this_host(here: Town, world: SmallWorld) -> None:
    """Two relays join; one diagnosis uses both and this host, and its JSON matches the published schema."""
    await asyncio.to_thread(_start, here, "acme-hq", "berlin")
    words = (
        "diagnose",
        "31009",
        "javascript",
        "--relay",
        "acme-hq,berlin,local",
        "--network",
        world.network(),
    )
    done = await asyncio.to_thread(here.lineman, *words, "--json")
    assert done.returncode == 1, done.stdout + done.stderr + here.log("hub") + here.log("acme-hq")
    reply = json.loads(done.stdout)
    jsonschema.validate(reply, SCHEMA)
    relays = [reply["relay"], *(one["relay"] for one in reply["others"])]
    assert sorted(one["name"] for one in relays) == ["acme-hq", "berlin", "local"]
    assert [one["missing"] for one in relays if "missing" in one] == []
    assert {one["outcome"] for one in (reply, *reply["others"])} == {"clear"}
    assert "no problem found from any of them" in reply["comparison"]["says"]
    text = await asyncio.to_thread(here.lineman, "relays", "show", "berlin")
    assert "connected" in text.stdout
    assert "31009 javascript" in text.stdout


async def test_from_one_relay_in_words(here: Town, world: SmallWorld) -> None:
    """A killed relay is reported with the time since when it is offline, and nothing is blamed for it."""
    (relay,) = await asyncio.to_thread(_start, here, "acme-hq")
    await asyncio.to_thread(here.stop, relay)
    words = ("diagnose", "31009", "--relay", "acme-hq", "--network", world.network())
    done = await asyncio.to_thread(here.lineman, *words)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "acme-hq is not connected to the hub; last connected" in done.stdout
    assert "Blocked" not in done.stdout


async def test_hub_killed_and_started_again(here: Town) -> None:
    """After kill -9 and a restart of the hub, its relay is back within 10 seconds and works; a clean stop is quick."""
    (relay,) = await asyncio.to_thread(_start, here, "acme-hq")
    here.stop(here.running[0])
    here.start_hub()
    seconds = await asyncio.to_thread(here.until, lambda: "acme-hq" in here.connected())
    assert seconds < 10
    assert here.stop(relay, signal.SIGTERM) == 0
    here.until(lambda: "relay acme-hq disconnected: it left" in here.log("hub"))


def test_commands_of_operators(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Invite, list, show, rename, and revoke print the result, and say what is wrong with a name."""
    monkeypatch.setenv("LINEMAN_DATABASE", str(tmp_path / "lineman.db"))
    monkeypatch.setenv("LINEMAN_HUB_URL", "wss://hub.example/relay")

    def lineman(*words: str) -> tuple[int, str, str]:
        return main(["relays", *words]), *capsys.readouterr()

    code, invited, _ = lineman("invite", "acme-hq", "--label", "site=hq", "--for", "#support-acme")
    assert code == 0
    invitation = read_invitation(invited.removeprefix("lineman relay join "))
    assert invitation.hub == "wss://hub.example/relay"
    assert (tmp_path / "lineman-signing.key").stat().st_mode & 0o777 == 0o600
    assert invitation.secret.encode() not in (tmp_path / "lineman.db").read_bytes()
    listed = lineman("list")[1]
    assert "acme-hq: invited, has not joined yet" in listed
    assert "site=hq, for support-acme" in listed
    assert lineman("rename", "acme-hq", "acme-berlin")[0] == 0
    assert lineman("revoke", "acme-berlin")[0] == 0
    assert "acme-berlin: revoked" in lineman()[1]
    for words, said in (
        (("show", "acme"), "is not a relay"),
        (("invite", "local"), "is not a valid relay name"),
        (("invite", "x", "--label", "hq"), "is not a label"),
        (("dance",), "is not a command of relays"),
        (("invite", "x", "--url", "http://hub.example"), "such as wss://hub.example/relay"),
    ):
        code, _, complaint = lineman(*words)
        assert code == 2
        assert said in complaint


def _start(here: Town, *names: str) -> list[subprocess.Popen[bytes]]:
    here.start_hub()
    relays = []
    for name in names:
        here.join(name)
        relays.append(here.start_relay(name))
    here.until(lambda: set(here.connected()) == set(names))
    return relays
