"""Handle a Call SID in the interactive session: fetch the call's data, and add them to the case or start one."""

import sys
from dataclasses import replace

from bot.cli.diagnose_call import NOTHING_TESTED, add_to, fetch, show_call
from bot.cli.live_run import talk_through
from bot.cli.repl_reports import go_on
from bot.cli.repl_session import Repl
from bot.diagnosis.call_data import ALREADY_READ, CallData, is_known, request_of
from bot.intake.call_sid_text import take_call_sid
from bot.language.routed_intent import Conversation
from bot.language.router import route
from bot.model.request import Request
from bot.rendering.terminal.console import Line, write


def take_call(repl: Repl, line: str) -> str:
    """Handle the Call SID in *line*, if there is one. Return what is left to answer, or ""."""
    sid, rest = take_call_sid(line)
    if not sid:
        return line
    record = repl.record
    if record and is_known(record.observations, sid):
        write([Line(ALREADY_READ)], sys.stdout)
        return rest
    call = fetch(repl.engine, sid)
    if record is None:
        show_call(repl.engine, call, sys.stdout)
        return _start(repl, call, rest)
    if call.reading:
        repl.begin((go_on(repl.engine, record, call.reading, ""),))
    else:
        show_call(repl.engine, call, sys.stdout)
    return rest


def _start(repl: Repl, call: CallData, rest: str) -> str:
    """Start a case for *call*, with the code in *rest* or else the call's own. Return what is left to answer."""
    routed = route(rest, repl.language, Conversation()) if rest else None
    own = request_of(call, repl.engine.knowledge)
    if isinstance(routed, Request):
        request = replace(routed, platform=routed.platform or own.platform)
    elif call.reading and (not own.assumed or not rest):
        request = own
    else:
        if not rest:
            write([Line(NOTHING_TESTED)], sys.stdout)
        return rest
    repl.begin(talk_through(repl.engine, request, put_back=repl.put_back, add=add_to(repl.engine, call)))
    return ""
