"""The SDK platforms, their error codes, and the pages to read on.

Pure data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from knowledge.model.problems import Origin

ALL: Final = "all"  # the key of what holds for every platform


@dataclass(frozen=True, slots=True)
class Reference:
    """A page to read on."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Sdk:
    """The package of a platform, and the versions that matter."""

    name: str
    minimum_preflight: str
    current: str


@dataclass(frozen=True, slots=True)
class Snippet:
    """Lines to copy."""

    language: str
    code: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Preflight:
    """How to run the SDK's own preflight test, and how to read it."""

    call: str
    since: str
    needs: tuple[str, ...]
    steps: tuple[str, ...]
    read: tuple[str, ...]
    traps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Platform:
    """One SDK."""

    id: str
    title: str
    sdk: Sdk
    preflight: Preflight
    snippets: Mapping[str, Snippet] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    like: str = ""  # the platform that this one counts as wherever the files name platforms
    references: tuple[Reference, ...] = ()
    origin: Origin = field(default=Origin(), compare=False)


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One error code."""

    code: str
    name: str
    means: Mapping[str, str]  # by platform, or for all
    platforms: tuple[str, ...] = ()  # empty: all
    related: tuple[str, ...] = ()
    confused_with: Mapping[str, str] = field(default_factory=dict)  # code: the difference, if told
    elsewhere: str = ""  # whose code it is and where to go on, when it is not the Voice SDK's
    confidence: str = "verified"  # in the sources: verified, partly or unverified
    references: tuple[Reference, ...] = ()
    checked: str = ""  # YYYY-MM-DD, when it was last held against its sources
    origin: Origin = field(default=Origin(), compare=False)
