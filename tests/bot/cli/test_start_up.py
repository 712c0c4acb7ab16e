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
    "bot.relays.remote",
    "bot.storage.store", "bot.rendering.view", "bot.rendering.json.diagnosis",
    "knowledge.search", "knowledge.loading.structure",
    "knowledge.loading.references", "knowledge.loading.yaml_lines", "knowledge.loading.network_checks",
    "knowledge.advice.fill", "probes.runner.run",
}  # fmt: skip

FIRST_LOOK = """
import os, sys
import bot.cli.main, bot.relays.local

def run(relay, plan):
    os.write(1, " ".join(sys.modules).encode())
    os._exit(0)

bot.relays.local.LocalRelay.run = run
sys.exit(bot.cli.main.main(["diagnose", "31009", "javascript", "--json"]))
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


def test_little_is_imported_before_the_first_look(installed: Path) -> None:
    """What only replies, other relays, edited files or the looks themselves need is not there at the first look."""
    modules = set(run(installed, "-c", FIRST_LOOK).stdout.split())
    assert {"bot.diagnosis.triage", "knowledge.model.schema"} <= modules
    assert LATE & modules == set()


def test_the_names_of_what_comes_late_are_right(installed: Path) -> None:
    """Each of those modules can be found, so that the list does not guard what is gone."""
    find = "import importlib.util as u, sys; print(*[n for n in sys.argv[1:] if not u.find_spec(n)])"
    assert run(installed, "-c", find, *sorted(LATE)).stdout.split() == []


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
