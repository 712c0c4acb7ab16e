"""Every way in, by the name under which what comes by it is kept: one line each, and how it is answered.

A name that has been released stays: what was kept under it is answered after an update, too.
"""

from collections.abc import Mapping
from typing import Final

from bot.slack import agent, buttons, command, feedback, form, home, installed, mention, shortcut, words
from bot.slack.delivery import Answer

WAYS: Final[Mapping[str, Answer]] = {
    "command": command.answer,
    "mention": mention.answer,
    "thread": words.in_thread,
    "direct": agent.converse,
    "press": buttons.press,
    "form": form.begin,
    "message": shortcut.read,
    "anywhere": shortcut.open_anywhere,
    "judgement": feedback.keep,
    "stop": agent.stop_all,
    "home": home.publish,
    "greeting": agent.greet,
    "uninstalled": installed.forget,
    "revoked": installed.forget,
}
