"""Diagnose one call by its Call SID: fetch the service's data of it, print them, and add them to the case."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, TextIO

from bot.diagnosis.call_data import CallData, add_call, fetch_call, request_of
from bot.diagnosis.engine import Engine, RecordChange
from bot.diagnosis.revise import override
from bot.errors import UsageError
from bot.intake.call_sid_text import take_call_sid
from bot.language.command_parser import parse_words
from bot.model.request import Request
from bot.rendering.call_text import call_sentences
from bot.rendering.terminal.console import write
from bot.rendering.terminal.diagnosis import items, section


class UnreadCallError(UsageError):
    """Nothing is known about the call, and nobody gave an error code to test for."""


Named = Sequence[tuple[str, str]]
NOTHING_TESTED: Final = "To test the network, add the error code: `lineman diagnose 31005 CA…`."


def with_call(
    words: Sequence[str],
    engine: Engine,
    named: Named,
    understand: Callable[[Sequence[str], Engine, Named], Request],
    out: TextIO,
) -> tuple[Request, RecordChange | None]:
    """Make the request from *words* and from the call that they name. What the words say counts more."""
    sid, rest = take_call_sid(" ".join(words))
    if not sid:
        return understand(words, engine, named), None
    call = fetch(engine, sid)
    show_call(engine, call, out)
    try:
        request = understand([rest] if len(words) == 1 else rest.split(), engine, named) if rest else None
    except UsageError:
        if call.reading is None:
            raise
        request = None
    if request is None:
        return _request(call, engine, named), add_to(engine, call)
    platform = request.platform or request_of(call, engine.knowledge).platform
    return replace(request, platform=platform), add_to(engine, call)


def fetch(engine: Engine, sid: str) -> CallData:
    """Fetch the data of the call *sid*."""
    return asyncio.run(fetch_call(sid, engine.network, engine.settings))


def show_call(engine: Engine, call: CallData, out: TextIO) -> None:
    """Print what the data of *call* show, and what they cannot tell."""
    title, texts = call_sentences(call, engine.network.quality)
    write(section(title, items(texts)), out)


def add_to(engine: Engine, call: CallData) -> RecordChange:
    """Return the function that adds *call* to the record of each relay."""
    return partial(add_call, data=call, knowledge=engine.knowledge, network=engine.network)


def request_for_call(call: CallData, engine: Engine) -> Request:
    """Make the request from the call alone; `UnreadCallError` if nothing is known about it."""
    if call.reading is None:
        raise UnreadCallError(NOTHING_TESTED)
    return request_of(call, engine.knowledge)


def _request(call: CallData, engine: Engine, named: Named) -> Request:
    request = request_for_call(call, engine)
    found = {"code": request.code, **({"platform": request.platform} if request.platform else {})}
    given = dict(named)
    merged = override(found, given, engine.vocabulary)
    options = [*named, *((name, value) for name, value in merged.items() if name not in given)]
    return replace(parse_words((), engine.vocabulary, options), assumed=request.assumed)
