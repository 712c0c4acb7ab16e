"""The check of passages reports each mistake with its file and line."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from knowledge.checking.check import report
from knowledge.checking.passage_checks import check_passages
from knowledge.loading.load import load_knowledge
from knowledge.search.passages import FOLDER, load_passages

KNOWLEDGE = load_knowledge(quick=True)
SCHEMA = Path(__file__).parents[3] / "knowledge" / "schemas" / "passage.schema.json"

ONE = """\
---
id: lamps
title: What a lamp is
questions:
  - what is a lamp?
  - why does the lamp not shine?
  - lamps in simple words
platforms: [ios]
causes: [signaling-blocked]
codes: ["31009"]
kind: glossary
checked: "2026-11-22"
references:
  - {title: Lamps, url: https://lamps.example/}
---
A lamp shines when the switch is on. Red lamps warn of 31005.
"""
OTHER = """\
---
id: doors
title: What a door is
questions:
  - what is a door?
  - who opens the door?
  - doors in simple words
checked: "2026-11-22"
references:
  - {title: Doors, url: https://doors.example/}
---
A door opens to the side that has hinges. Locks want keys.
"""


def told(folder: Path, one: str = ONE, other: str = OTHER) -> list[str]:
    """Return the problems that the check finds in two passages."""
    (folder / "lamps.md").write_text(one, "utf-8")
    (folder / "doors.md").write_text(other, "utf-8")
    return [line for line in check_passages(KNOWLEDGE, folder).problems if "answers/" in line]


def test_good_passages_pass(tmp_path: Path) -> None:
    """Two correct passages are counted with their questions and days, and no problem is reported."""
    assert told(tmp_path) == []
    found = check_passages(KNOWLEDGE, tmp_path)
    assert (found.passages, found.questions) == (2, 6)
    assert set(found.days.values()) == {"2026-11-22"}


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('checked: "2026-11-22"\n', "", "lamps.md:1: the key 'checked' is missing"),
        ('"2026-11-22"', "today", "lamps.md:12: checked: 'today' does not look like"),
        ("  - why does the lamp not shine?\n  - lamps in simple words\n", "", "lamps.md:4: questions: needs at least"),
        ("why does the lamp not shine?", "what is a lamp?", "lamps.md:4: questions: names something twice"),
        ("id: lamps", "id: Lamps", "lamps.md:1: the file is called lamps.md"),
        ("platforms: [ios]", "platforms: [palm]", "lamps.md:8: there is no platform palm"),
        ("[signaling-blocked]", "[signaling-blockd]", "no cause signaling-blockd (did you mean signaling-blocked"),
        ('["31009"]', '["31999"]', "lamps.md:10: there is no code 31999"),
        ('["31009"]', "[31009]", "lamps.md:10: codes.1: must be text"),
        ("warn of 31005", "warn of 31999", "lamps.md:16: there is no error code 31999"),
        ("https://lamps.example/", "http://lamps.example/", "lamps.md:14: references.1.url: 'http"),
        ("https://lamps.example/", "https://lamps", "lamps.md:14: 'https://lamps' leads nowhere"),
        ("  - {title: Lamps, url: https://lamps.example/}\n", "", "lamps.md:1: references is missing"),
        ("A lamp shines", "A [lamp](gone.md) shines", "lamps.md:16: the link 'gone.md' leads nowhere"),
        ("Red lamps", "A. B. C. D. E. Red lamps", "lamps.md:16: more than 5 sentences"),
        ("What a lamp is", "What a door is", "lamps.md:3: doors has this title too"),
        ("why does the lamp not shine?", "who opens the doors?", "lamps.md:6: doors has the question"),
        ("why does the lamp not shine?", "really?", "lamps.md:6: 'really?' leads to"),
        ("A lamp shines when the switch is on. Red lamps warn of 31005.",
         "A door opens to the side that has hinges. Locks want keys.", "lamps.md:16: says the same as doors"),
    ],
)  # fmt: skip
def test_mistakes_are_told(tmp_path: Path, old: str, new: str, line: str) -> None:
    """Each single mistake is reported at its line."""
    assert old in ONE
    found = told(tmp_path, ONE.replace(old, new, 1))
    assert any(line in one for one in found), found


def test_the_same_question_on_other_platforms_is_none(tmp_path: Path) -> None:
    """Passages for different platforms may have the same question; for the same one they may not."""
    asked = OTHER.replace("who opens the door?", "what is a lamp?").replace(
        "id: doors", "id: doors\nplatforms: [%s]"
    )
    assert not [one for one in told(tmp_path, other=asked % "android") if "the question" in one]
    assert [one for one in told(tmp_path, other=asked % "ios") if "the question" in one]


@pytest.mark.unmeasured
def test_passages_beside_the_others(tmp_path: Path) -> None:
    """A question that leads to another passage is reported, and so are lines and rules for a missing one."""
    answers = shutil.copytree(FOLDER, tmp_path / "answers")
    (answers / "turn-cost.md").unlink()
    file = answers / "ports-signaling.md"
    file.write_text(
        file.read_text("utf-8").replace("hostnames for the signaling websocket", "meaning of the websocket"),
        "utf-8",
    )
    assert list(check_passages(KNOWLEDGE, answers).problems) == [
        "knowledge/answers/ports-signaling.md:8: 'meaning of the websocket' leads to websocket-what",
        "knowledge/search/plain_subjects.yaml: turn-cost is nobody's name (did you mean turn-test?)",
        "knowledge/search/asked.yaml: turn-cost is nobody's name (did you mean turn-test?)",
    ]


@pytest.mark.unmeasured
def test_the_shipped_passages_pass() -> None:
    """The shipped passages have no problems, and the report of `knowledge check` counts them."""
    found = check_passages(KNOWLEDGE, FOLDER)
    assert found.problems == ()
    assert found.passages == len(load_passages()) >= 115


def test_old_passages_are_listed(tmp_path: Path) -> None:
    """The report lists a passage not checked against its sources for half a year, and mistakes."""
    told(tmp_path, ONE.replace("2026-11-22", "2026-01-01").replace("[ios]", "[palm]"))
    made = report(KNOWLEDGE, date(2026, 11, 22), {}, tmp_path)
    assert "  knowledge/answers/lamps.md: checked 325 days ago, on 2026-01-01" in made.lines
    assert [one for one in made.lines if one.startswith("passages: 2, 6 questions")]
    assert [one for one in made.problems if "palm" in one]


def test_schema_and_loader_know_the_same_keys() -> None:
    """Every key of the schema is taken by the loader, and the loader takes no other."""
    keys = {line.partition(":")[0] for line in ONE.splitlines() if line[:1].isalpha() and ":" in line}
    assert set(json.loads(SCHEMA.read_text("utf-8"))["properties"]) == keys
