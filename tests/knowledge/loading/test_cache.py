"""Valid files are not checked again until they, or the checks, change."""

import json
import os
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from knowledge.loading import load as load_module
from knowledge.loading.cache import digest_of, load, store
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.model.problems import KnowledgeError

SECRET = {"said": "by us"}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def kept(cache: Path) -> Path:
    """Make a cached value under `it`, for the digest `d`."""
    store("it", "d", SECRET)
    return cache / "lineman" / "it.json"


def test_a_value_is_for_one_content(cache: Path) -> None:
    """A cached value is valid only for its digest, and the last one written is used."""
    one, other = digest_of([b"a", b"b"]), digest_of([b"ab"])
    assert one != other
    assert load("knowledge", one) is None
    store("knowledge", other, {"old": 1})
    store("knowledge", one, {"new": [1.5, None, True]})
    assert load("knowledge", one) == {"new": [1.5, None, True]}
    assert load("knowledge", other) is None
    assert [file.name for file in (cache / "lineman").iterdir()] == ["knowledge.json"]


def test_what_is_kept_is_ours_alone(kept: Path) -> None:
    """No other user can read or write the cache, whatever the umask."""
    kept.parent.chmod(0o777)
    assert load("it", "d") is None
    store("it", "d", SECRET)
    assert (kept.parent.stat().st_mode & 0o777, kept.stat().st_mode & 0o777) == (0o700, 0o600)
    assert load("it", "d") == SECRET


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_what_others_may_write_is_not_believed(kept: Path, mode: int) -> None:
    """A file that others can write is ignored, and so is a file in such a folder."""
    kept.chmod(mode)
    assert load("it", "d") is None
    kept.chmod(0o600)
    assert load("it", "d") == SECRET
    kept.parent.chmod(0o700 | mode & 0o022)
    assert load("it", "d") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("whose", ["file", "folder"])
def test_what_others_own_is_not_believed(kept: Path, whose: str) -> None:
    """A file of another user is ignored, and nothing is written into another user's folder."""
    foreign = kept if whose == "file" else kept.parent
    os.chown(foreign, 12345, 12345)
    assert load("it", "d") is None
    if whose == "folder":
        before = kept.read_bytes()
        store("it", "d", {"other": 1})
        assert kept.read_bytes() == before


@pytest.mark.parametrize("what", ["file", "folder"])
def test_links_are_not_followed(kept: Path, what: str) -> None:
    """A symbolic link in place of the file or its folder is not followed, even to a valid file."""
    linked = kept if what == "file" else kept.parent
    away = linked.rename(linked.with_name("away"))
    linked.symlink_to(away)
    assert load("it", "d") is None


def test_a_pipe_holds_nobody_up(kept: Path) -> None:
    """A pipe in place of the file is ignored without waiting for it."""
    kept.unlink()
    os.mkfifo(kept, 0o600)
    assert load("it", "d") is None


@pytest.mark.parametrize("cut", [0, 1, 60, 67, 82])
def test_half_a_file_is_none(kept: Path, cut: int) -> None:
    """A truncated or changed cache file is ignored."""
    whole = kept.read_bytes()
    kept.write_bytes(whole[:cut])
    assert load("it", "d") is None
    kept.write_bytes(whole.replace(b"by us", b"by uS"))
    assert load("it", "d") is None


def test_quick_loading_gives_the_same(folder: Path) -> None:
    """The first quick load checks, the second does not, and both give what a full one gives, but for its examples."""
    full = load_knowledge(folder)
    assert all(item.cases for item in (*full.causes.values(), *full.questions.values()))
    without = replace(
        full,
        causes={name: replace(cause, cases=()) for name, cause in full.causes.items()},
        questions={name: replace(question, cases=()) for name, question in full.questions.items()},
    )
    assert load_knowledge(folder, quick=True) == without
    assert load_knowledge(folder, quick=True) == without


def test_quick_loading_reads_what_is_kept(folder: Path, cache: Path) -> None:
    """The second quick load uses what the first one cached, and parses nothing."""
    load_knowledge(folder, quick=True)
    file = cache / "lineman" / f"{load_module.NAME}.json"
    head, _, body = file.read_bytes().partition(b"\n")
    value = json.loads(body)
    value["causes"]["blocked"]["title"] = "Told by what was kept"
    changed = json.dumps(value).encode()
    file.write_bytes(head.split()[0] + f" {sha256(changed).hexdigest()}\n".encode() + changed)
    assert load_knowledge(folder, quick=True).causes["blocked"].title == "Told by what was kept"
    assert load_knowledge(folder).causes["blocked"].title != "Told by what was kept"


def test_a_changed_file_is_checked(folder: Path) -> None:
    """A mistake added to a file after it was cached is reported."""
    load_knowledge(folder, quick=True)
    file = folder / "causes" / "blocked.yaml"
    file.write_text(file.read_text().replace("weight:", "wieght:"))
    with pytest.raises(KnowledgeError, match="did you mean weight"):
        load_knowledge(folder, quick=True)


def test_a_changed_text_is_told(folder: Path) -> None:
    """A text changed after its file was cached is used; added, removed, and moved files are noticed too."""
    load_knowledge(folder, quick=True)
    file = folder / "causes" / "blocked.yaml"
    title = load_knowledge(folder).causes["blocked"].title
    file.write_text(file.read_text().replace(title, f"{title}, said anew"))
    assert load_knowledge(folder, quick=True).causes["blocked"].title == f"{title}, said anew"
    file.rename(file.with_name("other.yaml"))
    with pytest.raises(KnowledgeError, match=r"must be blocked\.yaml"):
        load_knowledge(folder, quick=True)


def test_nothing_bad_is_kept(folder: Path) -> None:
    """A folder with a mistake fails each time, however often it is loaded."""
    (folder / "causes" / "blocked.yaml").write_text("id: blocked\n")
    for _ in range(2):
        with pytest.raises(KnowledgeError):
            load_knowledge(folder, quick=True)


def test_where_nothing_can_be_kept(folder: Path, cache: Path) -> None:
    """Without a writable cache everything works, and is checked each time."""
    cache.write_text("a file where a folder should be")
    assert load_knowledge(folder, quick=True) == load_knowledge(folder, quick=True)
    assert load_network().id == "twilio"


def test_the_shipped_network_is_kept() -> None:
    """The network that comes along is checked once, and reads the same afterwards."""
    assert load_network() == load_network()
