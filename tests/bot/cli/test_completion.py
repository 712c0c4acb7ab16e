"""Shell completion: what bash offers after Tab, and that no other command pays for it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.completion import SHELLS, make_command_tree, run_completion
from bot.cli.main import COMMANDS, main
from bot.errors import UsageError

# Calls the function that the script registered, as bash does when Tab is pressed behind the last word.
PRESS_TAB = """
source "$1"; shift
registered=$(complete -p lineman); function=${registered##*-F }
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
"${function%% *}" lineman "${@: -1}" "${@: -2:1}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = subprocess.run(
        [sys.executable, "-m", "bot.cli.main", "completion", "bash"],
        capture_output=True,
        text=True,
        check=True,
    )
    path = tmp_path_factory.mktemp("completion") / "lineman.bash"
    path.write_text(made.stdout)
    return path


def press_tab(script: Path, *words: str, folder: Path | None = None) -> list[str]:
    command = ["bash", "--norc", "-c", PRESS_TAB, "bash", str(script), "lineman", *words]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=30)
    assert (ran.returncode, ran.stderr) == (0, "")
    return [word.strip() for word in ran.stdout.splitlines() if word.strip()]


def test_bash_accepts_the_script(script: Path) -> None:
    checked = subprocess.run(["bash", "-n", str(script)], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["dia"], ["diagnose"]),
        (["relays", "inv"], ["invite"]),
        (["relays", "invite", "--pi"], ["--pin"]),
        (["diagnose", "--platf"], ["--platform"]),
        (["diagnose", "--platform", "andr"], ["android"]),
        (["diagnose", "--turn", ""], ["yes", "no"]),
        (["diagnose", "31009", "ja"], ["javascript"]),
        (["allowlist", "ios", "--format", "terra"], ["terraform-sg"]),
        (["allowlist", "ios", "--edge", "umat"], ["umatilla"]),
        (["knowledge", "tr"], ["tree"]),
        (["relay", "jo"], ["join"]),
        (["completion", "ba"], ["bash"]),
    ],
)
def test_tab(script: Path, words: list[str], offered: list[str]) -> None:
    assert press_tab(script, *words) == offered


def test_tab_offers_every_command(script: Path) -> None:
    assert set(COMMANDS) <= set(press_tab(script, ""))


def test_tab_offers_files(script: Path, tmp_path: Path) -> None:
    (tmp_path / "office.yaml").touch()
    assert press_tab(script, "diagnose", "--network", "off", folder=tmp_path) == ["office.yaml"]


def test_each_shell_has_a_script_with_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    for shell in SHELLS:
        assert run_completion([shell]) == 0
        text = capsys.readouterr().out
        assert all(name in text for name in COMMANDS)
        if program := shutil.which(shell):
            assert subprocess.run([program, "-n"], input=text, text=True).returncode == 0


def test_another_shell_is_refused() -> None:
    with pytest.raises(UsageError, match="Name a shell: bash, zsh, fish, tcsh"):
        run_completion(["ksh"])


def test_every_command_has_a_parser_of_its_own_name() -> None:
    (commands,) = (action for action in make_command_tree()._actions if action.dest == "command")
    assert commands.choices is not None
    assert set(commands.choices) == set(COMMANDS)


def test_help_of_relays_lists_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["relays", "--help"])
    assert "create an invitation for a new relay" in capsys.readouterr().out
