"""The same text means the same in the terminal session and in Slack."""

import asyncio

import pytest

from bot.cli.repl_session import Repl
from bot.errors import UsageError
from bot.language.intents import Intent
from bot.language.routed_intent import NotForUs, RoutedIntent
from bot.language.router import route
from bot.model.records import CaseRow
from bot.model.request import Request
from bot.slack.conversation import answers
from bot.slack.conversation.dispatch import read
from bot.slack.conversation.thread import _hear, open_case
from bot.slack.state.finished_run import combine
from tests.bot.person_answers import OLD_PORT_SHUT
from tests.bot.slack.conftest import Here
from tests.bot.slack.made_up_engine import MadeUpRelay, made_up_desk
from tests.previews.samples import SIGNALING_SHUT, Fault

TEXTS = """
31009
31009 ios
/diagnose 31009 ios edge=frankfurt vpn=no
31009 isos
isos
customer has 31009 on ios, help
it says 31009 or 53000
our log has 31008 and 31009
what is 31010?
31006
what is 31009?
what does 53405 mean on ios?
explain turn required
what does signaling-blocked mean?
allowlist ios
allowlist
allow-list for the iphone app in frankfurt as nft please
allowlist ios edge=frankfrt
relays
list the relays
history
help
stop
again
test again please
frankfurt
android
android sdk 2.0.7
what about android?
from local
yes
no
don't know
slept=yes
slept=often
token wrong-key
SDK 6.12.0
they are not on a VPN
is the user on a VPN?
show the evidence
how do you know?
preflight on iOS
why?
why does TURN help?
how do I set the edge on android?
is it the firewall?
no audio on VPN
connected but silence
hotel wifi
the cat sat on the mat
lunch?
what is a marmalade
""".strip().splitlines()


def comparable(routed: RoutedIntent) -> object:
    return ("UsageError", str(routed)) if isinstance(routed, UsageError) else routed


async def test_texts_about_no_case(here: Here) -> None:
    """Where no case is open, Slack and the session take each text for the same."""
    repl = Repl(made_up_desk(here.relay))
    slack = answers.language_context(here.context)
    kinds = set()
    for text in TEXTS:
        typed = comparable(route(text, repl.language, repl.conversation))
        assert typed == comparable(read(text, slack).want), text
        kinds.add(type(typed))
    assert len(kinds) >= 11


@pytest.mark.parametrize("faults", [OLD_PORT_SHUT, SIGNALING_SHUT], ids=["open", "found"])
async def test_texts_about_a_case(here: Here, faults: tuple[Fault, ...]) -> None:
    """In a case of the same run, a mention in the thread and a line of the session are taken for the same."""
    request = Request("31009", "ios", answers={"vpn": "yes"})
    engine = made_up_desk(MadeUpRelay(faults))
    record = await asyncio.to_thread(engine.diagnose, request, lambda _: None)
    repl = Repl(engine, (record,))
    case = CaseRow("c", here.slack.team.id, "C", "U", request, "1.0", 0.0)
    finished = combine("c", "r", "U", [record], engine)
    slack = answers.language_context(here.context)
    kinds = set()
    for text in TEXTS:
        typed = comparable(route(text, repl.language, repl.conversation))
        heard = _hear(text, slack, open_case(here.context, case, finished), here.context, finished, ())
        assert heard, text
        assert typed == comparable(heard.want), text
        assert not isinstance(typed, NotForUs), text
        kinds.add(typed.kind if isinstance(typed, Intent) else type(typed))
    assert {
        "stop",
        "again",
        "edge",
        "platform",
        "relay",
        "answer",
        "evidence",
        "preflight",
        "meaning",
    } <= kinds
