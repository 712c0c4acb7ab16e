"""A process that hides a folder from itself cannot get at its files in any way, and can do everything else."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from probes.relay.isolation_check import check_isolation
from tests.environment import unmeasured

# What somebody would try who has taken over the process; each line is its name and an expression.
ATTEMPTS = """
read the key: (home / "key").read_bytes()
read the key through proc: Path(f"/proc/self/root{home}/key").read_bytes()
read the linked file: Path(sys.argv[2]).read_bytes()
list: os.listdir(home)
write: (home / "policy.yaml").write_text("allow: everything")
make: (home / "stop").touch()
truncate: os.truncate(home / "hub.json", 0)
delete: (home / "hub.json").unlink()
delete the folder's name: home.rename(home.with_name("aside"))
link: os.link(home / "key", beside / "key")
move out: (home / "key").rename(beside / "key")
memory of the parent: open(f"/proc/{os.getppid()}/mem", "rb")
folder in it: (home / "venv" / "module.py").read_bytes()
beside it: (beside / "file").write_text("new")
name lookup: socket.getaddrinfo("localhost", 443)
a check: importlib.import_module("probes.checks.udp_media")
another program: subprocess.run(["true"], check=True)
"""
FREE = {"folder in it", "beside it", "name lookup", "a check", "another program"}
PROGRAM = """
import importlib, json, os, socket, subprocess, sys
from pathlib import Path
from probes.runner.isolation import hide
home, beside = Path(sys.argv[1]), Path(sys.argv[1]).with_name("beside")
hide(home)
results = {}
for line in sys.stdin.read().strip().splitlines():
    name, _, attempt = line.partition(": ")
    try:
        eval(attempt)
        results[name] = ""
    except OSError as error:
        results[name] = error.strerror
print(json.dumps(results))
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A relay's folder, with a virtual environment in it, and with a file that is a link."""
    home = tmp_path / "relay"
    for folder in (home, home / "venv", tmp_path / "beside", tmp_path / "secrets"):
        folder.mkdir()
    for name in ("key", "hub.json", "policy.yaml", "venv/module.py", "../beside/file", "../secrets/linked"):
        (home / name).write_text("secret")
    (home / "linked").symlink_to(tmp_path / "secrets" / "linked")
    if reason := check_isolation(home):
        pytest.skip(reason)
    return home


def attempts(home: Path, folder: Path) -> dict[str, str]:
    """Try everything in a process that hides *home*, which it receives as *folder*."""
    linked = home.parent / "secrets" / "linked"
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), str(linked)],
        input=ATTEMPTS,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env=unmeasured() | {"PYTHONPATH": str(Path.cwd())},
    )
    results: dict[str, str] = json.loads(ended.stdout)
    return results


@pytest.mark.parametrize("link", [False, True], ids=["as it is", "by a link"])
def test_what_a_hostile_process_can_do(home: Path, link: bool) -> None:
    """Nothing with the files of the folder, however its path is written; the rest is as before."""
    folder = home
    if link:  # as the folder of a service with a dynamic user is
        folder = home.with_name("by a link")
        folder.symlink_to(home)
    results = attempts(home, folder)
    assert {name for name, error in results.items() if not error} == FREE
    assert (home / "key").read_text() == (home / "hub.json").read_text() == "secret"
    assert sorted(path.name for path in home.iterdir()) == [
        "hub.json",
        "key",
        "linked",
        "policy.yaml",
        "venv",
    ]
