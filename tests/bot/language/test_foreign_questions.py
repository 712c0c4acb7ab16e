"""Questions about other products, purchases, and small talk are declined; ours are answered in other languages too."""

import pytest

from bot.language.answer import Answer
from bot.language.answering import answer_question
from bot.language.case_context import CaseContext
from bot.language.other_vendors import is_about_others
from bot.language.routed_intent import LanguageContext
from bot.language.router import route
from bot.model.symptom_match import SymptomMatch
from bot.model.vocabulary import make_vocabulary
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network

KNOWLEDGE, NETWORK = load_knowledge(), load_network(None)
LANGUAGE = LanguageContext(KNOWLEDGE, NETWORK, make_vocabulary(KNOWLEDGE, NETWORK, ("local",)))
NOWHERE = CaseContext()


@pytest.mark.parametrize(
    "text",
    [
        "Telnyx browser SDK: no audio, media timed out, what now?",
        "which ports does Vonage's SDK need?",
        "livekit.io: participant gone after a minute, is it the token",
        "which UDP ports must be open for Google Meet?",
        "Twilio Video: how many people fit into a room?",
        "what's the price of a melon?",
        "what time is it in Sydney?",
        "do you know a joke about firewalls?",
        "are you a robot?",
        "which company programmed this bot",
        "Outlook asks for my mailbox again",
        "Wie viel kostet eine neue Nummer?",
    ],
)
def test_foreign_questions_are_declined(text: str) -> None:
    """`ask` gives no answer, and a conversation starts no diagnosis."""
    assert not answer_question(text, NOWHERE, KNOWLEDGE, NETWORK).answered
    routed = route(text, LANGUAGE)
    assert not (isinstance(routed, SymptomMatch) and routed.verdict != "none")
    assert not (isinstance(routed, Answer) and routed.answered)


@pytest.mark.parametrize(
    "text",
    [
        "does Teams take the microphone away from our app?",
        "we move from Plivo to Twilio, which ports are needed?",
        "Zoom works and our calls do not, why?",
    ],
)
def test_another_product_beside_ours_is_no_reason_to_decline(text: str) -> None:
    """The question is about our calls."""
    assert not is_about_others(text)


@pytest.mark.parametrize(
    ("text", "language", "fact"),
    [
        ("¿Cuánto ancho de banda necesita una llamada?", "es", "40 kbps"),
        ("Quelle version de TLS faut-il ?", "fr", "TLS 1.2"),
        ("Wie lange ist ein Access Token gültig?", "de", "24 hours"),
        ("Quais portas preciso liberar para o áudio?", "pt", "10000 to 60000"),
        ("A cosa serve un server TURN?", "it", "UDP 3478"),
        ("トークンの有効期限はどのくらいですか", "ja", "24 hours"),
    ],
)
def test_questions_in_other_languages(text: str, language: str, fact: str) -> None:
    """The answer is English, and says which language it read."""
    answer = answer_question(text, NOWHERE, KNOWLEDGE, NETWORK)
    assert fact in answer.text
    assert answer.language == language


@pytest.mark.parametrize("text", ["do we have to open all 50000 UDP ports?", "must 20000 ports be open?"])
def test_a_number_of_ports_is_no_code(text: str) -> None:
    """It is answered, not looked up as an error code."""
    assert answer_question(text, NOWHERE, KNOWLEDGE, NETWORK).answered
