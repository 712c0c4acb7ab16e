"""The verdict as plain text, for notifications, screen readers, and clients that show no blocks.

Pure: no network, no clock.
"""

from bot.rendering.blocks import text_limits
from bot.rendering.blocks.customer import customer_text
from bot.rendering.blocks.fixes import first_step
from bot.rendering.blocks.risks import risks_in_text
from bot.rendering.blocks.vantage_summary import in_text as sides_in_text
from bot.rendering.blocks.verdict_controls import VerdictOptions
from bot.rendering.verdict_text import named
from bot.rendering.view import View
from knowledge.model.conclusions import Diagnosis


def in_text(view: View, diagnosis: Diagnosis, choices: VerdictOptions) -> str:
    """Return the verdict as text: every cause, the customer message, the fixes, the open question."""
    parts = [view.headline + ".", *sides_in_text(view.vantages)]
    if len(view.found) > 1 and not (view.vantages and view.vantages.compared):
        parts.append(f"{'; '.join(text_limits.cut(named(found), 120) for found in view.found)}.")
    parts.append(f"For the customer: {text_limits.cut(customer_text(view), 1_000)}")
    steps = [text_limits.cut(first_step(found, choices.platform), 250) for found in view.advised[:4]]
    parts += [f"Do this: {step}" for step in dict.fromkeys(steps) if step]
    parts += [text_limits.cut(text, 150) for text in risks_in_text(view)]
    if diagnosis.possible:
        parts.append(
            f"Possible: {'; '.join(text_limits.cut(judged.title, 120) for judged in diagnosis.possible)}."
        )
    if diagnosis.next_question:
        parts.append(f"Question: {text_limits.cut(diagnosis.next_question.ask, 300)}")
    return " ".join(text_limits.line(part) for part in parts)
