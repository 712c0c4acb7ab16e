"""One paste is one reading, whichever way it comes: typed, piped, or in a file.

Each way hands a text to `read` after its own preparation, which this test repeats. Slack has a test of its own in
`tests/bot/slack/test_same_reading.py`.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from bot.cli.text_command import text_of
from bot.intake.read import read
from bot.model.vocabulary import make_vocabulary
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

WAYS: Final[dict[str, Callable[[str], str | bytes]]] = {
    "read TEXT, understand, diagnose TEXT": lambda text: text_of([text]),
    "read -, preflight -": lambda text: text.encode(),
    "a file of Windows": lambda text: text.replace("\n", "\r\n").encode("utf-8-sig"),
    "a file of PowerShell": lambda text: text.encode("utf-16"),
    "conversation": str.strip,
}


@lru_cache(maxsize=1_000)
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
