"""One paste is one reading, whichever way it comes: typed, piped, in a file, and by every way into Slack.

Each way hands a text to `read` after its own preparation, which this test repeats. What Slack does to a text
(escapes, links around hosts, a mention before it) is done as Slack does it.
"""

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from bot.cli.ask import _text
from bot.intake.read import read
from bot.model.vocabulary import make_vocabulary
from bot.slack.conversation.attachments import text_of, words_of
from bot.slack.conversation.dispatch import without_secrets
from bot.slack.listeners.mentions import MENTION
from bot.slack.listeners.shortcuts import message_text
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network

KNOWLEDGE = load_knowledge(quick=True)
VOCABULARY = make_vocabulary(KNOWLEDGE, load_network(None), ("local",))
FOLDER: Final = Path(__file__).with_name("intake") / "readers"
SAMPLES: list[dict[str, Any]] = [
    sample
    for name in ("tools.yaml", "logs.yaml")
    for sample in yaml.safe_load((FOLDER / name).read_text("utf-8"))
]
WORDS: Final = (
    "31009 on the office Wi-Fi, at home it works",
    "no audio on VPN in our iOS app",
    "error 53405 since Monday, Chrome",
    "TransportError (31009) on iPhone",
)
PASTES: Final = [*(str(sample["text"]) for sample in SAMPLES[::2]), *WORDS]
_ADDRESS: Final = re.compile(r"\b(?:https?|wss?)://[^\s'\"<>]+")


def by_slack(text: str) -> str:
    """*text* as Slack delivers it: escaped, with links around addresses."""
    safe = html.escape(text, quote=False)
    return _ADDRESS.sub(lambda match: f"<{match[0]}>", safe)


def in_slack(event: dict[str, Any]) -> str:
    """The text that the bot reads of a message."""
    return without_secrets(words_of(MENTION.sub(" ", text_of(event))))[0]


WAYS: Final[dict[str, Callable[[str], str | bytes]]] = {
    "read TEXT, understand, diagnose TEXT": lambda text: _text([text]),
    "read -, preflight -": lambda text: text.encode(),
    "a file of Windows": lambda text: text.replace("\n", "\r\n").encode("utf-8-sig"),
    "a file of PowerShell": lambda text: text.encode("utf-16"),
    "conversation": str.strip,
    "command, form": lambda text: without_secrets(by_slack(text).strip())[0],
    "mention": lambda text: in_slack({"text": f"<@U0LINEMAN> {by_slack(text)}"}),
    "direct message, thread": lambda text: in_slack({"text": by_slack(text)}),
    "shortcut": lambda text: without_secrets(words_of(message_text({"text": by_slack(text)})))[0],
}


def essence(source: str | bytes) -> object:
    """What follows from a reading; the numbers of lines and the wording may differ."""
    reading = read(source, VOCABULARY, KNOWLEDGE)
    looks = sorted((look.target.host, str(look.facts.get("sign", ""))) for look in reading.pasted)
    causes = (
        [candidate.cause for candidate in reading.match.causes[:3]] if reading.match.verdict != "none" else []
    )
    return looks, reading.codes, dict(reading.clues), causes, reading.match.verdict, reading.kind


def test_there_are_enough() -> None:
    """Words, tools, logs, and consoles."""
    assert len(PASTES) >= 50


@pytest.mark.parametrize("way", [way for way in WAYS if way != "read -, preflight -"])
def test_every_way_gives_the_same_reading(way: str) -> None:
    """That of the text as it was copied."""
    for text in PASTES:
        assert essence(WAYS[way](text)) == essence(text.encode()), text
