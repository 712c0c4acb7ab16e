"""Read settings from environment variables, and report all problems at once.

A problem names the variable and what it must be, with an example. It never repeats the value, which may be a
secret.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from bot.errors import UsageError, join_or
from probes.protocol.log_format import LOG_FORMAT, LOG_FORMATS, TEXT

T = TypeVar("T")

LOG: Final = "LINEMAN_LOG"
LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")

# Slack's tokens have about fifty characters, and all have more than this. A prefix alone is not a token.
_SHORTEST_TOKEN: Final = 12


class SettingsReader:
    """The settings of one environment. Variables that are unset or empty have their default."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        """Read a text, without surrounding spaces."""
        return self._environment.get(name, "").strip() or default

    def path(self, name: str, default: str | Path) -> Path:
        """Read the path of a file that may not exist."""
        return Path(self.text(name) or default)

    def parsed(self, name: str, parse: Callable[[str], T], default: T, must_be: str) -> T:
        """Read a value with *parse*. If that raises ValueError, report what the value *must_be*."""
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
        """Read one of *choices*, ignoring case. Return it in the spelling of *choices*."""
        known = {choice.casefold(): choice for choice in choices}

        def parse(text: str) -> str:
            if text.casefold() not in known:
                raise ValueError
            return known[text.casefold()]

        return self.parsed(name, parse, default, join_or(known.values()))

    def token(self, name: str, begins: str = "") -> str:
        """Read a secret that is sent in a header: one word of ASCII characters that *begins* with a prefix."""
        must_be = f"a token that begins with {begins}" if begins else "one word of ASCII characters"
        return self.parsed(name, lambda text: _token(text, begins), "", must_be)

    def url(self, name: str, default: str = "", *, example: str, secret: str = "") -> str:
        """Read the http or https URL of a service. A password belongs in the variable *secret*, if any."""
        text = self.parsed(name, _url, default, f"an address such as {example}")
        if "@" in urlsplit(text).netloc:
            put = f", and put the key into {secret}" if secret else ""
            self.add_problem(f"{name} must not hold a password. Use an address such as {example}{put}.")
        return text

    def add_problem(self, sentence: str) -> None:
        """Add a problem: a sentence with the variable and what to do, never its value."""
        self._problems.append(sentence)

    def check(self) -> None:
        """Raise `UsageError` with all problems so far, if any."""
        if self._problems:
            raise UsageError(" ".join(self._problems))


def user_folder(environment: Mapping[str, str], variable: str, *usual: str) -> Path:
    """Return Lineman's folder below *variable* (XDG Base Directory), or below *usual* in the user's home."""
    base = environment.get(variable) or os.path.join(os.path.expanduser("~"), *usual)  # noqa: PTH111, PTH118  (Path.home() raises where there is no home)
    return Path(base) / "lineman"


def read_log_level(environment: Mapping[str, str]) -> str:
    """Read the minimum log level; `UsageError` for an unknown one."""
    get = SettingsReader(environment)
    level = get.choice(LOG, LOG_LEVELS, "INFO")
    get.check()
    return level


def read_log_format(environment: Mapping[str, str]) -> str:
    """Read the format of log lines, "text" or "json"; `UsageError` for an unknown one."""
    get = SettingsReader(environment)
    form = get.choice(LOG_FORMAT, LOG_FORMATS, TEXT)
    get.check()
    return form


def _number(text: str, most: int) -> int:
    # No setting needs ten digits, and int() is slow for thousands of digits.
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
