"""Calls that work on another network: where nothing is found, that points to the network that was left."""

import pytest

from bot.model.request import Request
from bot.rendering.terminal.short_answer import ShortAnswer
from bot.rendering.vantage_summary import view_together
from bot.rendering.view import WORKS_ELSEWHERE
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from tests.previews.samples import sample

KNOWLEDGE, NETWORK = load_knowledge(), load_network()


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
