"""In a case, people ask about this case: the answer comes from its checks, before what holds in general."""

from functools import cache

import pytest

from bot.language.answer import Answer
from bot.language.answering import LOOKS, answer_question
from bot.language.case_context import CaseContext, context_of_case
from bot.language.routed_intent import Conversation, LanguageContext, NotForUs
from bot.language.router import route
from bot.model.request import Request
from bot.model.vocabulary import make_vocabulary
from bot.rendering.failure_text import outcome
from bot.rendering.view import make_view
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from probes.protocol.failures import Failure
from probes.protocol.model import REFERENCE, USER_NETWORK
from tests.bot.diagnosis.test_device_evidence import record_of

KNOWLEDGE, NETWORK = load_knowledge(), load_network(None)
LANGUAGE = LanguageContext(KNOWLEDGE, NETWORK, make_vocabulary(KNOWLEDGE, NETWORK, ("local",)))
TIMEOUT = Failure.GENERIC_TIMEOUT_ERROR
CASES = {
    "healthy": {},
    "udp blocked": {"udp_media": Failure.UDP_OUTBOUND_LOST},
    "udp and turn blocked": {"udp_media": Failure.UDP_OUTBOUND_LOST, "turn": TIMEOUT},
    "signaling blocked": {
        "tcp signaling": Failure.ADMIN_PROHIBITED,
        "tls": Failure.SKIPPED,
        "websocket": Failure.SKIPPED,
    },
    "media unknown": {"udp_media": Failure.NO_CREDENTIALS},
}


@cache
def case(name: str, vantage: str = USER_NETWORK) -> CaseContext:
    record = record_of(KNOWLEDGE, NETWORK, Request("31009", platform="javascript"), CASES[name], vantage)
    return context_of_case(record, make_view(record, KNOWLEDGE, NETWORK).advised, (), outcome)


def asked(text: str, about: CaseContext) -> Answer:
    answer = answer_question(text, about, KNOWLEDGE, NETWORK)
    assert answer.sources[0].title == LOOKS, answer.text
    return answer


@pytest.mark.parametrize(
    ("name", "begins", "says"),
    [
        ("healthy", "No.", "does not need TURN"),
        ("udp blocked", "Yes.", "a TURN server can be reached"),
        ("udp and turn blocked", "No.", "no TURN server can be reached"),
        ("signaling blocked", "No, not for what was found here", "not signaling"),
        ("media unknown", "Not known here", "was not checked"),
    ],
)
def test_whether_turn_would_help_here(name: str, begins: str, says: str) -> None:
    """The answer depends on UDP and TURN in this case; why TURN helps at all comes after it."""
    answer = asked("would TURN help here?", case(name))
    assert answer.text.startswith(begins)
    assert says in answer.text
    assert answer.sources[1].file == "knowledge/answers/turn-why.md"


def test_whether_it_is_the_firewall() -> None:
    """Only what was found accuses it, and what was found elsewhere says so."""
    blocked = asked("is it our firewall?", case("signaling blocked")).text
    assert blocked.startswith(
        "It looks like a firewall or another filter. Found here: Connections to the signaling"
    )
    assert asked("is it our firewall?", case("healthy")).text.startswith(
        "Nothing that was checked here shows a firewall"
    )
    unknown = asked("could it be their firewall?", case("media unknown")).text
    assert "UDP to the media ports was not checked" in unknown
    reference = asked("is the firewall to blame?", case("healthy", REFERENCE)).text
    assert "outside the user's own network" in reference


def test_which_host_is_blocked() -> None:
    """Hosts with port, and how each failed; none on a healthy network."""
    host = next(one.target for one in case("signaling blocked").looked if one.probe == "tcp" and one.failure)
    text = asked("which host is blocked?", case("signaling blocked")).text
    assert f"{host} (a firewall rejected it (ICMP prohibited))" in text
    assert asked("which hosts are blocked", case("healthy")).text == "No host that was checked is blocked."


def test_what_to_tell_them() -> None:
    """What was found, in words to pass on. Without a cause there is nothing that could be passed on."""
    about = case("signaling blocked")
    assert asked("what should I tell them?", about).text.startswith(about.customer[0][:40])
    assert asked("what do I tell the customer?", case("healthy")).text.startswith(
        "Nothing was found here so far"
    )


@pytest.mark.parametrize(
    ("text", "name", "begins"),
    [
        ("did you test UDP?", "healthy", "Yes. UDP to the media ports was checked, and it works."),
        ("did you test UDP?", "udp blocked", "Yes. UDP to the media ports was checked, and this failed: "),
        (
            "have you checked the media ports",
            "media unknown",
            "UDP to the media ports was checked without a result",
        ),
        ("was DNS checked?", "healthy", "Yes. Name lookup was checked, and it works."),
        ("did you look at the proxy?", "healthy", ""),
    ],
)
def test_what_was_checked(text: str, name: str, begins: str) -> None:
    """Checked and fine, checked and failed, and not checked are three things."""
    answer = answer_question(text, case(name), KNOWLEDGE, NETWORK)
    assert answer.text.startswith(begins)
    if not begins:
        assert not answer.sources or answer.sources[0].title != LOOKS


def test_a_check_that_was_not_part_of_the_case() -> None:
    """What nobody looked at is called that."""
    assert asked("did you test the MTU?", case("healthy")).text.startswith(("No. ", "Yes. "))
    bare = CaseContext(looked=case("healthy").looked[:1])
    assert (
        asked("did you test the websocket?", bare).text
        == "No. The signaling WebSocket was not part of this case."
    )


@pytest.mark.parametrize(
    "text",
    [
        "would TURN help here?",
        "is it our firewall?",
        "which host is blocked?",
        "what should I tell them?",
        "did you test UDP?",
    ],
)
@pytest.mark.parametrize("addressed", [True, False])
def test_the_router_leads_there(text: str, addressed: bool) -> None:
    """In the terminal and in a thread, with and without a mention, the case answers."""
    conversation = Conversation(in_case=True, about=case("signaling blocked"), addressed=addressed)
    answer = route(text, LANGUAGE, conversation)
    assert isinstance(answer, Answer), answer
    assert answer.sources[0].title == LOOKS


@pytest.mark.parametrize(
    "text", ["did you test the coffee machine?", "what should I tell my boss about lunch"]
)
def test_people_may_talk_to_each_other(text: str) -> None:
    """Without a mention, what is not about the case is not for the bot."""
    conversation = Conversation(in_case=True, about=case("signaling blocked"), addressed=False)
    assert isinstance(route(text, LANGUAGE, conversation), NotForUs)


@pytest.mark.parametrize("text", ["why does TURN help?", "which ports do we have to open?"])
def test_a_general_question_stays_general(text: str) -> None:
    """A question that names nothing of this case gets what holds everywhere."""
    assert answer_question(text, case("healthy"), KNOWLEDGE, NETWORK).sources[0].title != LOOKS


@pytest.mark.parametrize(
    ("text", "name", "begins"),
    [
        ("would restarting the router do anything", "udp blocked", "Probably not. Found here: UDP"),
        ("would another laptop help", "healthy", "It is worth one try"),
        ("should he try mobile data", "udp blocked", "Yes, probably. Found here: UDP"),
        ("any workaround until they fix it", "udp blocked", "Until this is fixed, use mobile data"),
        ("may I close this ticket", "signaling blocked", "Not yet. Found here: Connections"),
        ("may I close this ticket", "healthy", "Yes, if calls work for the user now."),
        ("all green, so why does it still fail", "healthy", "No check found a problem so far."),
        ("what next?", "healthy", "No check found a problem so far."),
        ("what do they have to exempt", "udp blocked", "Your network blocks call audio."),
        ("can you draft a mail to their IT", "udp blocked", "Your network blocks call audio."),
        ("is it only her", "udp blocked", "Found here: UDP"),
        ("is their line good enough for ten agents", "healthy", "The line was not measured"),
        ("why does Zoom work in that office?", "udp blocked", "Found here: UDP"),
        ("and if their admin does not want to", "udp blocked", "Until this is fixed, use mobile data"),
        ("summarize it for my boss", "udp blocked", "Your network blocks call audio."),
        ("which router loses them?", "udp blocked", "Found here: UDP"),
        ("is it the headset?", "udp blocked", "31009 has no known cause of this kind."),
        ("whose task is that", "udp blocked", "The team that manages the firewall"),
        ("which edge was tested", "healthy", "This case is about code 31009, platform javascript, edge"),
        ("so DNS is fine, right?", "healthy", "Yes. Name lookup was checked, and it works."),
        ("anything wrong with TLS?", "healthy", "TLS was checked, and it works."),
        ("who signed that certificate?", "healthy", "The certificates come from a public authority"),
        ("should we escalate this to Twilio", "udp blocked", "What was found here is something else: UDP"),
    ],
)
def test_what_to_do_in_this_case(text: str, name: str, begins: str) -> None:
    """People ask what to try, what comes next, and who is affected; the router leads there, too."""
    assert asked(text, case(name)).text.startswith(begins)
    assert isinstance(route(text, LANGUAGE, Conversation(in_case=True, about=case(name))), Answer)


def test_advice_knows_where_the_checks_ran() -> None:
    """Without a check in the user's network, the next step is one there."""
    assert "Run the checks in the user's own network" in asked("what next?", case("healthy", REFERENCE)).text
    assert "may be on the user's device" in asked("what next?", case("healthy")).text


def test_a_question_about_the_case_that_no_rule_knows() -> None:
    """The case in short is only likely to answer it; people who talk to each other get no reply."""
    answer = asked("is this a known bug", case("udp blocked"))
    assert answer.text.startswith("I'm not sure. This may answer it: Found here: UDP")
    apart = Conversation(in_case=True, about=case("udp blocked"), addressed=False)
    assert isinstance(route("is this a known bug", LANGUAGE, apart), NotForUs)


@pytest.mark.parametrize(
    "text", ["did they win the game yesterday?", "what is for lunch", "which ports does Zoom need?"]
)
def test_a_foreign_question_in_a_case_stays_foreign(text: str) -> None:
    """The case is no reason to answer everything."""
    assert not answer_question(text, case("udp blocked"), KNOWLEDGE, NETWORK).answered
