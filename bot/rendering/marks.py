"""Status marks shared by all renderers."""

from collections.abc import Mapping
from typing import Final

from knowledge.model.conclusions import Answered
from knowledge.model.rules import Else
from knowledge.model.schema import Knowledge
from probes.protocol.model import Observation

OK: Final = "\N{CHECK MARK}"


BAD: Final = "\N{BALLOT X}"


NEUTRAL: Final = "\N{BULLET}"


def mark(answered: Answered, knowledge: Knowledge, observations: Mapping[str, Observation]) -> str:
    """Choose the mark of an answer: fine, pointing to a cause, or neutral."""
    question = knowledge.questions[answered.question]
    failed = any(observations[step].failure is not None for step in answered.steps if step in observations)
    speaks = any(
        answered.answer in condition.get(question.id, ())
        for cause in knowledge.causes.values()
        for condition in cause.when
    )
    if speaks and failed and answered.answer != question.fine:
        return BAD
    leftover = any(rule.name == answered.answer and isinstance(rule.rule, Else) for rule in question.answers)
    return OK if not leftover and (answered.answer == question.fine or not (speaks or failed)) else NEUTRAL


WHO: Final = {
    "firewall": "Firewall admin",
    "developer": "App developer",
    "support": "Support",
    "user": "The user",
}
