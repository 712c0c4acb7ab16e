"""Words say platform, edge, relay and answers; negation is read as it is written."""

import pytest

from bot.intake.readers.prose import find_platform, read_prose
from bot.model.request import Vocabulary

WORDS = Vocabulary(
    ("31009",),
    {"ios": "ios", "iphone": "ios", "android": "android", "react-native": "react-native"},
    ("frankfurt", "dublin"),
    {"vpn": {"yes": "yes", "no": "no"}, "turn": {"yes": "yes", "no": "no"}, "sdk-version": {}},
    relays=("local", "acme-hq"),
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
    assert read_prose(text, WORDS) == clues


def test_two_platforms_are_none() -> None:
    """One platform is one; two are none, but React Native runs on the others."""
    assert find_platform("ios and android", WORDS) is None
    assert find_platform("react native on android", WORDS) == "react-native"
