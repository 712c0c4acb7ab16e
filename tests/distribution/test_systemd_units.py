"""The systemd units are valid, confined, and start again after failures."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "packaging").glob("*/*.service"))
MOST_EXPOSED = 20  # tenths: systemd's own scale goes from 0 (confined) to 10


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze, which `make packages` installs."""
    program = shutil.which("systemd-analyze")
    assert program, "systemd-analyze is missing: run make packages as root"
    return subprocess.run([program, *words], capture_output=True, text=True, check=False, timeout=60)


def test_every_service_has_a_unit() -> None:
    """The bot, the hub, and the relay each have one."""
    assert [unit.name for unit in UNITS] == [
        "lineman-relay.service",
        "lineman-bot.service",
        "lineman-hub.service",
    ]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_valid(unit: Path, tmp_path: Path) -> None:
    """systemd accepts every line. The command is replaced by one that exists here, of the same name and words."""
    lines = unit.read_text().splitlines()
    (command,) = [line.partition("=")[2] for line in lines if line.startswith("ExecStart=")]
    program, *words = command.split()
    stand_in = tmp_path / Path(program).name
    stand_in.symlink_to(sys.executable)
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text().replace(command, " ".join([str(stand_in), *words])))
    result = analyze("verify", "--man=no", str(copy))
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_confined(unit: Path) -> None:
    """The exposure that systemd computes stays low, and a unit that can do anything would fail this test."""
    result = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(unit))
    assert result.returncode == 0, result.stdout
    assert analyze("security", "--offline=true", "--threshold=5", str(unit)).returncode != 0


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_restarts(unit: Path) -> None:
    """The bot and the hub start again after every exit; a relay does unless it was revoked or never invited."""
    lines = unit.read_text().splitlines()
    final = [line.partition("=")[2] for line in lines if line.startswith("RestartPreventExitStatus=")]
    assert "Restart=always" in lines
    assert final == (["78 2"] if "relay" in unit.name else [])
    assert ("StartLimitIntervalSec=0" in lines) == ("relay" not in unit.name)
