"""The check of the knowledge notices what it is there to notice: each kind of gap, with file and line."""

from pathlib import Path

import pytest

from knowledge.checking.check import CheckReport, report
from knowledge.loading.load import load_knowledge
from tests.knowledge.small import CAUSES, QUESTIONS, write


def check(folder: Path) -> CheckReport:
    return report(load_knowledge(folder))


def change(folder: Path, room: str, id_: str, old: str, new: str) -> CheckReport:
    texts = QUESTIONS if room == "questions" else CAUSES
    assert old in texts[id_]
    write(folder, room, id_, texts[id_].replace(old, new))
    return check(folder)


def test_tested_knowledge_passes(folder: Path) -> None:
    """With every condition tested the score is full, and says so."""
    checked = check(folder)
    assert checked.problems == ()
    assert checked.noticed == checked.mutations > 60
    assert f"mutations: {checked.noticed} of {checked.mutations} noticed, 100 %" in str(checked)


@pytest.mark.parametrize(
    ("room", "id_", "old", "new", "problem"),
    [
        ("questions", "tls", "genuine}\n", "broken}\n", "the answer is genuine, not broken"),
        ("questions", "version", '"3.0"', '"2.9"', "the answer is before-3, not from-3"),
        ("questions", "version", "from: 3}", "from: 4}", "version has no answer for 3"),
        ("questions", "tls", ": else", ": {every: {failure: eof_error}}", "has no answer for"),
        ("questions", "others", ": else", ": {some: {failure: eof_error}}", "has no answer for"),
        ("questions", "relayed", "shut:", "x: {none: {failure: null}}, shut:", "gives the answer x"),
        ("questions", "vpn", '{says: "no VPN", is: [no, off]}', "else", "a person cannot read the answer no"),
        (
            "causes",
            "blocked",
            "port: shut, others: shut}, found: [b",
            "port: shut}, possible: [b",
            "no case finds",
        ),
        ("causes", "detour", "near}, not_checked", "near}, found", "detour is not checked, not found"),
        ("causes", "intercepted", "], explained: [", ", ", "stripped is explained, not found"),
        ("causes", "media-shut", "shut: likely", "shut: certain", "media-shut is likely, not certain"),
        ("causes", "no-turn", "found: [no-turn]", "found: []", "no-turn is found as well"),
        ("causes", "no-turn", "{given: {", "{given: {old-port: open, upgrade: cut, ", "nobody asks"),
    ],
)
def test_each_gap_is_told(folder: Path, room: str, id_: str, old: str, new: str, problem: str) -> None:
    """A wrong case, an answer without a case, a gap between answers: each has its sentence, file and line."""
    checked = change(folder, room, id_, old, new)
    assert any(problem in one and f"{id_}.yaml:" in one for one in checked.problems), checked.problems


@pytest.mark.parametrize(
    ("id_", "case", "survivor"),
    [
        ("needs-turn", "media: open", "media in when"),
        ("needs-turn", "turn-passed: yes", "turn-passed in when"),
        ("needs-turn", "media: one-way", "media: one-way in when"),
        ("needs-turn", "media: one-way", "explaining media-half"),
        ("media-shut", "media-shut: likely", "proof: beside in likely_when"),
        ("detour", "vpn: no}, ruled_out", "vpn: no in clears_only_if"),
    ],
)
def test_an_untested_condition_survives(folder: Path, id_: str, case: str, survivor: str) -> None:
    """Take one case away, and the condition that only it protected is named."""
    lines = [line for line in CAUSES[id_].splitlines() if not ("given:" in line and case in line)]
    write(folder, "causes", id_, "\n".join(lines))
    checked = check(folder)
    assert checked.noticed < checked.mutations
    assert any(f"no case notices {id_}: without {survivor}" in one for one in checked.problems)


def test_survivors_have_their_line(folder: Path) -> None:
    """The problem points at the very condition."""
    checked = change(folder, "causes", "media-shut", ", confidence: {media-shut: likely}", "")
    lines = (folder / "causes" / "media-shut.yaml").read_text().splitlines()
    number = next(n for n, line in enumerate(lines, 1) if line.startswith("likely_when"))
    assert any(f"media-shut.yaml:{number}: " in one for one in checked.problems)


def test_causes_that_contain_each_other_are_separated(folder: Path) -> None:
    """A cause that shows whenever another does needs a case in which it shows alone."""
    narrow = """
weight: {31009: 1}
when: {relayed: shut, names: resolves}
cases:
  - {given: {relayed: shut, names: resolves}, found: [narrow, no-turn]}
"""
    write(folder, "causes", "narrow", narrow)
    assert not any("without narrow" in one for one in check(folder).problems)
    for id_ in ("no-turn", "needs-turn"):
        text = CAUSES[id_].replace("{given: {relayed: shut", "{given: {names: resolves, relayed: shut")
        text = text.replace(
            "{given: {media: blocked, relayed: shut", "{given: {names: resolves, relayed: shut"
        )
        write(folder, "causes", id_, text)
    assert any("no case shows no-turn without narrow" in one for one in check(folder).problems)


def test_unused_questions_are_told(folder: Path) -> None:
    """A question that no cause asks, and that nothing needs, is dead weight."""
    write(folder, "questions", "idle", QUESTIONS["names"])
    assert any("no cause asks idle" in one for one in check(folder).problems)


def test_a_name_that_nothing_fills_in_is_told(folder: Path) -> None:
    """A text with an unknown name in braces would reach people unfilled: it is a problem with its line."""
    path = write(folder, "causes", "blocked", CAUSES["blocked"])
    path.write_text(path.read_text().replace("did not answer.", "did not {shrug}."))
    assert any("blocked.yaml:" in one and "nothing fills in {shrug}" in one for one in check(folder).problems)
