"""SDK platforms, their error codes, and reference pages.

Pure data.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from knowledge.model.problems import Origin
from probes.protocol.frozen import frozen

ALL: Final = "all"  # the key for all platforms


@frozen
class Reference:
    """A page with more information."""

    title: str
    url: str


@frozen
class Sdk:
    """The SDK package of a platform, and its relevant versions."""

    name: str
    minimum_preflight: str
    current: str


@frozen
class Snippet:
    """Code to copy."""

    language: str
    code: str
    note: str = ""


@frozen
class Preflight:
    """How to run the SDK's own preflight test, and how to read its output."""

    call: str
    since: str
    needs: tuple[str, ...]
    steps: tuple[str, ...]
    read: tuple[str, ...]
    traps: tuple[str, ...] = ()


@frozen
class Platform:
    """One SDK."""

    id: str
    title: str
    sdk: Sdk
    preflight: Preflight
    snippets: Mapping[str, Snippet] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    like: str = ""  # the platform whose entries in the knowledge files also apply to this one
    references: tuple[Reference, ...] = ()
    origin: Origin = field(default=Origin(), compare=False)


@frozen
class ErrorCode:
    """One error code."""

    code: str
    name: str
    means: Mapping[str, str]  # by platform, or for all
    platforms: tuple[str, ...] = ()  # empty: all
    related: tuple[str, ...] = ()
    confused_with: Mapping[str, str] = field(default_factory=dict)  # code: the difference, if known
    elsewhere: str = ""  # the product the code belongs to and where to continue, if not the Voice SDK
    confidence: str = "verified"  # by its sources: verified, partly or unverified
    references: tuple[Reference, ...] = ()
    checked: str = ""  # YYYY-MM-DD, when it was last checked against its sources
    origin: Origin = field(default=Origin(), compare=False)
