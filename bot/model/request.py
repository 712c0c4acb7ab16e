"""What somebody asked for: one parser for what is typed in a conversation and on a command line.

Pure: no network, no clock.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

# Ten times the longest request that makes sense; a pasted log is refused before it is looked into.
LONGEST: Final = 500

# Only a short text was typed by hand, and is worth guessing at its spelling.
TYPED: Final = 300

VERSION: Final = re.compile(r"v?\d{1,4}(\.\d{1,6}){0,3}([-+][0-9a-z.+-]{1,40})?", re.IGNORECASE)

# Chat programs turn "--" into one of these while people type.
DASHES: Final = str.maketrans({"\u2014": "--", "\u2013": "--", "\u2011": "-"})


@dataclass(frozen=True, slots=True)
class Request:
    """One case to look into: what happened, where, and what the person already knows."""

    code: str
    platform: str | None = None  # None: every platform at once
    edge: str = "roaming"
    answers: Mapping[str, str] = field(default_factory=dict)  # option: value, answers only a person has
    relays: tuple[str, ...] = ("local",)

    @property
    def case_label(self) -> str:
        """What is looked into, in a few words, as the audit log of a hub has it."""
        return " ".join(word for word in (self.code, self.platform, self.edge) if word)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every word that means something here and now; made from the knowledge, the network and the relays."""

    codes: tuple[str, ...]
    platforms: Mapping[str, str]  # any name of a platform, in lower case: its id
    edges: tuple[str, ...]
    options: Mapping[str, Mapping[str, str]]  # what a person can tell: each word for it and the usual one;
    # without words it is a version
    roaming: str = "roaming"
    relays: tuple[str, ...] = ("local",)
    see: str = "lineman knowledge list"
    offered: tuple[str, ...] | None = None  # of the relays, those that an answer may name; None: all

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all options."""
        return ("code", "platform", "edge", "relay", *self.options)

    def is_version(self, option: str) -> bool:
        """Whether *option* takes a version, which belongs to one platform, in place of words."""
        return option in self.options and not self.options[option]


LOCAL: Final = "local"


MAX_RELAYS: Final = 20  # relays of one diagnosis; more of them add nothing new


def too_many_relays(count: int) -> str:
    """Say that a diagnosis with *count* relays is not run."""
    return f"One diagnosis runs from {MAX_RELAYS} relays at most, and this names {count}."
