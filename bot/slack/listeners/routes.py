"""The handler of each event kind, by the name under which events are stored in the inbox.

A released name stays: events stored under it are handled after an update, too.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from slack_bolt.async_app import AsyncApp

from bot.slack.listeners import (
    actions,
    app_home,
    assistant,
    commands,
    feedback,
    links,
    mentions,
    messages,
    shortcuts,
    steps,
    uninstall,
    views,
)
from bot.slack.state.context import AppContext, Handler


class ListenerModule(Protocol):
    """A file of listeners."""

    def register(self, app: AsyncApp, context: AppContext, /) -> None:
        """Make *app* listen."""
        ...


# The files, in the order in which Bolt asks their listeners.
LISTENERS: Final[tuple[ListenerModule, ...]] = (
    commands,
    actions,
    messages,
    mentions,
    views,
    shortcuts,
    app_home,
    assistant,
    feedback,
    links,
    steps,
    uninstall,
)

HANDLERS: Final[Mapping[str, Handler]] = {
    "command": commands.answer,
    "mention": mentions.answer,
    "thread": messages.in_thread,
    "direct": assistant.converse,
    "press": actions.press,
    "form": views.begin,
    "message": shortcuts.read,
    "anywhere": shortcuts.open_anywhere,
    "judgement": feedback.keep,
    "stop": assistant.stop_all,
    "home": app_home.publish,
    "greeting": assistant.greet,
    "link": links.unfurl,
    "step": steps.run,
    "uninstalled": uninstall.forget,
    "revoked": uninstall.forget,
}
