"""docs/rules.md: its examples are complete, load together, and pass the check."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from knowledge.checking.check import CheckReport, report
from knowledge.loading.load import FOLDER, load_knowledge
from knowledge.loading.load_network import load_network
from tests.guide_examples import read_examples

pytestmark = pytest.mark.unmeasured

EXAMPLES = read_examples(Path("docs/rules.md"))
SCHEMAS = {"causes": "cause", "errors": "error", "platforms": "platform"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped knowledge with the examples beside it."""
    folder = tmp_path_factory.mktemp("guide") / "knowledge"
    for room in ("errors", "causes", "questions", "platforms", "networks", "answers"):
        shutil.copytree(FOLDER / room, folder / room)
    for name, text in EXAMPLES.items():
        file = folder.parent / name
        assert not file.exists(), f"{name} is in use: give the example another id"
        file.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def checked(folder: Path) -> CheckReport:
    """Check all of it."""
    return report(load_knowledge(folder), answers=folder / "answers", network=load_network())


def test_each_kind_of_file_has_an_example() -> None:
    """Every folder of knowledge files is there."""
    assert {Path(name).parent.name for name in EXAMPLES} == {
        "answers", "causes", "errors", "networks", "platforms", "questions"
    }  # fmt: skip


def test_they_pass_the_check(checked: CheckReport) -> None:
    """The examples pass the check, so that an author can start from a copy."""
    assert checked.problems == ()


def test_the_network_loads(folder: Path) -> None:
    """The network of the guide is one that --network takes."""
    network = load_network(folder / "networks" / "lab.yaml")
    assert network.hosts("signaling", "javascript") == ("signal.example", "near.signal.example")


@pytest.mark.parametrize("room", SCHEMAS)
def test_they_are_complete(room: str) -> None:
    """Every key that such a file may have stands in its example, or in the sentence below it."""
    (text,) = (text for name, text in EXAMPLES.items() if Path(name).parent.name == room)
    schema = json.loads((FOLDER / "schemas" / f"{SCHEMAS[room]}.schema.json").read_text())
    missing = schema["properties"].keys() - yaml.safe_load(text).keys() - {"elsewhere"}
    assert missing == set()


def test_questions_are_complete() -> None:
    """The two questions have every key, except for devices, codes, and descriptions, which the guide explains."""
    keys = {key for name, text in EXAMPLES.items() if "/questions/" in name for key in yaml.safe_load(text)}
    schema = json.loads((FOLDER / "schemas" / "question.schema.json").read_text())
    assert schema["properties"].keys() - keys == {"code", "device", "heard"}


def test_the_grammar_names_every_form() -> None:
    """Each quantifier and comparison of the schema is in the grammar."""
    text = Path("docs/rules.md").read_text()
    grammar = text[text.index("RULE  :=") : text.index("A field is")]
    definitions = json.loads((FOLDER / "schemas" / "question.schema.json").read_text())["$defs"]
    words = [*definitions["rule"]["properties"], *definitions["match"]["additionalProperties"]["properties"]]
    assert [word for word in words if not re.search(rf"\{{{word}:", grammar)] == []
