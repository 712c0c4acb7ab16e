"""Render what the short answer leaves out: details, firewall rules, preflight guides, observations.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from bot.diagnosis.comparison import missing_from
from bot.diagnosis.measurements import line_text
from bot.diagnosis.run_record import LOCATE, RunRecord
from bot.rendering.failure_text import REPORTED, sentence
from bot.rendering.marks import WHO
from bot.rendering.place_text import network_of, place_of
from bot.rendering.reasons import Group
from bot.rendering.terminal.console import MARK, Line
from bot.rendering.terminal.verdict_line import verdict_line
from bot.rendering.verdict_text import named
from bot.rendering.view import RISKS, View
from knowledge.advice.meaning import Meaning
from knowledge.model.advice import AdvisedCause, AdvisedFix
from knowledge.model.conclusions import Judged, NextQuestion
from knowledge.model.network import Network

STYLES: Final = {"found": "bold red", "clear": "bold green", "unclear": "bold yellow"}
# Letters, not numbers: an answer may be a version. Without y and n, which are answers.
LETTERS: Final = "abcdefgh"


def render_details(record: RunRecord, view: View, network: Network) -> Iterator[Line]:
    """Render everything that was judged, and why."""
    diagnosis = record.diagnosis
    if len(view.found) > 1:
        yield from _items(named(cause) for cause in view.found)
    yield from _meaning(view.meaning)
    if len(view.customer) > 1:
        yield from _section("For the customer, one by one", _items(view.customer))
    for found in view.found:
        yield from _found(found, several=len(view.found) > 1)
    yield from _risks(view)
    yield from _section(
        "Side effects (fixed by the same change)", _items(_because(judged) for judged in diagnosis.explained)
    )
    yield from _section("Also possible", _items(_because(judged) for judged in diagnosis.possible))
    yield from _section(
        "Observed, not explained by these causes", _items(_steps(record, diagnosis.unexplained))
    )
    yield from _section("Ruled out", _items(_because(judged) for judged in diagnosis.ruled_out))
    yield from _section("Not checked", _groups(view.not_checked))
    if missing := missing_from(record):
        yield Line()
        yield Line(missing.says, "yellow")
    yield from _foot(record, network)


def render_rules(record: RunRecord, view: View) -> Iterator[Line]:
    """Render what the firewall must allow for the causes found, and where the whole list is."""
    fixes = [
        fix for found in view.advised for fix in found.fixes if fix.who == "firewall" and (fix.code or fix.do)
    ]
    coded = [fix for fix in fixes if fix.code] or fixes
    yield from _section("Firewall rules", _fixes(coded))
    request = record.request
    edge = f" --edge {request.edge}" if request.edge != "roaming" else ""
    yield Line()
    yield Line(f"Everything that calls need: lineman allowlist {request.platform or 'PLATFORM'}{edge}", "dim")


def render_question(question: NextQuestion) -> Iterator[Line]:
    """Render a question to the user, with its answers and everything else that can be typed."""
    yield Line()
    yield Line(question.ask, "bold")
    for letter, (answer, says) in zip(LETTERS, question.choices, strict=False):
        yield Line(f"{letter}  {says or answer}", indent=2)
    yield Line('Type a letter or the answer. Enter, "skip" or "don\'t know" leaves it open.', "dim")
    yield Line("Or type details, rules, preflight, all, why?, any question, /diagnose CODE, or quit.", "dim")


def render_change(before: RunRecord, record: RunRecord, view: View) -> Iterator[Line]:
    """Render what one more answer changed: causes found now, and causes ruled out now."""
    known = {finding.cause for finding in before.diagnosis.found}
    settled = {judged.cause for judged in before.diagnosis.ruled_out}
    new = [cause for cause in view.found if cause.id not in known]
    out = [judged for judged in record.diagnosis.ruled_out if judged.cause not in settled]
    if {cause.id for cause in view.found} != known:
        yield Line()
        yield Line(verdict_line(record, view), STYLES[record.diagnosis.outcome])
        yield from _section("Customer", [Line(view.customer_text, indent=2)])
        for found in new:
            yield from _found(found, several=True)
    yield from _section("Ruled out now", _items(judged.title for judged in out))
    if not new and not out:
        yield Line("That changes nothing.")


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
        yield Line(named(found), "bold")
    yield from _section("Why", _items(found.evidence))
    yield from _section("What to do", _fixes(found.fixes))
    yield from _section(
        "Read more", _items(f"{reference.title}: {reference.url}" for reference in found.references)
    )


def _risks(view: View) -> Iterator[Line]:
    """Render what is there and affects nobody now."""
    yield from _section(RISKS, _items(named(risk) for risk in view.risks))
    for risk in view.risks:
        yield from _found(risk, several=len(view.risks) > 1)


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
        yield Line(f"{group.reason[:1].upper()}{group.reason[1:]}", "dim", indent=2)
        yield from (Line(title, indent=4, mark=MARK) for title in group.titles)


def _because(judged: Judged) -> str:
    return f"{judged.title}: {judged.because}" if judged.because else judged.title


def _steps(record: RunRecord, steps: Iterable[str]) -> Iterator[str]:
    for step in steps:
        yield sentence(record.observations[step])


def _foot(record: RunRecord, network: Network) -> Iterator[Line]:
    looks = [look for look in record.observations.values() if look.probe not in (LOCATE, *REPORTED)]
    count = sum(look.has_result for look in looks)
    yield Line()
    if line := line_text(record.observations.values()):
        yield Line(f"{line}.", "dim")
    yield Line(
        f"{count} {'check' if count == 1 else 'checks'} from {place_of(record)} ({network_of(record.vantage)}) "
        f"against {network.title}, edge {record.request.edge}, in {record.timings['total'] / 1000:.2f} s. "
        f"TURN: {record.turn}. Knowledge {record.digest[:12]}.",
        "dim",
    )


# Shared with other renderers.
section, items, cause_lines, code_lines = _section, _items, _found, _code
render_meaning = _meaning
