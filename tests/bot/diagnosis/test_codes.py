"""Every code of the family gets a useful answer: what it means, and a cause, a look or a question to go on with."""

import pytest

from bot.diagnosis.triage import prepare, triage
from bot.diagnosis.turn_settings import TurnSettings
from bot.errors import nearest_codes
from bot.model.request import Request
from bot.relays.local import LocalRelay
from bot.rendering.view import make_view
from knowledge.advice.meaning import meaning_of
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network

KNOWLEDGE = load_knowledge()
NETWORK = load_network()
SAID_BY_THE_CODE = 40  # at least so many need no look at all


@pytest.mark.parametrize("code", KNOWLEDGE.errors)
def test_every_code_is_in_question(code: str) -> None:
    """A code has causes on each platform that raises it, or says whose it is and points on."""
    error = KNOWLEDGE.errors[code]
    problem = prepare(Request(code), KNOWLEDGE, NETWORK)
    for case in problem.cases if not error.elsewhere else ():
        where = f"knowledge/errors/{code}.yaml: on {case.platform}"
        assert case.causes, f"{where} no cause has {code} in `weight` (knowledge/causes/)"
    assert not error.elsewhere or len(error.elsewhere) > 60


@pytest.mark.parametrize("code", KNOWLEDGE.errors)
def test_every_meaning_is_told(code: str) -> None:
    """Its meaning has words on every platform, a page to read on, and no relative without a file."""
    for platform in (None, *KNOWLEDGE.platforms):
        meaning = meaning_of(KNOWLEDGE, code, platform)
        assert meaning
        assert meaning.texts
        assert meaning.references
        assert all(name for _, name, _ in meaning.confused_with)
        assert all(name for _, name in meaning.related)


async def test_what_the_code_says_needs_no_look() -> None:
    """A code that tells by itself is answered without a probe, at once, with a cause and something to do."""
    answered = 0
    for code, error in KNOWLEDGE.errors.items():
        problem = prepare(Request(code), KNOWLEDGE, NETWORK)
        if any(looks for case in problem.cases for looks in case.probes.values()):
            continue
        record = await triage(Request(code), KNOWLEDGE, NETWORK, LocalRelay(), TurnSettings())
        view = make_view(record, KNOWLEDGE, NETWORK)
        assert not record.plan.steps
        assert not view.headline.startswith("No problem found")
        assert record.diagnosis.found or record.diagnosis.next_question or error.elsewhere, code
        assert all(one.evidence and one.fixes for one in view.found), code
        answered += bool(record.diagnosis.found)
    assert answered >= SAID_BY_THE_CODE


@pytest.mark.parametrize(
    ("typed", "first"),
    [("31010", "31009"), ("31090", "31009"), ("13009", "31009"), ("53406", "53406"), ("53409", "53408")],
)
def test_unknown_codes_get_the_nearest(typed: str, first: str) -> None:
    """One off, two digits swapped, else the nearest number."""
    assert nearest_codes(typed, KNOWLEDGE.errors)[0] == first


@pytest.mark.parametrize("typed", ["99999", "ios", "3100", "\u0663\u0661\u0660\u0660\u0669"])
def test_what_is_far_has_no_nearest(typed: str) -> None:
    """What is no code, or far from every one, gets no guess."""
    assert nearest_codes(typed, KNOWLEDGE.errors) == []
