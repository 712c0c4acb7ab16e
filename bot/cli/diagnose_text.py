"""Make a request from the free text of `lineman diagnose TEXT`, and print what was understood on stderr."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.allowlist.request import ListRequest
from bot.diagnosis.engine import Engine
from bot.diagnosis.revise import override
from bot.errors import UsageError, unknown_word
from bot.language.answer import Answer
from bot.language.command_parser import parse_words
from bot.language.command_slips import FEW
from bot.language.make_request import AmbiguousCode, request_for_match
from bot.language.routed_intent import (
    CodeMeanings,
    HelpWanted,
    HistoryWanted,
    LanguageContext,
    LinkWanted,
    MissingPlatform,
    RelaysWanted,
    RoutedIntent,
    UnknownCode,
)
from bot.language.router import route
from bot.model.request import LONGEST, Request, Vocabulary
from bot.model.symptom_match import SymptomMatch
from bot.rendering.terminal.console import write
from bot.rendering.terminal.symptoms import render_readings

NOTHING: Final = "Nothing is tested. Say more, or give the error code, as in `lineman diagnose 31009`."


def request_of_text(
    words: Sequence[str], engine: Engine, named: Sequence[tuple[str, str]], error: UsageError
) -> Request:
    """Make a request from the text in *words*. The *named* options take precedence.

    *error* says why the text is not a valid command. It is raised if the text makes no sense otherwise.
    """
    text = " ".join(words)
    is_paste = "\n" in text
    printable = all(letter.isprintable() or letter in "\n\r\t" for letter in text)
    longest = max(map(len, text.split()), default=LONGEST + 1)
    if not printable or (longest > LONGEST and not is_paste):
        raise error
    if _is_command(words, engine.vocabulary):  # then an option is invalid
        raise error
    routed = route(text, LanguageContext(engine.knowledge, engine.network, engine.vocabulary))
    found = _request(routed, text, engine, error)
    made = parse_words((), engine.vocabulary, _options(found, named, engine.vocabulary))
    return replace(made, assumed=found.assumed)


def _is_command(words: Sequence[str], vocabulary: Vocabulary) -> bool:
    try:
        parse_words(words, vocabulary)
    except UsageError:
        return False
    return True


def _request(routed: RoutedIntent, text: str, engine: Engine, error: UsageError) -> Request:
    match routed:
        case Request():
            return routed
        case UsageError():
            raise routed
        case AmbiguousCode(ask, _):
            raise UsageError(ask)
        case UnknownCode(code):
            raise unknown_word(
                "an error code known here", code, engine.vocabulary.codes, engine.vocabulary.see
            )
        case SymptomMatch():
            return _matched(routed, text, engine, error)
    raise UsageError(instead) if (instead := _other_command(routed, text)) else error


def _matched(found: SymptomMatch, text: str, engine: Engine, error: UsageError) -> Request:
    """Return the code that a symptom description points to, and print it. A few unknown words raise *error*."""
    request = request_for_match(found, engine.knowledge, engine.vocabulary)
    if request is None and len(text.split()) <= FEW:
        raise error
    write(render_readings(found, engine.knowledge), sys.stderr)
    if request is None:
        raise UsageError(NOTHING)
    return request


def _other_command(routed: RoutedIntent, text: str) -> str:
    """Return a sentence with the command that does what *text* asks for, or "" if none does."""
    match routed:
        case Answer():
            return f'That is a question. Run `lineman ask "{text}"`.'
        case CodeMeanings(codes, _):
            return f"To see what {codes[0]} means, run `lineman knowledge show {codes[0]}`."
        case ListRequest(platform=platform):
            return f"For an allow-list, run `lineman allowlist {platform}`."
        case MissingPlatform():
            return "For an allow-list, run `lineman allowlist PLATFORM`."
        case LinkWanted(asked):
            return f"For a check link, run `lineman check-link {asked.code if asked else 'CODE'}`."
        case RelaysWanted():
            return "To list the relays, run `lineman relays list`."
        case HistoryWanted():
            return "To list earlier diagnoses, run `lineman history`."
        case HelpWanted():
            return "For help, run `lineman diagnose --help`."
    return ""


def _options(
    request: Request, named: Sequence[tuple[str, str]], vocabulary: Vocabulary
) -> list[tuple[str, str]]:
    """Merge the options of *request* under the *named* ones. Another platform drops the text's version."""
    found = {"code": request.code, "edge": request.edge, "relay": ",".join(request.relays), **request.answers}
    if request.platform:
        found["platform"] = request.platform
    given = dict(named)
    if platform := given.get("platform"):
        given["platform"] = vocabulary.platforms.get(platform.casefold(), platform)
    merged = override(found, given, vocabulary)
    return [*named, *((name, value) for name, value in merged.items() if name not in given)]
