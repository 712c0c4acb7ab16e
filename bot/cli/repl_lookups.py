"""Print reference text in the interactive session: meanings of codes, allow-lists, relays, help."""

import sys
from typing import Final

from bot.allowlist.request import ListRequest
from bot.allowlist.resolve import write_list
from bot.cli.repl_session import Repl
from bot.errors import unknown_word
from bot.language.intents import EXAMPLES
from bot.language.routed_intent import (
    CodeMeanings,
    HelpWanted,
    HistoryWanted,
    LinkWanted,
    MissingPlatform,
    NotForUs,
    NotUnderstood,
    RelaysWanted,
    RoutedIntent,
    UnknownCode,
)
from bot.rendering.terminal.console import Line, write
from bot.rendering.terminal.diagnosis import LETTERS, render_meaning
from bot.rendering.terminal.session_help import render_help
from bot.rendering.vantage import where
from knowledge.advice.meaning import meaning_of

_COMMANDS: Final = {
    HistoryWanted: "To list earlier diagnoses, run: lineman history. To repeat one: lineman again RUN.",
    LinkWanted: "To make a check link, run: lineman check-link 31009",
}


def look_up(repl: Repl, routed: RoutedIntent) -> None:
    """Print what *routed* asks for."""
    engine = repl.engine
    match routed:
        case CodeMeanings(codes, platform):
            for code in codes:
                write(render_meaning(meaning_of(engine.knowledge, code, platform or None)), sys.stdout)
        case UnknownCode(code):
            raise unknown_word(
                "an error code known here", code, engine.vocabulary.codes, engine.vocabulary.see
            )
        case ListRequest():
            sys.stdout.write(write_list(routed, engine.network))
        case MissingPlatform():
            names = ", ".join(engine.knowledge.platforms)
            say(f"For which platform? Add one of {names}, for example: allowlist ios")
        case RelaysWanted():
            _relays(repl)
        case HistoryWanted() | LinkWanted():
            say(_COMMANDS[type(routed)])
        case HelpWanted():
            write(render_help(engine.vocabulary.options), sys.stdout)
        case NotUnderstood() | NotForUs():
            _not_understood(repl)


def _relays(repl: Repl) -> None:
    say(*(f"{name}  {where(_vantage(repl, name))}" for name in repl.engine.relays.names))
    say("For the state of each relay, run: lineman relays list")


def _not_understood(repl: Repl) -> None:
    """Say what can be typed, first at the open question."""
    asked = repl.record.diagnosis.next_question if repl.record else None
    if asked:
        letters = ", ".join(LETTERS[: len(asked.choices)])
        say(f'That is not an answer. Please type {letters}, "don\'t know", or "skip".')
    say(f"I did not understand that. About this case you can type: {EXAMPLES}.")


def _vantage(repl: Repl, name: str) -> str:
    engine = repl.engine
    relay = engine.relay if name == engine.relay.name else engine.relays.named(name)
    return relay.vantage


def say(*texts: str) -> None:
    """Print each of *texts* as a paragraph."""
    write([Line(text) for text in texts], sys.stdout)
