"""Words say platform, edge, relay and answers; negation is read as it is written."""

import json
from dataclasses import replace

import pytest

from bot.intake.read import read
from bot.intake.readers.prose import find_platform, read_prose
from bot.model.request import Vocabulary
from bot.model.vocabulary import heard_words, person_options
from knowledge.loading.load import load_knowledge

WORDS = Vocabulary(
    ("31009",),
    {"ios": "ios", "iphone": "ios", "android": "android", "react-native": "react-native"},
    ("frankfurt", "dublin"),
    person_options(load_knowledge()),
    relays=("local", "acme-hq"),
    heard=heard_words(load_knowledge()),
)


@pytest.mark.parametrize(
    ("text", "clues"),
    [
        ("no audio on VPN on my iPhone", {"vpn": "yes", "platform": "ios"}),
        ("they are not on a VPN", {"vpn": "no"}),
        ("edge is frankfurt, from acme-hq", {"edge": "frankfurt", "relay": "acme-hq"}),
        ("we don't pass TURN servers, sdk 6.12.0", {"turn": "no", "sdk-version": "6.12.0"}),
        ("turn off the wifi", {}),
    ],
)
def test_clues(text: str, clues: dict[str, str]) -> None:
    """Each gives what it says, and no more."""
    assert read_prose(text, text, WORDS) == clues


def test_two_platforms_are_none() -> None:
    """One platform is one; two are none, but React Native runs on the others."""
    assert find_platform("ios and android", WORDS) is None
    assert find_platform("react native on android", WORDS) == "react-native"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("just before the error the laptop slept, only one tab is open", {"slept": "yes", "several": "no"}),
        (
            "it works in a private window, and the token is fresh",
            {"platform": "javascript", "private-window": "yes", "token": "good"},
        ),
        ("on the VPN it fails. Without the VPN it works.", {"vpn": "yes", "without-vpn": "yes"}),
        ("no VPN here. The agents are on a VPN.", {}),
        ("if the laptop slept, is the token expired?", {}),
        ("sin VPN y sin proxy", {"vpn": "no", "browser-proxy": "no"}),
    ],
)
def test_answers(text: str, told: dict[str, str]) -> None:
    """A description answers the questions of the tree; what is doubtful or contradicts itself answers none."""
    assert read(text, WORDS).clues == told


def test_only_people_answer() -> None:
    """What a program logs, or a value contains, is no answer of a person."""
    log = "2024-05-01 10:00:00 [DEBUG] the laptop slept, VPN is off"
    value = json.dumps({"note": "the laptop slept, VPN is off", "more": {"of": "it"}})
    assert read(f"{log}\n{value}", WORDS).clues == {}
    assert read("the laptop slept, VPN is off", WORDS).clues == {"slept": "yes", "vpn": "no"}


def test_options_without_words_take_no_answer() -> None:
    """Without the patterns of the knowledge, a description answers nothing."""
    assert read("the laptop slept", replace(WORDS, heard={})).clues == {}
