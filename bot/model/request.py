"""Define Request and Vocabulary, shared by conversations and the command line.

Pure: no network, no clock.
"""

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Final, Literal

from knowledge.model.person import HeardWords
from probes.protocol.frozen import frozen

# Ten times the longest meaningful request. A pasted log is rejected before it is parsed.
LONGEST: Final = 500

# Only a short text was typed by hand, so only there are misspellings corrected.
TYPED: Final = 300

VERSION: Final = re.compile(r"v?\d{1,4}(\.\d{1,6}){0,3}([-+][0-9a-z.+-]{1,40})?", re.IGNORECASE)

# Chat programs turn "--" into one of these while people type.
DASHES: Final = str.maketrans({"\u2014": "--", "\u2013": "--", "\u2011": "-"})


Assumed = Literal["", "no-code", "context"]


@frozen
class Request:
    """The request of one case: what happened, where, and what the user already knows."""

    code: str
    platform: str | None = None  # None: all platforms
    edge: str = "roaming"
    answers: Mapping[str, str] = field(default_factory=dict)  # option: value, answers of a person
    relays: tuple[str, ...] = ("local",)
    # Why the code proves nothing and only chooses the checks: nobody named it, or it means more than one thing here.
    assumed: Assumed = ""

    @property
    def case_label(self) -> str:
        """Describe the case in a few words, as in the hub's audit log."""
        return " ".join(word for word in (self.code, self.platform, self.edge) if word)


@frozen
class Vocabulary:
    """Every valid word, made from the knowledge, the network, and the relays."""

    codes: tuple[str, ...]
    platforms: Mapping[str, str]  # any name of a platform, in lower case: its id
    edges: tuple[str, ...]
    options: Mapping[str, Mapping[str, str]]  # questions for a person: each word and its usual spelling;
    # no words: a version
    roaming: str = "roaming"
    heard: Mapping[str, HeardWords] = field(default_factory=dict)  # option: how a description gives its value
    relays: tuple[str, ...] = ("local",)
    see: str = "lineman knowledge list"
    relay_note: str = ""  # a sentence for somebody who names a relay that is not known
    unusable: Mapping[str, str] = field(default_factory=dict)  # relay: why, as what follows its name
    offered: tuple[str, ...] | None = None  # relays that replies may name; None: all
    services: Mapping[str, str] = field(default_factory=dict)  # host: id of its service
    ports: Mapping[str, frozenset[int]] = field(
        default_factory=dict
    )  # by service; without them, any port is its own
    media_ranges: tuple[str, ...] = ()  # CIDR

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all options."""
        return ("code", "platform", "edge", "relay", *self.options)

    def is_version(self, option: str) -> bool:
        """Tell whether *option* takes a version, which belongs to one platform, instead of words."""
        return option in self.options and not self.options[option]


LOCAL: Final = "local"


MAX_RELAYS: Final = 20  # relays of one diagnosis; more of them add nothing new


def too_many_relays(count: int) -> str:
    """Return the error for a diagnosis with *count* relays."""
    return f"One diagnosis can use at most {MAX_RELAYS} relays, and this one names {count}."
