"""Former processes run former code only; without the history the tests skip or fail, with a reason."""

import subprocess
from pathlib import Path

import pytest

from tests.compat.former import COMMIT, ROOT, Former, take_out


def test_what_runs(former: Former) -> None:
    """Everything that a former process imports is the version before; nothing is taken from this checkout."""
    former.check(former.path)
    with pytest.raises(AssertionError, match=r"bot/cli\.py"):
        former.check(ROOT)


def test_without_history(tmp_path: Path) -> None:
    """A source distribution and a shallow clone skip, with the reason; a clone that lacks the commit fails."""
    with pytest.raises(pytest.skip.Exception, match="no clone"):
        take_out(tmp_path, tmp_path)
    shallow, empty = tmp_path / "shallow", tmp_path / "empty"
    git("init", "-q", str(empty))
    with pytest.raises(pytest.fail.Exception, match=f"{COMMIT[:7]} is not in the history"):
        take_out(tmp_path, empty)
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    for word in ("one", "two"):
        git("-C", str(empty), *identity, "commit", "-q", "--allow-empty", "-m", word)
    git("clone", "-q", "--depth", "1", f"file://{empty}", str(shallow))
    with pytest.raises(pytest.skip.Exception, match="shallow"):
        take_out(tmp_path, shallow)


def git(*words: str) -> None:
    subprocess.run(["git", *words], check=True)
