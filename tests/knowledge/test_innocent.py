"""Each cause that checks find has an example in which the same symptom has an innocent reason."""

from collections.abc import Iterator

import pytest

from knowledge.loading.load import load_knowledge
from knowledge.model.schema import UNKNOWN, Cause

KNOWLEDGE = load_knowledge()
EXAMPLES = [example for cause in KNOWLEDGE.causes.values() for example in cause.cases]
BLAMING = [
    cause.id
    for cause in KNOWLEDGE.causes.values()
    if cause.impact != "risk" and any(KNOWLEDGE.questions[id_].observe for way in cause.when for id_ in way)
]


def acquittals(cause: Cause) -> Iterator[str]:
    """The examples in which an answer speaks for *cause*, or a check fails, and *cause* is not found."""
    for example in EXAMPLES:
        accused = any(example.given.get(id_) in fit for way in cause.when for id_, fit in way.items())
        lists = (*example.lists.get("found", ()), *example.lists.get("explained", ()))
        if accused and cause.id not in lists:
            yield str(example.given)
    for id_, fit in ((id_, fit) for way in cause.when for id_, fit in way.items()):
        for case in KNOWLEDGE.questions[id_].cases:
            fails = not isinstance(case.given, str) and any(item.get("failure") for item in case.given)
            if (
                fails
                and case.answer not in fit
                and (case.answer != UNKNOWN or "inconclusive" in str(case.given))
            ):
                yield f"{id_}: {case.given}"


@pytest.mark.parametrize("id_", BLAMING)
def test_the_symptom_has_an_innocent_reason_somewhere(id_: str) -> None:
    """A failed check, or an answer that speaks for the cause, does not always find it."""
    assert list(acquittals(KNOWLEDGE.causes[id_])), f"{id_}: add a case in which it is not found"
