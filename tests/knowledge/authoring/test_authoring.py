"""The author's tools: a new cause starts as a valid file, and the check reports what is missing, old, or ambiguous."""

from datetime import date
from pathlib import Path

import pytest

from knowledge.authoring.codes_table import codes_table
from knowledge.authoring.skeleton import write_skeleton
from knowledge.checking.check import report
from knowledge.checking.lint import stale
from knowledge.loading.load import load_knowledge
from knowledge.model.problems import KnowledgeError
from tests.knowledge.small import CAUSES, QUESTIONS, write

DOCS = Path(__file__).parents[3] / "docs"
DAY = date(2026, 11, 22)


def test_the_table_of_codes_is_fresh() -> None:
    """docs/codes.md equals the current output of `make codes` and contains every code."""
    knowledge = load_knowledge()
    made = codes_table(knowledge)
    fresh = (DOCS / "codes.md").read_text(encoding="utf-8") == made
    assert fresh, "docs/codes.md is older than the knowledge: run `make codes`"
    assert all(code in made for code in knowledge.errors)


def test_a_new_cause_loads_and_says_what_to_fill_in(folder: Path) -> None:
    """The skeleton loads as it is; the check names each TODO, and nothing else fails."""
    file = write_skeleton(load_knowledge(folder), folder, "proxy-asks", "2026-11-22")
    more = load_knowledge(folder)
    assert more.causes["proxy-asks"].checked == "2026-11-22"
    told = "\n".join(report(more).problems)
    for gap in (
        "title is still",
        "customer is still",
        "evidence is still",
        "fixes is still",
        "has 1 symptoms",
    ):
        assert gap in told
    assert str(file.name) in told


@pytest.mark.parametrize(
    ("id_", "said"), [("Proxy", "is no id"), ("../x", "is no id"), ("blocked", "already")]
)
def test_a_new_cause_needs_an_id_of_its_own(folder: Path, id_: str, said: str) -> None:
    """An id that cannot be a file's name, or that is taken, is refused, and nothing is written."""
    before = sorted((folder / "causes").iterdir())
    with pytest.raises(KnowledgeError, match=said):
        write_skeleton(load_knowledge(folder), folder, id_, "2026-11-22")
    assert sorted((folder / "causes").iterdir()) == before


def test_a_folder_that_cannot_be_written_is_told(folder: Path) -> None:
    """If the file cannot be written, the reason is reported."""
    with pytest.raises(KnowledgeError, match="cannot be written"):
        write_skeleton(load_knowledge(folder), folder / "nowhere", "proxy-asks", "2026-11-22")


def test_the_same_conditions_cannot_be_told_apart(folder: Path) -> None:
    """Two causes of one code with the same conditions are reported with that code."""
    write(folder, "causes", "no-names-again", CAUSES["no-names"].replace("[no-names]", "[no-names-again]"))
    told = "\n".join(report(load_knowledge(folder)).problems)
    assert "no-names and no-names-again cannot be distinguished for 31009" in told
    assert "has the phrase" not in told


def test_a_phrase_belongs_to_one_cause(folder: Path) -> None:
    """The same symptom in two causes is reported."""
    file = folder / "causes" / "blocked.yaml"
    file.write_text(
        file.read_text().replace("it fails in way 0 with blocked", "it fails in way 0 with no-names")
    )
    assert "has the phrase" in "\n".join(report(load_knowledge(folder)).problems)


def test_what_its_needs_contradict_is_unreachable(folder: Path) -> None:
    """An alternative with an answer that prevents its other question from being asked is reported."""
    write(
        folder,
        "causes",
        "no-names",
        CAUSES["no-names"].replace("when: {names: fails}", "when: {names: fails, port: shut}"),
    )
    told = "\n".join(report(load_knowledge(folder)).problems)
    assert "can never hold: port is asked only if names is resolves or partly" in told


def test_what_the_code_rules_out_is_unreachable(folder: Path) -> None:
    """A cause that contradicts the answer of the error code itself is reported."""
    question = """
        asks: What does the code say?
        code: true
        answers: {transport: {says: it is the transport, is: "31009"}, nothing: else}
        cases: [{given: "31009", answer: transport}, {given: "31000", answer: nothing}]
        """
    cause = """
        weight: {31009: 1, 31000: 1}
        when: {spoken: transport}
        cases: [{given: {spoken: transport}, found: [said]}, {given: {spoken: nothing}, ruled_out: [said]}]
        """
    write(folder, "questions", "spoken", question)
    write(folder, "causes", "said", cause)
    assert QUESTIONS.keys().isdisjoint({"spoken"})
    assert [one.partition(": ")[2] for one in report(load_knowledge(folder)).problems] == [
        "31000 itself says that it is not said"
    ]


@pytest.mark.unmeasured
def test_old_facts_are_listed() -> None:
    """What was checked more than half a year ago is listed by name, and is no problem by itself."""
    knowledge = load_knowledge()
    assert list(stale(knowledge, DAY, {"network x": "2026-01-01"})) == [
        "network x: checked 325 days ago, on 2026-01-01"
    ]
    assert list(stale(knowledge, DAY, {"network x": "soon"})) == ["network x: 'soon' is no day"]
    later = date(2027, 11, 22)
    checked = report(knowledge, later)
    assert checked.ok
    assert f"facts not checked for half a year: {len(list(stale(knowledge, later)))}" in str(checked)
    assert len(list(stale(knowledge, later))) >= len(knowledge.errors)
