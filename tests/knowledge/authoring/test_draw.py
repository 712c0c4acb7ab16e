"""The drawn tree is readable: questions, answers by name, and the causes found at the end of each path."""

import re
from pathlib import Path

import pytest

from knowledge.authoring.draw import FORMS, draw
from knowledge.model.schema import CaseModel
from knowledge.reasoning.answers import answer
from knowledge.reasoning.tree import compile_tree, walk
from probes.protocol.failures import Failure
from tests.knowledge.small import CAUSES, QUESTIONS, case_of, look_at, write


def test_text_reads_from_top_to_bottom(browser: CaseModel) -> None:
    """A branch shows its question, the answers below it, and what follows from each."""
    text = draw(compile_tree(browser))
    assert text.startswith("31009 on javascript: 10 causes in 6 branches.")
    assert (
        """signaling (tcp)
   [port] Does TCP 443 open? (only if [names]: resolves or partly)
     - open or partly: nothing found
     - shut:
         [others] Do other edges open?
           - open: FOUND edge-shut: The cause edge-shut
           - shut: FOUND blocked: The cause blocked
"""
        in text
    )
    assert "[turn-passed] Does the app pass TURN servers? (a person is asked)" in text
    assert (
        "- it does not: FOUND needs-turn: The cause needs-turn (side effects: media-shut, media-half)" in text
    )


def test_every_cause_and_question_is_drawn(browser: CaseModel) -> None:
    """Nothing of the case is left out of any form."""
    tree = compile_tree(browser)
    for form in FORMS:
        drawn = unwrapped(draw(tree, form))
        assert all(f"FOUND {id_}" in drawn for id_ in browser.causes)
        for branch in tree.branches:
            assert all(question.asks.split("'")[0] in drawn for question in branch.questions.values())


def unwrapped(drawn: str) -> str:
    """Put the lines of each label together again."""
    return drawn.replace("<br>", " ").replace("\\n", " ")


def test_the_walked_way_is_marked(browser: CaseModel) -> None:
    """Each form marks the answers given; the text form gives the reason for unknown ones."""
    seen = look_at(browser, {"": None, "tcp": Failure.GENERIC_TIMEOUT_ERROR})
    tree = compile_tree(browser)
    path = walk(tree, answer(browser, seen, {})).path
    text = draw(tree, "text", path)
    assert "> shut: FOUND blocked" in text
    assert "Does TCP 443 open? shut" in text
    assert "Is TLS genuine? unknown: not checked, because of this answer" in text
    assert ":::walked" in draw(tree, "mermaid", path)
    assert "==>" in draw(tree, "mermaid", path)
    assert "penwidth=3" in draw(tree, "dot", path)
    assert ":::walked" not in draw(tree, "mermaid")


def test_labels_are_quoted(folder: Path) -> None:
    """Quotes, brackets, hashes and line ends in a text cannot break a drawing."""
    nasty = 'Is "it" [here]; {there} <b> # `x` & -->|no| ?'
    asks = QUESTIONS["names"].replace("Does the name resolve?", f"'{nasty}'")
    write(folder, "questions", "names", asks)
    write(folder, "causes", "no-names", CAUSES["no-names"])
    tree = compile_tree(case_of(folder))
    mermaid = draw(tree, "mermaid")
    assert "#quot;it#quot;" in mermaid
    for line in mermaid.splitlines()[1:]:  # the first holds settings as JSON
        assert line.count('"') in (0, 2), line
        inner = "".join(re.findall(r'"([^"]*)"', line))
        assert not set(inner.replace("<br>", "")) & set("<>`")
    assert '"Is \\"it\\" [here]' in unwrapped(draw(tree, "dot"))


@pytest.mark.parametrize("form", ["mermaid", "dot"])
def test_edges_lead_to_nodes(browser: CaseModel, form: str) -> None:
    """Every arrow starts and ends at a drawn node."""
    drawn = draw(compile_tree(browser), form)
    nodes = set(re.findall(r"^ +(b\d+n\d+)(?:\(\[| \[label|\[)", drawn, re.MULTILINE))
    arrows = re.findall(r"(b\d+n\d+) (?:-->|==>|->)(?:\|[^|]*\|)? (b\d+n\d+)", drawn)
    assert arrows
    assert {end for arrow in arrows for end in arrow} <= nodes
