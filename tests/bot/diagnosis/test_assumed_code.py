"""A code that nobody named chooses what is checked, and proves nothing."""

from dataclasses import replace

from bot.diagnosis.device_evidence import case_of
from bot.diagnosis.triage import has_checks
from bot.intake.clues import Reading
from bot.model.request import Request
from bot.rendering.symptom_text import assumed_as
from bot.storage.row_codec import from_json, to_json
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network

KNOWLEDGE, NETWORK = load_knowledge(), load_network()
NAMED = Request("31404")
ASSUMED = replace(NAMED, assumed="no-code")


def found(request: Request) -> list[str]:
    evidence = case_of(Reading("nothing", ""), request, KNOWLEDGE, NETWORK, on_device=False)
    return [judged.cause for judged in evidence.record.diagnosis.found]


def test_only_a_named_code_proves_its_cause() -> None:
    """31404 proves a wrong number if somebody has named it, and nothing if it was guessed from a story."""
    assert found(NAMED) == ["number-wrong"]
    assert found(ASSUMED) == []
    assert found(replace(NAMED, assumed="context")) == []


def test_the_message_says_that_the_code_is_assumed() -> None:
    """The sentence names the code and asks for the right one; a named code needs none."""
    assert "31404" in assumed_as(ASSUMED)
    assert "send it" in assumed_as(ASSUMED)
    assert assumed_as(NAMED) == ""


def test_the_assumption_is_stored() -> None:
    """A stored request keeps it, and a request of an earlier version has none."""
    assert from_json(to_json(ASSUMED)) == ASSUMED
    assert "assumed" not in to_json(NAMED)
    assert from_json(to_json(NAMED)) == NAMED


def test_a_guess_without_checks_is_recognized() -> None:
    """No relay can check a wrong number; a blocked network it can."""
    assert not has_checks(ASSUMED, KNOWLEDGE, NETWORK)
    assert has_checks(Request("31009"), KNOWLEDGE, NETWORK)
