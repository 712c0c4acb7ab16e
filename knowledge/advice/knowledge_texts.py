"""Every text of the knowledge that people read, each with its file and line.

Pure.
"""

from collections.abc import Iterator

from knowledge.model.platforms import Platform
from knowledge.model.schema import Knowledge, Question


def filled_sentences(knowledge: Knowledge) -> Iterator[tuple[str, str, bool]]:
    """Texts that are filled in; True for those that may name facts of an observation."""
    for cause in knowledge.causes.values():
        for number, text in enumerate(cause.evidence):
            yield cause.origin.at("evidence", number), text, True
        yield cause.origin.at("customer"), cause.customer, False
        for key, fixes in cause.fixes.items():
            for number, fix in enumerate(fixes):
                yield cause.origin.at("fixes", key, number, "do"), fix.do, False


def filled_codes(knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Code that is filled in, in which braces of the language stay."""
    for cause in knowledge.causes.values():
        for key, fixes in cause.fixes.items():
            for number, fix in enumerate(fixes):
                yield cause.origin.at("fixes", key, number, "code"), fix.code or ""
    for platform in knowledge.platforms.values():
        for name, snippet in platform.snippets.items():
            yield platform.origin.at("snippets", name, "code"), snippet.code


def plain_texts(knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Texts that people read and that nothing is filled into."""
    for cause in knowledge.causes.values():
        yield cause.origin.at("title"), cause.title
        for number, symptom in enumerate(cause.symptoms):
            yield cause.origin.at("symptoms", number), symptom
    for error in knowledge.errors.values():
        yield error.origin.at("name"), error.name
        yield error.origin.at("elsewhere"), error.elsewhere
        for key, texts in (("means", error.means), ("confused_with", error.confused_with)):
            for name, text in texts.items():
                yield error.origin.at(key, name), text
    for question in knowledge.questions.values():
        yield from _question_texts(question)
    for platform in knowledge.platforms.values():
        yield from _platform_texts(platform)


def _platform_texts(platform: Platform) -> Iterator[tuple[str, str]]:
    preflight = platform.preflight
    lists = {
        "needs": preflight.needs,
        "steps": preflight.steps,
        "read": preflight.read,
        "traps": preflight.traps,
    }
    yield platform.origin.at("title"), platform.title
    for key, lines in lists.items():
        for number, line in enumerate(lines):
            yield platform.origin.at("preflight", key, number), line
    for name, snippet in platform.snippets.items():
        yield platform.origin.at("snippets", name, "note"), snippet.note


def _question_texts(question: Question) -> Iterator[tuple[str, str]]:
    yield question.origin.at("asks"), question.asks
    yield question.origin.at("means"), question.means
    if question.person:
        yield question.origin.at("person", "ask"), question.person.ask
    for answer in question.answers:
        if answer.option:
            yield question.origin.at("answers", answer.name), answer.option.says
    for device_answer in question.device:
        yield question.origin.at("device", device_answer.name), device_answer.says
