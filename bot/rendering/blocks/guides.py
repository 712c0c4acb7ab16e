"""How to run the SDK's preflight test on a platform; explanations of causes and questions.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Sequence

from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import bullets, code, header, link, paragraph, rich, run, runs, title
from bot.rendering.blocks.message import Message, MessageBuilder
from bot.rendering.blocks.run_header import RunHeader, footer
from knowledge.model.advice import Guide
from knowledge.model.platforms import Reference
from knowledge.model.schema import Cause, Question


def preflight(run_header: RunHeader, guide: Guide) -> Message:
    """Render the steps, the code to copy, and how to read the report."""
    builder = MessageBuilder()
    builder.last(footer(run_header))
    builder.add(header(f"Preflight test on {guide.title}"))
    call = [run("Call "), run(guide.call, 300, code=True), run(f", in the SDK since {guide.since}", 200)]
    builder.add(rich(paragraph(*call)))
    _add(builder, "Needs", guide.needs)
    _add(builder, "Steps", guide.steps, ordered=True)
    for sample in guide.samples:
        note = [paragraph(run(sample.note, 300, italic=True))] if sample.note else []
        builder.add(rich(title(sample.title), code(sample.code, 2_000), *note))
    _add(builder, "How to read the report", guide.read)
    _add(builder, "Beware", guide.traps)
    if guide.references:
        builder.add(rich(title("Read more"), bullets([_link(page)] for page in guide.references[:5])))
    steps = " ".join(f"{number}. {text_limits.cut(text, 200)}" for number, text in enumerate(guide.steps, 1))
    return builder.message(f"Preflight test on {guide.title}: {guide.call}. {steps}")


def meaning(title_: str, text: str, references: Sequence[Reference] = (), asks: str = "") -> Message:
    """Explain a cause or a question in the words of the knowledge."""
    builder = MessageBuilder()
    builder.add(header(title_))
    builder.add(rich(paragraph(*runs(text, 2_500))))
    if asks:
        builder.add(rich(paragraph(run("How Lineman finds out: ", bold=True), run(asks, 1_000))))
    if references:
        builder.add(rich(title("Read more"), bullets([_link(page)] for page in references[:5])))
    return builder.message(f"{title_}: {text} {asks}")


def cause_meaning(cause: Cause) -> Message:
    """Explain a cause in the words for customers."""
    return meaning(cause.title, cause.generic_customer, cause.references)


def question_meaning(question: Question) -> Message:
    """Explain a question, and list its answers."""
    answers = ", ".join(question.says(name) for name in question.names)
    return meaning(question.asks, question.means.strip(), asks=f"the answer is one of: {answers}.")


def _add(builder: MessageBuilder, name: str, texts: Iterable[str], *, ordered: bool = False) -> None:
    items = [runs(text, 500) for text in texts]
    if items:
        builder.add(rich(title(name), bullets(items, ordered=ordered)))


def _link(page: Reference) -> dict[str, object]:
    return link(page.url, page.title)
