"""In a case: who has to act, what was measured, what each relay found, and whether it is the service's side."""

from dataclasses import replace

import pytest

from bot.language.answering import answer_question
from bot.language.case_context import CaseContext, context_of_case
from bot.model.request import Request
from bot.rendering.failure_text import outcome
from bot.rendering.vantage_summary import result_of
from bot.rendering.view import make_view
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from probes.protocol.failures import Failure
from tests.bot.diagnosis.test_device_evidence import record_of

KNOWLEDGE, NETWORK = load_knowledge(), load_network(None)
LINE = {"rtt_ms": 38.0, "jitter_ms": 4.0, "mos": 4.3, "sent": 50, "lost": 1}


def case(failures: dict[str, Failure], *, measured: bool = False) -> CaseContext:
    record = record_of(KNOWLEDGE, NETWORK, Request("31009", platform="javascript"), failures)
    if measured:
        seen = {
            step: replace(one, facts=LINE) if one.probe == "quality" else one
            for step, one in record.observations.items()
        }
        record = replace(record, observations=seen)
    advised = make_view(record, KNOWLEDGE, NETWORK).advised
    return context_of_case(record, advised, (), outcome, (result_of(record),))


BLOCKED = case({"udp_media": Failure.UDP_OUTBOUND_LOST})
HEALTHY = case({})


def says(text: str, about: CaseContext) -> str:
    return answer_question(text, about, KNOWLEDGE, NETWORK).text


@pytest.mark.parametrize(
    "text", ["so who has to fix this, us or their IT?", "whose job is that?", "who should we talk to?"]
)
def test_who_has_to_act_is_who_the_first_fix_is_for(text: str) -> None:
    """The message for the customer follows. Where nothing was found, nobody has to act."""
    assert says(text, BLOCKED).startswith(
        "The team that manages the firewall and the network has to act here."
    )
    assert "ask your network team" in says(text, BLOCKED)
    assert says(text, HEALTHY).startswith("Nothing was found here so far")


def test_what_a_relay_found_is_said_by_its_name() -> None:
    """A name that did not take part is called that, and is given no result."""
    assert says("what did acme-hq's relay see?", BLOCKED).startswith(
        "acme-hq (in the user's network): Blocked"
    )
    other = says("what did the relay in Berlin see?", BLOCKED)
    assert other.startswith("No relay called “berlin” took part in this case.")
    assert "acme-hq (in the user's network)" in other


def test_figures_are_those_that_were_measured() -> None:
    """Nothing measured is said to be that. What jitter is in general stays a general question."""
    about = case({}, measured=True)
    assert "1 of 50 packets lost (2.0 %)" in says("how much packet loss did you measure?", about)
    assert "jitter 4 ms" in says("what was the jitter?", about)
    assert says("how much packet loss did you measure?", HEALTHY).endswith("not measured in this case.")
    assert says("what is jitter?", about).startswith("Jitter is")


def test_the_service_is_accused_only_where_it_was_found_to_fail() -> None:
    """What was found comes first; the status page follows."""
    answer = says("is this a problem on Twilio's side?", BLOCKED)
    assert answer.startswith("What was found here is something else: UDP to the media ports is blocked.")
    assert "status.twilio.com" in answer


def test_a_suspect_of_another_kind_than_the_code_has() -> None:
    """31009 has no cause in the token, so nothing was checked about it, and the answer says why."""
    assert says("could it be the token?", BLOCKED).startswith("31009 has no known cause of this kind.")


@pytest.mark.parametrize(
    "text",
    [
        "hilft hier ein TURN-Server?",
        "¿ayudaría un servidor TURN aquí?",
        "un serveur TURN aiderait ici ?",
        "um servidor TURN ajudaria aqui?",
        "un server TURN aiuterebbe qui?",
    ],
)
def test_other_languages_ask_about_the_case_too(text: str) -> None:
    """The answer is that of the English question."""
    assert says(text, BLOCKED) == says("would TURN help here?", BLOCKED)


def test_how_to_pass_turn_servers_is_no_question_about_a_check() -> None:
    """Whether TURN passed is answered from the case, and how to pass it in general."""
    assert "iceServers" in says("how do I pass TURN servers?", BLOCKED)
    assert says("did TURN pass?", BLOCKED).startswith("Yes. TURN was checked")


@pytest.mark.parametrize("text", ["what's broken?", "which part fails?", "is UDP the culprit?"])
def test_the_verdict_answers_what_is_wrong(text: str) -> None:
    """A few words about what is wrong are about what was found."""
    assert "UDP to the media ports is blocked" in says(text, BLOCKED)
