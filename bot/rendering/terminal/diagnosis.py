"""Render a diagnosis for a terminal: the short answer first, then its evidence.

Pure: no network, no clock.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Final

from bot.diagnosis.comparison import missing_from
from bot.diagnosis.measurements import line_text
from bot.diagnosis.run_record import RunRecord
from bot.rendering.failure_text import sentence
from bot.rendering.marks import WHO
from bot.rendering.reasons import Group
from bot.rendering.symptom_text import assumed_as
from bot.rendering.terminal.console import Line
from bot.rendering.view import RISKS, View
from knowledge.advice.meaning import Meaning
from knowledge.model.advice import AdvisedCause, AdvisedFix, Guide
from knowledge.model.conclusions import Judged, NextQuestion
from knowledge.model.network import Network
from probes.protocol.model import REFERENCE, Observation

MARK: Final = "\N{BULLET}"
STYLES: Final = {"found": "bold red", "clear": "bold green", "unclear": "bold yellow"}
# Letters, not numbers: an answer may be a version. Without y and n, which are answers.
LETTERS: Final = "abcdefgh"


def render(
    record: RunRecord, view: View, network: Network, *, verbose: bool = False, asks: bool = False
) -> Iterator[Line]:
    """Render the diagnosis of *record*; *verbose* adds all preflight guides and all observations.

    With *asks*, the next question is left out, because the caller asks it right afterward.
    """
    diagnosis = record.diagnosis
    yield Line()
    yield Line(view.headline, STYLES[diagnosis.outcome])
    if note := assumed_as(record.request):
        yield Line(note, "yellow")
    if len(view.found) > 1:
        yield from _items(_named(cause) for cause in view.found)
    yield from _meaning(view.meaning)
    yield from _section("Tell the customer", (Line(text, indent=2) for text in view.customer))
    for found in view.found:
        yield from _found(found, several=len(view.found) > 1)
    yield from _risks(view)
    yield from _section(
        "Its effects, gone with it", _items(_because(judged) for judged in diagnosis.explained)
    )
    yield from _section("Possible too", _items(_because(judged) for judged in diagnosis.possible))
    yield from _section("Seen, but explained by none of this", _items(_steps(record, diagnosis.unexplained)))
    yield from _section("Ruled out", _items(_because(judged) for judged in diagnosis.ruled_out))
    yield from _section("Not checked", _groups(view.not_checked))
    yield from _preflight(view.preflight, record.request.platform, verbose=verbose)
    if diagnosis.next_question and not asks:
        yield from _section("Next question", _items([_to_tell(diagnosis.next_question)]))
    if verbose:
        yield from _section("Every look", _observations(record.observations.values()))
    if missing := missing_from(record):
        yield Line()
        yield Line(missing.says, "yellow")
    yield from _foot(record, network)


def render_question(question: NextQuestion) -> Iterator[Line]:
    """Render a question to the user, with its answers."""
    yield Line()
    yield Line(question.ask, "bold")
    for letter, (answer, says) in zip(LETTERS, question.choices, strict=False):
        yield Line(f"{letter}  {says or answer}", indent=2)
    yield Line("Type a letter or the answer; Enter alone leaves it open.", "dim")


def render_change(before: RunRecord, record: RunRecord, view: View) -> Iterator[Line]:
    """Render what one more answer changed: causes found now, and causes ruled out now."""
    known = {finding.cause for finding in before.diagnosis.found}
    settled = {judged.cause for judged in before.diagnosis.ruled_out}
    new = [cause for cause in view.found if cause.id not in known]
    out = [judged for judged in record.diagnosis.ruled_out if judged.cause not in settled]
    if {cause.id for cause in view.found} != known:
        yield Line()
        yield Line(view.headline, STYLES[record.diagnosis.outcome])
        for found in new:
            yield from _found(found, several=True)
    yield from _section("Ruled out now", _items(_because(judged) for judged in out))
    if not new and not out:
        yield Line("That changes nothing.")


def _to_tell(question: NextQuestion) -> str:
    choices = "; ".join(says or answer for answer, says in question.choices)
    return f"{question.ask} ({choices}) Tell it with --{question.option}."


def _meaning(meaning: Meaning | None) -> Iterator[Line]:
    """Render the meaning of the code, and the codes it is confused with."""
    if meaning is None:
        return
    texts = (*meaning.texts, meaning.elsewhere, *meaning.notes)
    yield from _section(f"{meaning.code}: {meaning.name}", (Line(text, indent=2) for text in texts if text))
    for code, name, difference in meaning.confused_with:
        yield Line(
            f"Not {code} ({name}): {difference}" if name else f"Not {code}: {difference}", indent=2, mark=MARK
        )
    if meaning.related:
        related = ", ".join(f"{code} ({name})" if name else code for code, name in meaning.related)
        yield Line(f"Related: {related}", "dim", indent=2)


def _found(found: AdvisedCause, *, several: bool) -> Iterator[Line]:
    if several:
        yield Line()
        yield Line(_named(found), "bold")
    yield from _section("Why", _items(found.evidence))
    yield from _section("What to do", _fixes(found.fixes))
    yield from _section(
        "Read on", _items(f"{reference.title}: {reference.url}" for reference in found.references)
    )


def _risks(view: View) -> Iterator[Line]:
    """Render what is there and affects nobody now."""
    yield from _section(RISKS, _items(_named(risk) for risk in view.risks))
    for risk in view.risks:
        yield from _found(risk, several=len(view.risks) > 1)


def _named(found: AdvisedCause) -> str:
    sure = "" if found.confidence == "certain" else " (likely)"
    return f"{found.title}{sure}"


def _fixes(fixes: Iterable[AdvisedFix]) -> Iterator[Line]:
    """List fixes by role; a fix that differs between platforms only in its code appears once."""
    by_who: dict[str, dict[str, list[AdvisedFix]]] = {}
    for fix in fixes:
        by_who.setdefault(fix.who, {}).setdefault(fix.do, []).append(fix)
    for who, theirs in by_who.items():
        yield Line(WHO.get(who, who), "underline", indent=2)
        for do, variants in theirs.items():
            platforms = [platform for fix in variants for platform in fix.platforms]
            only = f" ({', '.join(platforms)})" if platforms and not any(fix.code for fix in variants) else ""
            yield Line(do + only, indent=2, mark=MARK)
            for fix in variants:
                yield from _code(fix.code, fix.note, ", ".join(fix.platforms) if len(variants) > 1 else "")


def _code(code: str, note: str, title: str = "") -> Iterator[Line]:
    if code:
        if title:
            yield Line(f"{title}:", indent=4)
        yield Line(code.rstrip(), "cyan", indent=6, code=True)
        if note:
            yield Line(note, "dim", indent=4)


def _preflight(guides: tuple[Guide, ...], platform: str | None, *, verbose: bool) -> Iterator[Line]:
    """Render the SDK's preflight test: in full for the requested platform, one line each if there is none."""
    if platform is None and not verbose:
        lines = _items(
            f"{guide.title} ({guide.platform}): {guide.call}, since {guide.since}" for guide in guides
        )
        yield from _section("The SDK's own test, inside the app", lines)
        if guides:
            yield Line("Name the platform, or use --verbose, for the steps and the code.", "dim", indent=2)
        return
    yield from _guides(guides)


def _guides(guides: Iterable[Guide]) -> Iterator[Line]:
    for item in guides:
        yield from _section(f"The SDK's own test, inside the app: {item.title}", _guide(item))


def _guide(guide: Guide) -> Iterator[Line]:
    yield Line(f"{guide.call}, since {guide.since}", indent=2)
    for title, texts in (("Needs", guide.needs), ("Steps", guide.steps)):
        yield from _sub(title, texts)
    for sample in guide.samples:
        yield from _code(sample.code, sample.note, sample.title)
    for title, texts in (("How to read the report", guide.read), ("Beware", guide.traps)):
        yield from _sub(title, texts)


def _sub(title: str, texts: Iterable[str]) -> Iterator[Line]:
    lines = list(_items(texts))
    if lines:
        yield Line(title, "underline", indent=2)
        yield from lines


def _section(title: str, lines: Iterable[Line]) -> Iterator[Line]:
    """Put an empty line and a *title* before *lines*; nothing if there are no lines."""
    body = list(lines)
    if body:
        yield Line()
        yield Line(title, "bold")
        yield from body


def _items(texts: Iterable[str]) -> Iterator[Line]:
    for text in texts:
        yield Line(text, indent=2, mark=MARK)


def _groups(groups: Iterable[Group]) -> Iterator[Line]:
    for group in groups:
        yield Line(group.reason, "dim", indent=2)
        yield from (Line(title, indent=4, mark=MARK) for title in group.titles)


def _because(judged: Judged) -> str:
    return f"{judged.title}: {judged.because}" if judged.because else judged.title


def _steps(record: RunRecord, steps: Iterable[str]) -> Iterator[str]:
    for step in steps:
        yield sentence(record.observations[step])


def _observations(observations: Iterable[Observation]) -> Iterator[Line]:
    for observation in observations:
        yield Line(f"{sentence(observation)} ({observation.runtime * 1000:.0f} ms)", indent=2, mark=MARK)
        for name, value in observation.facts.items():
            yield Line(f"{name}: {json.dumps(value, ensure_ascii=False)}", "dim", indent=6)


def _foot(record: RunRecord, network: Network) -> Iterator[Line]:
    where = (
        "as a reference, outside the user's network"
        if record.vantage == REFERENCE
        else "in the user's network"
    )
    yield Line()
    if line := line_text(record.observations.values()):
        yield Line(f"{line}.", "dim")
    yield Line(
        f"Looked from {record.relay}, {where}, at {network.title}, edge {record.request.edge}, "
        f"in {record.timings['total'] / 1000:.2f} s. TURN: {record.turn}. Knowledge {record.digest[:12]}.",
        "dim",
    )


# Shared with other renderers.
section, items, cause_lines = _section, _items, _found
render_meaning, render_guides, render_observations = _meaning, _guides, _observations
