"""How a person answers a question: asked for it, or in the words of a description.

Pure data.
"""

from collections.abc import Mapping
from dataclasses import field

from probes.protocol.frozen import frozen


@frozen
class HeardWords:
    """The patterns that answer a question in a description. Those of `unknown` claim nothing."""

    words: tuple[str, ...] = ()  # in lower case; a text without any of them says nothing about the question
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # answer: patterns


@frozen
class Person:
    """How to ask a person, for a question that no check can answer."""

    option: str  # its command-line option, such as --sdk-version
    ask: str  # the question as the bot puts it
    heard: HeardWords = HeardWords()
