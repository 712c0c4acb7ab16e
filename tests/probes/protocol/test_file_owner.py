"""Files that another user owns are not trusted; those of root are, and root trusts all."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from probes.protocol import file_owner
from probes.protocol.file_owner import foreign_owner_note, is_foreign, is_planted
from probes.protocol.keys import KeyFileError, load_identity, make_identity
from probes.relay.state_dir import StateDir, StateDirError
from tests.owners import OWNER, US, give_to_another

Give = Callable[[Path], None]


@pytest.fixture
def give_away(monkeypatch: pytest.MonkeyPatch) -> Give:
    return partial(give_to_another, monkeypatch=monkeypatch)


def test_file_of_another_user(tmp_path: Path, give_away: Give) -> None:
    """The sentence names the owner and the command to mend it, for the file and for a link to it."""
    path, link = tmp_path / "a file", tmp_path / "link"
    assert foreign_owner_note(path) == ""
    path.touch()
    link.symlink_to(path)
    give_away(path)
    for there, option in ((path, ""), (link, "-h ")):
        assert foreign_owner_note(there).startswith(f"{there} belongs to another user (")
        command = f"chown {option}{US} '{path}'" if there is path else "chown "
        assert command in foreign_owner_note(there)


def test_key_of_another_user(tmp_path: Path, give_away: Give) -> None:
    """It is refused before it is read."""
    make_identity(tmp_path / "key")
    give_away(tmp_path / "key")
    with pytest.raises(KeyFileError, match="belongs to another user"):
        load_identity(tmp_path / "key")


@pytest.mark.parametrize("name", ["policy.yaml", "hub.json", "."])
def test_state_of_a_relay(tmp_path: Path, give_away: Give, name: str) -> None:
    """Its files are refused, and so is its folder."""
    state = StateDir(tmp_path)
    state.usual_policy()
    (tmp_path / "hub.json").touch()
    give_away(tmp_path / name)
    with pytest.raises(StateDirError, match="belongs to another user"):
        state.hub() if name == "hub.json" else state.policy()


@pytest.mark.parametrize("root", [False, True])
def test_planted_file(tmp_path: Path, give_away: Give, monkeypatch: pytest.MonkeyPatch, root: bool) -> None:
    """A file in a folder that is not its owner's was planted; root knows by the folder."""
    path = tmp_path / "lineman.db"
    assert not is_planted(path)
    path.touch()
    give_away(path)
    if root:
        monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert is_planted(path) == (path.stat().st_uid != tmp_path.stat().st_uid or not root)


@pytest.mark.parametrize(
    ("own", "owner", "mapped", "foreign"),
    [
        (US, US, "0 0 4294967295", False),
        (US, 0, "0 0 4294967295", False),
        (US, OWNER, "0 0 4294967295", True),
        (US, 65534, "0 0 4294967295", True),
        (US, 65534, "0 100000 65536", False),
        (US, OWNER, "0 100000 65536", True),
        (0, OWNER, "0 0 4294967295", False),
    ],
)
def test_users(
    own: int, owner: int, mapped: str, foreign: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a namespace, what belongs to nobody is of a user outside, such as the root of the host."""
    for name, text in (("_OVERFLOW", "65534\n"), ("_NAMESPACE", f"  {mapped}\n")):
        (tmp_path / name).write_text(text)
        monkeypatch.setattr(file_owner, name, tmp_path / name)
    monkeypatch.setattr(os, "geteuid", lambda: own)
    assert is_foreign(owner) == foreign
