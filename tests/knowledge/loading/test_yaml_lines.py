"""YAML is read without implicit types, and every mistake has its line."""

import pytest

from knowledge.loading.yaml_lines import parse_yaml
from knowledge.model.problems import KnowledgeError


def test_only_plain_words_numbers_and_null_are_typed() -> None:
    """What an author writes as a word stays that word."""
    text = b"a: [true, false, null, 3, -2.5, yes, No, on, ~, 1e3, 0x10, 007, 2026-11-22, 1_0, '3', \"true\"]\nb:\n"
    words = ["yes", "No", "on", "~", "1e3", "0x10", "007", "2026-11-22", "1_0", "3", "true"]
    assert parse_yaml(text, "f").value == {"a": [True, False, None, 3, -2.5, *words], "b": None}


def test_keys_are_text() -> None:
    """An error code as a key is the same key quoted or not."""
    assert parse_yaml(b"31009: 3\nyes: 1\nnull: 2\n", "f").value == {"31009": 3, "yes": 1, "null": 2}


def test_lines_of_keys_and_entries_are_kept() -> None:
    """A value deep in a file is found again by its path."""
    document = parse_yaml(b"a:\n  b:\n    - 1\n    - {c: 2}\n", "f")
    assert document.line(("a", "b", 1, "c")) == 4
    assert document.line(("a", "b", 0)) == 3
    assert document.line(("a", "nowhere", 7)) == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"a: 1\nb: 2\na: 3\n", "f:3: the key 'a' again: it is already on line 1"),
        (b"a: &x 1\n", "f:1: an anchor or a tag: plain values only"),
        (b"a: 1\nb: *x\n", "f:2: an alias: write the value out"),
        (b"a: !!python/name:os.system 1\n", "f:1: an anchor or a tag: plain values only"),
        (b"? [a]\n: 1\n", "f:1: a key that is not a word"),
        (b"a: 1\n---\nb: 2\n", "f:2: a second document: one file holds one"),
        (b"a: 1\n\xff", "f:2: is not UTF-8 text"),
        (b"[" * 10_000, "f:1: is nested more than 40 levels deep"),
        (b"a: [1\nb: 2\n", "f:2: is not YAML: "),
        (b"a: \x07\n", "f:1: is not YAML: unacceptable character"),
    ],
)
def test_what_yaml_would_swallow_is_refused(text: bytes, problem: str) -> None:
    """A duplicate, an anchor, a tag, a second document, an odd key, broken text: each is told with its line."""
    with pytest.raises(KnowledgeError) as caught:
        parse_yaml(text, "f")
    assert any(one.startswith(problem) for one in caught.value.problems), caught.value.problems


def test_all_duplicates_come_at_once() -> None:
    """All duplicate keys of a file are reported at once."""
    with pytest.raises(KnowledgeError) as caught:
        parse_yaml(b"a: 1\na: 2\nb: 1\nb: 2\n", "f")
    assert [one.split(":")[1] for one in caught.value.problems] == ["2", "4"]
