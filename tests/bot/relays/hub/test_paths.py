"""Where the database, the signing key, and the control socket are, also in an installation of an earlier version."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.cli.main import main
from bot.relays.hub.paths import database_of, moving_note, other_keys, socket_of
from bot.relays.hub.settings import read_hub_settings
from tests.owners import give_to_another

INVITE = ["relays", "invite", "acme-hq", "--url", "wss://hub.example/relay"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder for state, not made yet; the current folder is empty."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("HOME", "DATABASE", "SIGNING_KEY", "HUB_SOCKET"):
        monkeypatch.delenv(f"LINEMAN_{name}", raising=False)
    return tmp_path / "state/lineman"


def places(environment: Mapping[str, str] = os.environ) -> tuple[Path, Path, Path]:
    """The database, the signing key, and the control socket."""
    settings = read_hub_settings(environment)
    assert (settings.database, settings.socket) == (database_of(environment), socket_of(environment))
    assert isinstance(settings.database, Path)
    return settings.database, Path(settings.signing), settings.socket


def in_folder(folder: Path) -> tuple[Path, Path, Path]:
    return folder / "lineman.db", folder / "lineman-signing.key", folder / "lineman-hub.sock"


def test_one_folder(home: Path, tmp_path: Path) -> None:
    """LINEMAN_HOME, else the folder that systemd made for Lineman, else the user's; the older variables win."""
    user = {"XDG_STATE_HOME": str(home.parent)}
    service = user | {"STATE_DIRECTORY": "/var/lib/lineman:/var/lib/other"}
    assert places(user) == in_folder(home)
    assert places(service) == in_folder(Path("/var/lib/lineman"))
    assert places(user | {"STATE_DIRECTORY": "/var/lib/runner"}) == in_folder(home)
    named = service | {"LINEMAN_HOME": str(tmp_path / "named")}
    assert places(named) == in_folder(tmp_path / "named")
    older = named | {"LINEMAN_DATABASE": "/srv/a.db"}
    assert places(older) == (
        Path("/srv/a.db"),
        Path("/srv/lineman-signing.key"),
        Path("/srv/lineman-hub.sock"),
    )
    older |= {"LINEMAN_SIGNING_KEY": "/srv/key", "LINEMAN_HUB_SOCKET": "/run/hub"}
    assert places(older) == (Path("/srv/a.db"), Path("/srv/key"), Path("/run/hub"))
    assert not home.parent.exists()


@pytest.mark.parametrize("words", [
    "relays", "relays list --json", "relays show acme", "relays revoke acme", "relays rename a b", "hub status",
    "history", "labels", "doctor", "backup copy.db", "restore copy.db",
    "check-link list", "check-link list --json", "check-link show acme", "check-link cancel acme",
])  # fmt: skip
def test_reading_makes_nothing(home: Path, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A command that only reads says what is missing, and creates no folder and no file."""
    code = main(words.split())
    assert sum(map(len, capsys.readouterr())) > 0
    assert code == (0 if words.split()[1:2] in ([], ["list"]) and words not in ("history", "labels") else 2)
    assert not home.parent.exists()
    assert not list(Path().iterdir())


def test_only_the_owner_can_read(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first command that stores something makes the folder 0700 and its files 0600."""
    assert main(INVITE) == 0
    assert capsys.readouterr().err.startswith("Run this on the host")
    assert home.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in home.iterdir()} == {
        "lineman.db": 0o600,
        "lineman-signing.key": 0o600,
    }


def make_former_installation(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Invite a relay with the files in the current folder; returns the key."""
    with monkeypatch.context() as before:
        before.setenv("LINEMAN_DATABASE", "lineman.db")
        assert main(INVITE) == 0
    capsys.readouterr()
    return Path("lineman-signing.key").read_bytes()


@pytest.mark.parametrize("runs", [False, True], ids=["", "the terminal has stored runs"])
def test_files_of_the_former_default(
    home: Path, runs: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are used where they are, and the printed command moves them. The key is the same all the time."""
    if runs:
        home.mkdir(parents=True)
        (home / "lineman.db").write_text("runs of the terminal")
    key = make_former_installation(capsys, monkeypatch)
    assert places() == in_folder(Path())
    assert main(["relays", "invite", "berlin", *INVITE[3:]]) == 0
    note = capsys.readouterr().err.partition("\nRun this on the host")[0]
    assert note == moving_note(os.environ)
    assert note.count(f"LINEMAN_HOME={Path().absolute()}") == 1
    subprocess.run(note.splitlines()[1], shell=True, check=True)
    assert not list(Path().iterdir())
    assert (places(), moving_note(os.environ)) == (in_folder(home), "")
    assert main(["relays"]) == 0
    out, err = capsys.readouterr()
    assert ("acme-hq" in out, "berlin" in out, err) == (True, True, "")
    assert (home / "lineman-signing.key").read_bytes() == key
    assert not runs or (home / "terminal/lineman.db").read_text() == "runs of the terminal"


def test_current_folder_that_is_the_place(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is to be moved where the service's working directory is its folder for state."""
    Path("lineman.db").touch()
    assert moving_note(os.environ)
    monkeypatch.setenv("LINEMAN_HOME", str(Path().absolute()))
    assert moving_note(os.environ) == ""
    assert places() == in_folder(Path().absolute())


def test_two_installations(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither is chosen silently: LINEMAN_HOME has to say which."""
    assert main(INVITE) == 0
    Path("lineman.db").touch()
    capsys.readouterr()
    assert main(["relays"]) == 2
    assert capsys.readouterr().err == (
        f"lineman: {home} and {Path().absolute()} both have files of Lineman. Set LINEMAN_HOME to the folder to use.\n"
    )
    for folder in (home, Path().absolute()):
        monkeypatch.setenv("LINEMAN_HOME", str(folder))
        assert places() == in_folder(folder)


def test_no_second_key(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another database does not come with another key, which all relays would refuse."""
    assert main(INVITE) == 0
    monkeypatch.setenv("LINEMAN_DATABASE", "other.db")
    assert main(INVITE) == 2
    assert (
        f"There is a signing key in {home / 'lineman-signing.key'}, so none was made"
        in capsys.readouterr().err
    )
    assert not Path("lineman-signing.key").exists()
    monkeypatch.setenv("LINEMAN_SIGNING_KEY", str(home / "lineman-signing.key"))
    assert main(INVITE) == 0


@pytest.mark.parametrize("name", ["lineman.db", "lineman.db-wal", "lineman-signing.key"])
def test_files_of_another_user(
    home: Path, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database, what SQLite reads with it, and the signing key are refused."""
    assert main(INVITE) == 0
    (home / name).touch(0o600)
    give_to_another(home / name, monkeypatch)
    assert main(INVITE) == 2
    named = str(home / name) if os.getuid() == 0 else ""  # else all are another user's
    assert f"{named} belongs to another user (" in capsys.readouterr().err


def test_files_that_somebody_planted(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those in the current folder are not taken for the user's own of an earlier version."""
    planted = [Path("lineman.db"), Path("lineman-signing.key")]
    for path in planted:
        path.touch()
    assert places() == in_folder(Path())
    for path in planted:
        give_to_another(path, monkeypatch)
    assert places() == in_folder(home)
    assert other_keys({**os.environ, "LINEMAN_DATABASE": str(home / "other.db")}) == ()


def test_files_that_everybody_can_open(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The database and the signing key are refused, each with the command that helps."""
    assert main(INVITE) == 0
    (home / "lineman-signing.key").chmod(0o640)
    capsys.readouterr()
    assert main(INVITE) == 2
    assert "other users can read" in capsys.readouterr().err
    (home / "lineman.db").chmod(0o644)
    assert main(["relays"]) == 2
    assert capsys.readouterr().err == (
        f"lineman: Everybody on this machine can open {home / 'lineman.db'}. Run: chmod 600 {home / 'lineman.db'}\n"
    )
    (home / "lineman.db").chmod(0o660)
    assert main(["relays"]) == 0
