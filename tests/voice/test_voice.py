"""The voice check: what it reads, what it flags, and how its baseline shrinks."""

import shutil
from pathlib import Path

import pytest

from tests.voice.__main__ import main
from tests.voice.check import load_baseline
from tests.voice.rules import HERE, LONG, LONGEST, Word, check_sentence, load_words
from tests.voice.sentences import (
    DATA,
    document_sentences,
    makefile_sentences,
    python_sentences,
    yaml_sentences,
)

WORDS = load_words()
BAD = "The relay is told to stop."


def rules(sentence: str) -> list[str]:
    return [finding.rule for finding in check_sentence(sentence, WORDS)]


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name)
def test_each_word_has_an_example_and_a_counterexample(word: Word) -> None:
    assert word.pattern.search(word.flagged)
    assert not word.pattern.search(word.allowed)


def test_code_is_no_prose() -> None:
    assert rules("Set `told` and {seen} as in https://example.com/said or [here](seen.md).") == []


def test_long_sentences() -> None:
    assert rules("a " * LONGEST) == []
    assert rules("a " * (LONGEST + 1)) == [LONG]


def test_documents() -> None:
    text = "# A heading\nA first line\nhas 60 parts. Next.\n```\ncode\n```\n- an item\n  of two lines\n| a | b c |\n"
    found = [(each.first, each.last, each.text) for each in document_sentences("a.md", text)]
    assert found == [
        (1, 1, "A heading"),
        (2, 3, "A first line has 60 parts."),
        (2, 3, "Next."),
        (7, 8, "an item of two lines"),
        (9, 9, "a"),
        (9, 9, "b c"),
    ]


def test_front_matter_without_the_words_of_users() -> None:
    text = "---\nid: x\ntitle: Why it fails here\nquestions:\n  - was it seen before?\n---\nThe answer.\n"
    found = [(each.first, each.text) for each in document_sentences("a.md", text)]
    assert found == [(3, "Why it fails here"), (7, "The answer.")]


def test_knowledge() -> None:
    text = "id: told\nmeans: >-\n  One sentence\n  on two lines.\nsymptoms: [nothing is seen at all]\n"
    text += "code: |\n  a b c d\n  e f g h\n"
    found = [(each.first, each.last, each.text) for each in yaml_sentences("a.yaml", text)]
    assert found == [(2, 4, "One sentence on two lines."), (6, 8, "a b c d"), (6, 8, "e f g h")]


def test_json() -> None:
    text = '{\n "title": "Told",\n "description": "Where the relay is told to look.",\n "required": ["seen"]\n}\n'
    found = [(each.first, each.text) for each in yaml_sentences("a.json", text)]
    assert found == [(3, "Where the relay is told to look.")]
    assert all(list(HERE.parents[1].glob(pattern)) for pattern in DATA)


def test_makefile() -> None:
    text = "run: a b  ## Run one command. See it.\n\tcat a b c d\n"
    found = [(each.first, each.text) for each in makefile_sentences("Makefile", text)]
    assert found == [(1, "Run one command."), (1, "See it.")]


def test_python() -> None:
    text = '''"""Say what *told* holds."""
KEYS = {"told": "told", "seen again": 1}
SQL = "SELECT told FROM seen WHERE said = 1"
PATTERN = r"was told or seen"
NAMES = "told seen said meant".split()
def f(relay):
    """Stop it."""
    return (
        f"The relay {relay} "
        "is told to stop."
    )
'''
    found = [(each.first, each.last, each.text) for each in python_sentences("a.py", text)]
    assert found == [
        (1, 1, "Say what it holds."),
        (7, 7, "Stop it."),
        (9, 10, "The relay {} is told to stop."),
    ]


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """The words of this folder beside a small checkout whose one bad sentence is in the baseline."""
    folder = tmp_path / "tables"
    folder.mkdir()
    shutil.copy(HERE / "words.tsv", folder)
    (folder / "exceptions.tsv").write_text("")
    write(tmp_path, f"A fine sentence.\n\n{BAD}\n")
    main(["--accept"], tmp_path, folder)
    return folder


def write(root: Path, text: str) -> None:
    (root / "README.md").write_text(text)


def test_a_new_bad_sentence_fails_with_place_word_and_advice(
    tmp_path: Path, tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([], tmp_path, tables) == 0
    write(tmp_path, f"{BAD}\n\nA line\nthat was seen.\n")
    capsys.readouterr()
    assert main([], tmp_path, tables) == 1
    assert 'README.md:4: seen: "seen": use observed, found, measured' in capsys.readouterr().out


def test_an_old_bad_sentence_may_move_but_not_multiply(
    tmp_path: Path, tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").rename(tmp_path / "docs" / "b.md")
    assert main([], tmp_path, tables) == 0
    write(tmp_path, BAD)
    capsys.readouterr()
    assert main([], tmp_path, tables) == 1
    assert "README.md:1: told, tell of" in capsys.readouterr().out


def test_the_baseline_only_shrinks(tmp_path: Path, tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "It was seen.\n")
    assert main([], tmp_path, tables) == 1
    assert (
        "1 sentences of the baseline are gone. Run: python -m tests.voice --shrink" in capsys.readouterr().out
    )
    assert main(["--shrink"], tmp_path, tables) == 1  # it does not accept the new sentence
    assert load_baseline(tables / "baseline.txt") == {}
    write(tmp_path, "It was found.\n")
    assert main([], tmp_path, tables) == 0


def test_what_a_merge_leaves_in_the_baseline_is_read(tmp_path: Path, tables: Path) -> None:
    baseline = tables / "baseline.txt"
    before = load_baseline(baseline)
    with baseline.open("a") as file:
        file.write("".join(f"{key} {count + 1} told\n" for key, count in before.items()))
    assert main([], tmp_path, tables) == 1
    assert main(["--shrink"], tmp_path, tables) == 0
    assert load_baseline(baseline) == before


def test_an_exception_has_a_reason_and_a_sentence(
    tmp_path: Path, tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exceptions = tables / "exceptions.tsv"
    write(tmp_path, f"{BAD}\n\nHe writes that he was told so.\n")
    exceptions.write_text("told, tell of\the was told so\ta quotation\n")
    assert main([], tmp_path, tables) == 0
    write(tmp_path, BAD)
    assert main([], tmp_path, tables) == 1
    assert "no sentence needs this: he was told so" in capsys.readouterr().out
    exceptions.write_text("told, tell of\the was told so\n")
    with pytest.raises(SystemExit, match=r"exceptions\.tsv:1: expected 3 columns"):
        main([], tmp_path, tables)
