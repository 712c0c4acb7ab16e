"""What happens before the first probe, and what does not: `make start-up` tells how long it takes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environment import unmeasured

ROOT = Path(__file__).parents[3]

# What takes long to import and has nothing to do before the first look. `bot.relays.hub.hub` brings a web server and a
# database; the validator and the parser are for files that changed.
LATE = {
    "yaml", "jsonschema", "referencing", "cryptography", "certifi", "aiohttp", "sqlite_utils", "sqlite3",
    "msgspec", "rich", "shtab", "PIL", "slack_bolt", "slack_sdk", "dns", "bot.relays.hub.hub",
    "bot.relays.hub.control_socket",
    "bot.relays.remote", "bot.relays.open_hub", "bot.relays.nats",
    "bot.storage.store", "bot.rendering.view", "bot.rendering.json.diagnosis",
    "knowledge.search", "knowledge.loading.structure",
    "knowledge.loading.references", "knowledge.loading.yaml_lines", "knowledge.loading.network_checks",
    "knowledge.advice.fill", "probes.runner.run",
}  # fmt: skip

# What writes the answer on a terminal.
TEXTS = {"bot.cli.interactive", "bot.rendering.terminal.diagnosis", "bot.rendering.terminal.live_progress"}

FIRST_LOOK = """
import gc, os, sys
import bot.cli.main, bot.relays.local
before = sum(generation["collections"] for generation in gc.get_stats())

def run(relay, plan):
    searches = sum(generation["collections"] for generation in gc.get_stats()) - before
    os.write(1, " ".join([str(searches), *sys.modules]).encode())
    os._exit(0)

bot.relays.local.LocalRelay.run = run
sys.exit(bot.cli.main.main(["diagnose", "31009", "javascript", *sys.argv[1:]]))
"""

# What later checks load, while the first one waits for answers.
LATER_CHECKS = {"cryptography", "certifi", "wsproto", "h11", "probes.checks.tls", "probes.checks.websocket"}
FIRST_CHECK = """
import os, sys
import bot.cli.main, probes.runner.run

async def first(*step):
    os.write(1, " ".join(sys.modules).encode())
    os._exit(0)

probes.runner.run.PlanProbes.__getitem__ = lambda *name: first
bot.cli.main.main(["diagnose", "31009", "javascript", "--json"])
"""

# What reads no description of a trouble: answers to questions, the texts about reports, and the network.
NOT_READ = {
    "bot.language.answering", "bot.language.rewording", "bot.rendering.terminal.report",
    "aiohttp", "dns", "cryptography",
}  # fmt: skip
READ = """
import sys
import bot.cli.main
code = bot.cli.main.main(["read", "no audio when we are on the VPN of the company"])
sys.stdout.write("\\n" + " ".join(sys.modules))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages as they are installed, with what is compiled beside them."""
    folder = tmp_path_factory.mktemp("installed")
    for name in ("bot", "knowledge", "probes"):
        left_out = shutil.ignore_patterns("__pycache__", "compiled")
        shutil.copytree(ROOT / name, folder / name, ignore=left_out)
    run(folder, "-m", "knowledge.loading.build_cache")
    return folder


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python on the packages in *folder*, for somebody who can keep nothing."""
    environment = {**unmeasured(), "PYTHONPATH": str(folder), "XDG_CACHE_HOME": os.devnull}
    environment.pop("LINEMAN_HUB_SOCKET", None)
    ran = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode in (0, 2), ran.stderr
    return ran


@pytest.mark.parametrize("options", [["--json"], []], ids=["json", "text"])
def test_little_is_imported_before_the_first_look(installed: Path, options: list[str]) -> None:
    """What only replies, other relays, edited files or the looks themselves need is not there at the first look.

    Nor does Python search for unused objects until then: a start makes many, and drops none of them.
    """
    searches, *modules = run(installed, "-c", FIRST_LOOK, *options).stdout.split()
    assert {"bot.diagnosis.triage", "knowledge.model.schema"} <= set(modules)
    assert (LATE | TEXTS) & set(modules) == set()
    assert searches == "0"


def test_the_first_check_starts_before_the_others_are_loaded(installed: Path) -> None:
    """A name lookup needs neither certificates nor WebSockets: what loads them comes after its first packets."""
    modules = set(run(installed, "-c", FIRST_CHECK).stdout.split())
    assert "probes.checks.dns" in modules
    assert LATER_CHECKS & modules == set()


def test_a_description_is_read_without_what_answers_questions(installed: Path) -> None:
    """`lineman read` of words imports what reads them, and not what other commands need besides."""
    answer, _, modules = run(installed, "-c", READ).stdout.rpartition("\n")
    assert "the VPN blocks calls" in answer
    assert "bot.intake.symptoms" in modules.split()
    assert NOT_READ & set(modules.split()) == set()


def test_the_names_of_what_comes_late_are_right(installed: Path) -> None:
    """Each of those modules can be found, so that the list does not guard what is gone."""
    find = "import importlib.util as u, sys; print(*[n for n in sys.argv[1:] if not u.find_spec(n)])"
    assert run(installed, "-c", find, *sorted(LATE | TEXTS | LATER_CHECKS | NOT_READ)).stdout.split() == []


def test_an_edit_after_installation_is_noticed(installed: Path) -> None:
    """What was compiled at installation counts no more once a file beside it is changed."""
    show = ("-m", "bot.cli.main", "diagnose", "31009", "no-such-platform")
    assert "no-such-platform" in run(installed, *show).stderr
    file = installed / "knowledge" / "causes" / "clock-skew.yaml"
    whole = file.read_text()
    try:
        file.write_text(whole.replace("weight:", "wieght:"))
        assert "clock-skew.yaml:" in run(installed, *show).stderr
    finally:
        file.write_text(whole)
