"""What people say without being asked: calls work on another network, the microphone is allowed."""

import pytest

from bot.intake.read import read
from bot.model.request import Assumed, Request
from bot.model.vocabulary import make_vocabulary
from bot.rendering.terminal.short_answer import ShortAnswer
from bot.rendering.vantage_summary import view_together
from bot.rendering.view import WORKS_ELSEWHERE
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from tests.previews.samples import sample

KNOWLEDGE, NETWORK = load_knowledge(), load_network()
VOCABULARY = make_vocabulary(KNOWLEDGE, NETWORK, ("local",))


@pytest.mark.parametrize(("answer", "is_said"), [("yes", True), ("no", False), ("", False)])
def test_the_next_step_names_the_users_network(answer: str, is_said: bool) -> None:
    """Only the answer yes says so, and it rules out the token and the page."""
    answers = {"other-network": answer} if answer else {}
    record = sample(Request("53000", "javascript", answers=answers), KNOWLEDGE, NETWORK)
    assert record.diagnosis.outcome == "clear"
    short = ShortAnswer(record, view_together([record], KNOWLEDGE, NETWORK), KNOWLEDGE)
    text = " ".join(line.text for line in (*short.head(), *short.tail()))
    assert (WORKS_ELSEWHERE.split(",")[0] in " ".join(text.split())) == is_said
    ruled_out = {judged.cause for judged in record.diagnosis.ruled_out}
    assert ({"token-invalid", "websocket-replaced", "region-mismatch"} <= ruled_out) == is_said
    assert "token-expired" not in ruled_out  # a new sign-in may have brought a new token


@pytest.mark.parametrize(
    ("words", "answers"),
    [
        ("no audio, microphone permission is granted", {"microphone": "yes"}),
        ("53000 in the office, works on mobile data", {"other-network": "yes"}),
        ("the microphone is blocked by the browser", {"microphone": "no"}),
        ("does it work on mobile data?", {}),
    ],
)
def test_words_are_answers(words: str, answers: dict[str, str]) -> None:
    """A description answers both questions, and a question answers none."""
    clues = read(words, VOCABULARY, KNOWLEDGE).clues
    assert {name: value for name, value in clues.items() if name != "platform"} == answers


@pytest.mark.parametrize("platform", ["javascript", "ios", "android"])
def test_the_microphone_decides_where_the_code_is_a_guess(platform: str) -> None:
    """It is asked then; the answer finds the cause or rules it out. A code that a person named stays evidence."""

    def standing(answer: str, assumed: Assumed = "no-code") -> str:
        answers = {"microphone": answer} if answer else {}
        record = sample(Request("31401", platform, answers=answers, assumed=assumed), KNOWLEDGE, NETWORK)
        diagnosis = record.diagnosis
        if not answer and assumed:
            assert diagnosis.next_question
            assert diagnosis.next_question.question == "microphone-allowed"
        lists = {"found": diagnosis.found, "ruled out": diagnosis.ruled_out}
        return next(
            (name for name, causes in lists.items() if "microphone-denied" in [one.cause for one in causes]),
            "open",
        )

    assert [standing(""), standing("no"), standing("yes")] == ["open", "found", "ruled out"]
    assert standing("yes", assumed="") == "found"
