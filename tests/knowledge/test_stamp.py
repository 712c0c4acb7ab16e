"""Files that were good once are not checked again; any change of theirs, or of the checks, has them checked anew."""

from pathlib import Path

import pytest

from knowledge.load import load_knowledge
from knowledge.network import load_network
from knowledge.problems import KnowledgeError
from knowledge.stamp import digest_of, is_stamped, stamp


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_stamp_is_for_one_content(cache: Path) -> None:
    """A stamp speaks for its digest only, the last one written."""
    one, other = digest_of([b"a", b"b"]), digest_of([b"ab"])
    assert one != other
    assert not is_stamped("knowledge", one)
    stamp("knowledge", one)
    assert is_stamped("knowledge", one)
    assert not is_stamped("knowledge", other)
    assert [file.name for file in (cache / "lineman").iterdir()] == ["knowledge"]


def test_quick_loading_gives_the_same(folder: Path) -> None:
    """The first quick load checks, the second does not, and both give what a full one gives."""
    full = load_knowledge(folder)
    assert load_knowledge(folder, quick=True) == full
    assert load_knowledge(folder, quick=True) == full


def test_a_changed_file_is_checked(folder: Path) -> None:
    """A mistake put into a file after it was stamped is told."""
    load_knowledge(folder, quick=True)
    file = folder / "causes" / "blocked.yaml"
    file.write_text(file.read_text().replace("weight:", "wieght:"))
    with pytest.raises(KnowledgeError, match="did you mean weight"):
        load_knowledge(folder, quick=True)


def test_nothing_bad_is_stamped(folder: Path) -> None:
    """A folder with a mistake fails each time, however often it is loaded."""
    (folder / "causes" / "blocked.yaml").write_text("id: blocked\n")
    for _ in range(2):
        with pytest.raises(KnowledgeError):
            load_knowledge(folder, quick=True)


def test_where_nothing_can_be_kept(folder: Path, cache: Path) -> None:
    """Without a place for the stamp everything works, and is checked each time."""
    cache.write_text("a file where a folder should be")
    assert load_knowledge(folder, quick=True) == load_knowledge(folder, quick=True)
    assert load_network().id == "twilio"


def test_the_shipped_network_is_stamped(cache: Path) -> None:
    """The network that comes along is checked once, and reads the same afterwards."""
    first = load_network()
    assert (cache / "lineman" / "network").exists()
    assert load_network() == first
