"""Hub, bot, and relay of the two versions together, with the database, key, and relay folder of the former."""

import asyncio
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from probes.protocol.keys import load_identity
from probes.relay.state_dir import StateDir
from tests.bot.small_world import SmallWorld, small_world
from tests.compat.former import COMMIT, ROOT, Former
from tests.hub.processes import Town, town
from tests.turnserver import Coturn

RELAY = "acme-hq"
SIGNING_KEY = "lineman-signing.key"


@pytest_asyncio.fixture
async def world(tmp_path: Path, turn_server: Coturn) -> AsyncIterator[SmallWorld]:
    (tmp_path / "world").mkdir()
    async with small_world(tmp_path / "world", turn_server) as world:
        yield world


@pytest.fixture(scope="session")
def left(former: Former, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """What the former version leaves of a hub with one relay that has joined, and was asked once."""
    folder = tmp_path_factory.mktemp("left")
    with town(folder, code=former.path) as here:
        here.start_hub()
        here.join(RELAY)
        here.start_relay(RELAY)
        here.until(lambda: RELAY in here.connected())
        done = here.lineman("diagnose", "31009", "ios", "--relay", RELAY, "--json")
        assert done.returncode in (0, 1, 3), done.stderr
        for process in reversed(here.running[:]):
            here.stop(process, signal.SIGTERM)
    return here


@pytest.fixture
def here(left: Town, tmp_path: Path) -> Iterator[Town]:
    """The same, to go on with."""
    with town(tmp_path, url=left.url, listen=left.listen) as here:
        shutil.copytree(left.folder, tmp_path, dirs_exist_ok=True)
        yield here


# Whose code hub, relay and bot run: in the order of an update, and what an operator may have in between.
VERSIONS = {
    "nothing but the hub is updated": ("today", "former", "former"),
    "the relay is left to do": ("today", "former", "today"),
    "nothing but the relay is updated": ("former", "today", "former"),
    "nothing but the bot is updated": ("former", "former", "today"),
    "all are updated": ("today", "today", "today"),
}


@pytest.mark.parametrize("versions", VERSIONS.values(), ids=VERSIONS)
async def test_versions_together(
    former: Former, here: Town, world: SmallWorld, versions: tuple[str, str, str]
) -> None:
    """A plan with the credential of a TURN server in it is signed, sent, opened, run and answered."""
    code = {"former": former.path, "today": ROOT}
    hub, relay, bot = (code[version] for version in versions)
    before = {path.name: path.read_bytes() for path in lasting(here.folder)}
    orders = float((here.folder / RELAY / "newest").read_text())

    def run() -> subprocess.CompletedProcess[str]:
        here.code = hub
        here.start_hub()
        here.code = relay
        here.start_relay(RELAY)
        here.code = bot
        here.until(lambda: RELAY in here.connected())
        words = ("--relay", RELAY, "--network", world.network(), "--json")
        return here.lineman("diagnose", "31009", "javascript", *words)

    done = await asyncio.to_thread(run)
    logs = here.log("hub") + here.log(RELAY)
    assert done.returncode == 1, done.stdout + done.stderr + logs
    reply = json.loads(done.stdout)
    assert reply["outcome"] == "clear", logs
    allocations = [step for step in reply["observations"] if step["probe"] == "turn"]
    assert allocations
    assert [step["failure"] for step in allocations] == [None] * len(allocations), allocations
    assert all(step["facts"]["allocated"] for step in allocations)  # no server allocates without a credential
    assert {path.name: path.read_bytes() for path in lasting(here.folder)} == before
    assert [path.name for path in here.folder.glob("*.key")] == [SIGNING_KEY]
    assert float((here.folder / RELAY / "newest").read_text()) > orders
    page = await asyncio.to_thread(here.lineman, "relays", "show", RELAY)
    assert page.stdout.count("(terminal)  31009") == 2, page.stdout + page.stderr


def lasting(folder: Path) -> list[Path]:
    """The files that no update may write again."""
    return [folder / SIGNING_KEY, *(folder / RELAY / name for name in ("key", "hub.json", "policy.yaml"))]


def test_folder_of_a_relay(left: Town) -> None:
    """The folder's key, hub, and policy are read, and orders are checked by the key that the bot signs with."""
    home = StateDir(left.folder / RELAY)
    signer = load_identity(left.folder / SIGNING_KEY)
    assert home.hub().url == left.url
    assert home.hub().keys == {signer.id: signer.key}
    assert home.policy().limits
    assert home.memory().newest == float((home.path / "newest").read_text())


def test_unit_files(here: Town) -> None:
    """What the former unit file starts still does, and ends with the codes on which it is not to be started again."""
    unit = subprocess.run(
        ["git", "show", f"{COMMIT}:packaging/relay/lineman-relay.service"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    settings = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line and line[0] != "#")
    script = Path(settings["ExecStart"].split()[0]).name
    home = str(here.folder / RELAY)
    me = StateDir(Path(home)).identity().id
    folder = Path(sys.executable).parent
    for command in (
        [str(folder / script)],
        [str(folder / "lineman"), "relay"],
        [sys.executable, "-m", "probes"],
        [sys.executable, "-m", "probes", "relay"],
    ):
        done = start(here, [*command, "id"], LINEMAN_RELAY_HOME=home)
        assert done.stdout.split() == [me], done.stderr
        assert start(here, command, LINEMAN_RELAY_HOME=str(here.folder / "none")).returncode == 2
    here.start_hub()
    assert here.lineman("relays", "revoke", RELAY).returncode == 0
    done = start(here, [str(folder / script)], LINEMAN_RELAY_HOME=home)
    assert done.returncode == 78, done.stderr
    assert settings["RestartPreventExitStatus"].split() == ["78", "2"]


def start(here: Town, argv: list[str], **more: Any) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        argv, env=here.environment | more, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
