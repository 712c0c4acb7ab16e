"""The Procfile works wherever Lineman is installed: its rows name installed commands, never a folder."""

import os
import re
import shlex
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"(?P<name>[A-Za-z0-9_-]+): (?P<command>\S.*)")
LINES = [line for line in (ROOT / "Procfile").read_text("utf-8").splitlines() if not line.startswith("#")]
WITHOUT_VARIABLE = ["env", "-u", "SLACK_APP_TOKEN"]


def rows() -> dict[str, list[str]]:
    matches = [ROW.fullmatch(line) for line in LINES]
    return {match["name"]: shlex.split(match["command"]) for match in matches if match}


def test_every_line_is_a_row() -> None:
    assert len(rows()) == len(LINES)
    assert set(rows()) == {"web", "worker", "hub", "relay", "terminal"}


@pytest.mark.parametrize("name", rows())
def test_row_starts_an_installed_command(name: str, tmp_path: Path) -> None:
    command = rows()[name]
    program = command[len(WITHOUT_VARIABLE) if command[:1] == ["env"] else 0]
    assert "/" not in program
    search = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    found = shutil.which(program, path=search)
    assert found is not None
    assert Path(found).parent == Path(sysconfig.get_path("scripts"))
    helped = subprocess.run(
        [*command, "--help"], cwd=tmp_path, env=os.environ | {"PATH": search}, capture_output=True, text=True
    )
    assert helped.returncode == 0, helped.stderr
    assert "lineman" in helped.stdout


def test_web_never_uses_socket_mode() -> None:
    assert rows()["web"][:3] == WITHOUT_VARIABLE
    assert rows()["web"][3:] == rows()["worker"]
