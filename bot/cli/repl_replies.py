"""Reply in the interactive session: carry out what a line asks for, and print the result."""

import os
import sys
from collections.abc import Iterable
from typing import Final

from bot.cli.interactive import ask_on, conclude_with, meaning, write_parts
from bot.cli.knowledge import lines_of
from bot.cli.live_run import Stopped, store_run, talk_through
from bot.cli.repl_lookups import look_up, say
from bot.cli.repl_session import Repl
from bot.cli.typed_input import is_interactive
from bot.diagnosis.revise import apply_changes, can_reuse
from bot.diagnosis.run_record import RunRecord
from bot.errors import UsageError
from bot.language.answer import Answer
from bot.language.follow_ups import LastQuestion, in_context
from bot.language.intents import Intent
from bot.language.llm_settings import read_endpoint
from bot.language.make_request import AmbiguousCode, request_for
from bot.language.rewording import reword_now
from bot.language.routed_intent import (
    RoutedIntent,
)
from bot.language.router import complete, route
from bot.model.request import Request
from bot.model.symptom_match import SymptomMatch
from bot.rendering.terminal.answer import render_answer
from bot.rendering.terminal.console import Line, write
from bot.rendering.terminal.diagnosis import LETTERS
from bot.rendering.terminal.guides import render_guides
from bot.rendering.terminal.multi_relay import PARTS
from bot.rendering.terminal.observations import render_observations
from bot.rendering.terminal.symptoms import render_readings
from bot.rendering.view import make_view
from knowledge.model.conclusions import NextQuestion

NUMBERS: Final = 3  # maximum digits of a choice


def reply(repl: Repl, line: str) -> None:
    """Carry out what *line* asks for; `UsageError` says what to type instead."""
    number = line.strip(" .)")
    if repl.choices and number.isdecimal() and len(number) < NUMBERS:
        _choose(repl, int(number))
        return
    if repl.records and (part := line.casefold().strip(" /-.")) in PARTS:
        write_parts(repl.engine, repl.records, (part,))
        return
    if repl.record and (asked := repl.record.diagnosis.next_question) and _is_letter(line, asked):
        value = meaning(repl.engine.knowledge.questions[asked.question], asked, line.strip())
        _change(repl, repl.record, Intent("answer", {asked.option: value}))
        return
    _carry_out(repl, line, route(line, repl.language, repl.conversation))


def _is_letter(line: str, asked: NextQuestion) -> bool:
    """Tell whether *line* is the letter of one of the answers."""
    return line.strip(" .)").casefold() in tuple(LETTERS[: len(asked.choices)])


def _carry_out(repl: Repl, line: str, routed: RoutedIntent) -> None:
    match routed:
        case Request():
            _diagnose(repl, routed, text=line)
        case UsageError():
            raise routed
        case AmbiguousCode(ask, options):
            repl.choices = routed
            say(ask)
            _number([f"{code} {repl.engine.knowledge.errors[code].name}" for code, _ in options])
        case SymptomMatch():
            _match(repl, routed)
        case Intent():
            _intend(repl, routed)
        case Answer():
            _answer(repl, line, routed)
        case _:
            look_up(repl, routed)


def _diagnose(repl: Repl, request: Request, meant: tuple[str, ...] = (), text: str = "") -> None:
    repl.begin((), meant)
    try:
        records = talk_through(repl.engine, request, text=text, put_back=repl.put_back)
    except Stopped as stopped:
        repl.begin(stopped.records, meant)
        raise
    repl.begin(records, meant)
    store_run(repl.engine, records)


def _intend(repl: Repl, intent: Intent) -> None:
    """Change the case, store an answer, or show a part of the case."""
    record = repl.record
    match intent.kind:
        case "stop":
            say("Nothing is running. Type quit to leave.")
        case _ if record is None:
            say("There is no diagnosis to run again. Start one with the error code, such as: 31009 ios")
        case "unsure":
            say("The question stays open. You can answer it later.")
        case "evidence":
            steps, about = record.observations, intent.values.get("about", "")
            found = [step for step in steps.values() if step.has_result]
            write(render_observations([steps[about]] if about in steps else found), sys.stdout)
        case "preflight":
            platform = intent.values.get("platform") or record.request.platform
            guides = make_view(record, repl.engine.knowledge, repl.engine.network).preflight
            chosen = tuple(guide for guide in guides if guide.platform == platform) or guides
            write(render_guides(chosen), sys.stdout)
        case "meaning":
            write(lines_of(repl.engine.knowledge, intent.values.get("about", "")), sys.stdout)
        case _:
            _change(repl, record, intent)


def _change(repl: Repl, record: RunRecord, intent: Intent) -> None:
    """Evaluate the case again if its observations suffice, else start a new run."""
    engine, before = repl.engine, record.request
    request = apply_changes(before, intent.values, engine.vocabulary)
    if intent.kind == "answer" or (intent.kind == "platform" and can_reuse(before, request)):
        repl.records = conclude_with(engine, repl.records, intent.values)
    else:
        _diagnose(repl, request, repl.meant)
        return
    if is_interactive():
        repl.records = ask_on(engine, repl.records, repl.put_back)
    elif (now := repl.record) and (question := now.diagnosis.next_question):
        say(f"Still open: {question.ask}")


def _answer(repl: Repl, line: str, answer: Answer) -> None:
    asked = complete(line, repl.language, repl.conversation)
    if answer.answered:
        about = in_context(asked.question, asked.about, repl.engine.vocabulary)
        repl.last = LastQuestion(asked.question, about)
    worded = reword_now(asked.question, answer, asked.about.evidence, read_endpoint(os.environ))
    write(render_answer(worded), sys.stdout)


def _match(repl: Repl, found: SymptomMatch) -> None:
    """Start a case for a clear symptom description, or offer the causes that it matches."""
    numbered = found.verdict == "close" and not found.codes
    write(render_readings(found, repl.engine.knowledge, numbered=numbered), sys.stdout)
    if numbered:
        repl.choices = found
        _say_dim("Type a number.")
    elif found.offered and (
        request := request_for(found, found.offered, repl.engine.knowledge, repl.engine.vocabulary)
    ):
        _diagnose(repl, request, tuple(candidate.cause for candidate in found.offered[:1]))


def _choose(repl: Repl, number: int) -> None:
    """Start a case for choice *number*. The last number rejects all causes."""
    choices = repl.choices
    if isinstance(choices, AmbiguousCode):
        _diagnose(repl, choices.options[_within(number, len(choices.options)) - 1][1])
    elif choices and _within(number, len(choices.offered) + 1) > len(choices.offered):
        repl.choices = None
        say("Then say more: what you see or hear, where it works and where not, or the code.")
    elif choices:
        chosen = choices.offered[number - 1]
        if request := request_for(choices, (chosen,), repl.engine.knowledge, repl.engine.vocabulary):
            _diagnose(repl, request, (chosen.cause,))


def _within(number: int, most: int) -> int:
    if not 1 <= number <= most:
        raise UsageError(f"Type a number from 1 to {most}.")
    return number


def _number(texts: Iterable[str]) -> None:
    write([Line(text, indent=2, mark=str(number)) for number, text in enumerate(texts, 1)], sys.stdout)
    _say_dim("Type a number.")


def _say_dim(text: str) -> None:
    write([Line(text, "dim")], sys.stdout)
