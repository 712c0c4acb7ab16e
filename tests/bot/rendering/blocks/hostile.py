"""Texts that somebody might send or serve to break a message, and the largest diagnosis one can think of."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from bot.allowlist.model import AllowList, Entry
from bot.allowlist.request import ListRequest
from bot.diagnosis.compared import ComparedCause
from bot.diagnosis.run_record import RunRecord
from bot.language.answer import Answer, Sentence, Source
from bot.model.request import Request
from bot.model.symptom_match import CauseCandidate, SymptomMatch
from bot.rendering.blocks import (
    allowlists,
    answers,
    codes,
    evidence,
    fixes,
    guides,
    lists,
    modals,
    notices,
    relay_progress,
    run_diff,
    run_endings,
    symptom_choices,
    ticket,
)
from bot.rendering.blocks.decision_path import Mark, WalkedQuestion
from bot.rendering.blocks.elements import ButtonContext
from bot.rendering.blocks.message import Message
from bot.rendering.blocks.progress import acknowledged, progress
from bot.rendering.blocks.question import ask as ask_question
from bot.rendering.blocks.run_header import RunHeader
from bot.rendering.blocks.verdict import verdict
from bot.rendering.blocks.verdict_controls import VerdictOptions
from bot.rendering.layer_progress import LayerProgress
from bot.rendering.reasons import Group
from bot.rendering.vantage import VantageSummaries, VantageSummary
from bot.rendering.view import View
from knowledge.advice.meaning import Meaning
from knowledge.model.advice import AdvisedCause, AdvisedFix, CodeSample, Guide
from knowledge.model.conclusions import Diagnosis, Finding, Judged, NextQuestion
from knowledge.model.platforms import Reference
from probes.protocol.failures import Failure
from probes.protocol.model import REFERENCE, USER_NETWORK, Observation, Plan, Target

PIECES = (
    "<!channel>", "<!here>", "<!everyone>", "<@U123>", "<#C123>", "<!subteam^S1>", "<https://evil.example|click>",
    "https://evil.example/x", "<mailto:a@evil.example|b>", "<!date^1^{date}^https://evil.example|x>", "@channel",
    "@here", "`", "```", "*", "_", "~", "&", "<", ">", "&lt;!channel&gt;", "&amp;", "|", "\x00", "\x1b[31m", "\u202e",
    "\u2066", "\u200b", "\u200d", "\ufeff", "\U000e0041", "\ud800", "\udfff", ":rotating_light:", ":skin-tone-2:",
    "\n", "\r\n", "\u2028", "\t", "\U0001f525", "e\u0301\u0302\u0303\u0304\u0305\u0306", "\uffff", "{host}", '"',
    "\\", "{}", "%s", "{date_num}", "2001:db8:100:1::7", "plain words that say something",
)  # fmt: skip

texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=40).map("".join)


def everything(text: str, many: int = 15) -> Iterator[Message | dict[str, Any]]:
    """Every message and view, with *text* wherever anybody's text may stand, and *many* of everything."""
    one = RunHeader(
        ButtonContext(text, text),
        text,
        text,
        text,
        text,
        text,
        REFERENCE,
        "U0AGENT",
        1.0,
        99.0,
        text,
        text,
        text,
    )
    view, diagnosis, looks = big_view(text, many), big_diagnosis(text, many), big_looks(text, 120)
    platforms = tuple((f"p{number}", text) for number in range(4))
    passed = tuple(WalkedQuestion(f"q{number}", text, text, Mark.FAULT, text) for number in range(30))
    relays = tuple(f"{number}{text}" for number in range(20))
    question = diagnosis.next_question
    assert question
    yield acknowledged(one)
    yield progress(one, passed, 30, 60)
    names = (text,) * 3
    layers = tuple(LayerProgress(text, number, 9, number, 0, names, names) for number in range(12))
    yield progress(one, passed, 30, 60, layers)
    for platform in ("", "p1"):
        yield verdict(one, view, diagnosis, VerdictOptions(platforms, platform, relays, earlier=True))
        yield fixes.fixes(one, view, platform, platforms)
    small = View(text, (text,), view.found[:1], view.risks[:1], view.not_checked, view.preflight)
    yield verdict(one, small, diagnosis, VerdictOptions(platforms, "p1", relays, True, "right", True))
    yield from (
        verdict(one, view, big_diagnosis(text, many, at), VerdictOptions(platforms))
        for at in ("clear", "unclear")
    )
    yield from several(one, view, text)
    yield ask_question(one, question)
    yield evidence.evidence(one, view, diagnosis, looks)
    yield evidence.step(one, looks[0])
    yield evidence.tree(one, passed, "F1")
    yield from (guides.preflight(one, guide) for guide in view.preflight)
    yield guides.meaning(
        text, text, [Reference(text, text), Reference(text, f"https://x.example/{text}")], text
    )
    change = run_diff.Change((text,) * 20, (text,) * 20, (text,) * 20, ((text, text, text),) * 30)
    yield run_diff.compared(one, one, change, "found")
    more = replace(change, unknown=(text,) * 20, elsewhere=(text,) * 20, comparable=False)
    yield run_diff.compared(one, one, more, "unclear")
    yield ticket.ticket(one, view, diagnosis)
    yield from free_words(text, many)
    yield notices.refusal(text, (text,) * 20, text)
    yield notices.usage(text, (text,) * 20, text)
    yield notices.choose([(text, text)] * 20, text)
    yield notices.error(text, text, one)
    yield run_endings.stopped(one, text, 1, 2)
    yield run_endings.lost(one, 1, 2)
    yield run_endings.restarting(one)
    yield notices.thanks(one, text)
    yield notices.cannot_post(text)
    yield notices.missing_scope([text] * 5)
    yield lists.help_message([text] * 40, [text] * 10)
    rows = [lists.RelayRow(name, USER_NETWORK, False, text, (text,) * 9, (text,) * 9) for name in relays * 3]
    yield lists.relays(rows, 9)
    yield lists.relays([], 1)
    runs = [lists.PastRun(ButtonContext(text, text), text, text, text, 1.0)] * 60
    yield lists.history(runs)
    pairs = [(text, text)] * 150
    yield modals.form(pairs, pairs, [text] * 150, relays, {"code": text, "sdk-version": text}, text)
    yield modals.feedback(ButtonContext(text, text), pairs)
    yield modals.home(runs, rows, [text] * 9, 9)


def free_words(text: str, many: int) -> Iterator[Message]:
    reference = (Reference(text, f"https://pages.example/{text}"),) * 9
    sources = (Source(text, text, reference), Source("", text)) * many
    sentences = tuple(Sentence(text, number % len(sources)) for number in range(30))
    answer = Answer(sentences, sources, ((text, text),) * 9)
    yield answers.answer(answer, text, ButtonContext(text, text), ((text, text),) * 9)
    yield answers.answer(Answer((), (), ((text, text),) * 9), text)
    reading = SymptomMatch((), {text: text}, (CauseCandidate(text, text, 0.1),) * 3, "close")
    yield symptom_choices.which(reading, text, text, {text: text})
    yield symptom_choices.taken(reading, Request(text), text, text)
    yield symptom_choices.nothing(text)
    yield symptom_choices.unverified(reading.causes[0], text)
    pairs = ((text, text),) * many
    meaning = Meaning(
        text, text, (text,) * 5, (text,) * 9, text, ((text, text, text),) * many, pairs, reference
    )
    yield codes.code_meaning(meaning, text)
    yield codes.code_card(meaning)
    yield codes.unknown_code(text, pairs, meaning=True)
    entries = (Entry("media", "udp", (1, 2), text, (text,) * 9, (text,) * 9, text),) * 70
    found = AllowList(
        text, text, text, True, text, entries, {f"{text}{number}": text for number in range(20)}
    )
    yield allowlists.the_list(found, ListRequest(text, text), text)
    yield allowlists.as_text(ListRequest(text, text), text)
    yield allowlists.which_platform(pairs, {"edge": text, "form": text})


def several(one: RunHeader, view: View, text: str) -> Iterator[Message]:
    """Every message about 20 relays, each of which found everything, on four platforms."""
    platforms = tuple((f"p{number}", text) for number in range(4))
    relays = tuple(f"{number}{text}" for number in range(20))
    passed = tuple(WalkedQuestion(f"q{number}", text, text, Mark.FAULT, text) for number in range(30))
    states = ({"before": 7}, {"done": 3, "total": 9}, {"ended": text, "outcome": "unclear"}, {})
    rows = [
        relay_progress.RelayProgress(name, text, passed, **states[at % 4])
        for at, name in enumerate(relays * 2)
    ]  # type: ignore[arg-type]  # as named
    yield from (relay_progress.side_by_side(one, rows, cards=cards) for cards in (False, True))
    causes = tuple(
        ComparedCause(f"c{at}", text, "everywhere", relays, relays, relays, text) for at in range(60)
    )
    known = tuple(VantageSummary(name, REFERENCE, "found", text, text) for name in relays)
    sides = VantageSummaries(known, causes, (text,) * 60, {f"c{at}": text for at in range(60)}, (text,) * 30)
    for found in (view.found, view.found[:1]):
        for at in ("found", "unclear"):
            seen = replace(view, found=found, vantages=sides)
            diagnosis = big_diagnosis(text, len(found), at)
            yield verdict(
                one, seen, diagnosis, VerdictOptions(platforms, "p1", relays, earlier=True, views=relays)
            )
            yield verdict(one, seen, diagnosis, VerdictOptions(platforms, "", part=True))
            yield verdict(one, seen, diagnosis, VerdictOptions(platforms, "", link=True, checked=True))
            yield ticket.ticket(one, seen, diagnosis)
    looks = {look.step: look for look in big_looks(text, 120)}
    records = [_record(name, looks, big_diagnosis(text, 15)) for name in relays]
    yield evidence.evidence(one, view, big_diagnosis(text, 15), looks.values(), records)


def _record(relay: str, looks: dict[str, Observation], diagnosis: Diagnosis) -> RunRecord:
    request = Request(relay, relay, relay)
    return RunRecord(
        request, relay, relay, relay, REFERENCE, relay, Plan((), 1.0), looks, {}, diagnosis, 1.0, {}
    )


def big_view(text: str, many: int) -> View:
    advised = tuple(
        AdvisedFix(f"{number} {text}", who, (), "swift", text, text)
        for number, who in enumerate(("firewall", "developer", "support", "user", text))
    )
    reference = (Reference(text, f"https://pages.example/{text}"),) * 9
    found = tuple(
        AdvisedCause(
            f"c{number}", text, "likely", "risk", text, (text,) * 9, advised, ("p1",), (text,), reference
        )
        for number in range(many)
    )
    sample = (CodeSample(text, "swift", text, text),) * 3
    guide = Guide(
        "p1", text, text, text, (text,) * 9, (text,) * 9, (text,) * 9, (text,) * 9, sample, reference
    )
    return View(text, (text,) * many, found, found, (Group(text, (text,) * 9),) * 20, (guide,) * 4)


def big_diagnosis(text: str, many: int, outcome: Any = "found") -> Diagnosis:
    judged = (Judged("c", text, text, (text,), ("p1",)),) * 20
    found = (Finding("c", text, "likely", (), (), (), ("p1",)),) * (many if outcome == "found" else 0)
    question = NextQuestion(text, text, text, tuple((f"{number}{text}", text) for number in range(20)))
    return Diagnosis(
        code=text,
        platforms=("p1",),
        outcome=outcome,
        found=found,
        risks=found,
        explained=judged,
        possible=judged,
        ruled_out=judged,
        not_checked=judged,
        unexplained=(text, "s1"),
        next_question=question,
    )


def big_looks(text: str, many: int) -> list[Observation]:
    target = Target("signaling", text, 443)
    facts = {"addresses": [text] * 9, "status": text, text: text}
    words = [Failure.CONNECTION_RESET, None, Failure.SKIPPED]
    return [
        Observation(f"s{number}", "tcp", target, words[number % 3], facts, 1.0, 1.0) for number in range(many)
    ]
