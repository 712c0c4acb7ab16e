"""Read settings from environment variables, and report every problem with them at once.

A problem names the variable and what it must be, with an example. It never repeats the value, which may be a secret.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from bot.errors import UsageError, join_or

T = TypeVar("T")

LOG: Final = "LINEMAN_LOG"
LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")

# Slack's tokens have some fifty letters, and nobody's has fewer than this: a prefix alone is not a token.
_SHORTEST_TOKEN: Final = 12


class SettingsReader:
    """One environment while it is read. Variables that are not set, or empty, count as their default."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        """Read a text, without the spaces around it."""
        return self._environment.get(name, "").strip() or default

    def path(self, name: str, default: str | Path) -> Path:
        """Read the path of a file that may be missing."""
        return Path(self.text(name) or default)

    def parsed(self, name: str, parse: Callable[[str], T], default: T, must_be: str) -> T:
        """Read what *parse* makes of the text; when it raises ValueError, the text is not what it *must_be*."""
        text = self.text(name)
        if not text:
            return default
        try:
            return parse(text)
        except ValueError:
            self.add_problem(f"{name} must be {must_be}.")
            return default

    def number(self, name: str, default: int, most: int, example: int | None = None) -> int:
        """Read a whole number from 1 to *most*."""
        must_be = f"a number from 1 to {most}, such as {default if example is None else example}"
        return self.parsed(name, lambda text: _number(text, most), default, must_be)

    def choice(self, name: str, choices: Iterable[str], default: str) -> str:
        """Read one of *choices*, in small or capital letters; gives it as it is written there."""
        known = {choice.casefold(): choice for choice in choices}

        def parse(text: str) -> str:
            if text.casefold() not in known:
                raise ValueError
            return known[text.casefold()]

        return self.parsed(name, parse, default, join_or(known.values()))

    def token(self, name: str, begins: str = "") -> str:
        """Read a secret that is sent in a header: one word of ASCII characters that *begins* in a certain way."""
        must_be = f"a token that begins with {begins}" if begins else "one word of ASCII characters"
        return self.parsed(name, lambda text: _token(text, begins), "", must_be)

    def url(self, name: str, default: str = "", *, example: str, secret: str = "") -> str:
        """Read the http or https address of a service. A password belongs into the variable *secret*, if any."""
        text = self.parsed(name, _url, default, f"an address such as {example}")
        if "@" in urlsplit(text).netloc:
            put = f", and put the key into {secret}" if secret else ""
            self.add_problem(f"{name} must not hold a password. Use an address such as {example}{put}.")
        return text

    def add_problem(self, sentence: str) -> None:
        """Note what else is wrong: a sentence that names the variable and what to do, never its value."""
        self._problems.append(sentence)

    def check(self) -> None:
        """Raise `UsageError` with every problem so far, if there is any."""
        if self._problems:
            raise UsageError(" ".join(self._problems))


def read_log_level(environment: Mapping[str, str]) -> str:
    """Read what the log is to hold at least; `UsageError` when it is no level."""
    get = SettingsReader(environment)
    level = get.choice(LOG, LOG_LEVELS, "INFO")
    get.check()
    return level


def _number(text: str, most: int) -> int:
    # Ten digits are more than any of these settings needs; thousands of them take int() long to read.
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and 0 < int(text) <= most):
        raise ValueError
    return int(text)


def _token(text: str, begins: str) -> str:
    is_word = text.isascii() and text.isprintable() and " " not in text
    if not is_word or not text.startswith(begins) or (begins and len(text) < _SHORTEST_TOKEN):
        raise ValueError
    return text


def _url(text: str) -> str:
    parts = urlsplit(text)
    host, _ = parts.hostname, parts.port  # both may raise ValueError
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise ValueError
    return text
