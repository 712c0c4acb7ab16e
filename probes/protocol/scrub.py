"""Remove secrets and user names from observations before they leave the relay.

A secret is removed wherever it occurs, a user name only as a whole word: it may be as short as "lab" and part of a
host name. Pure: no network, no clock.
"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from probes.protocol.model import Plan

HIDDEN: Final = "[secret]"  # replaces a secret
NAME: Final = "username"  # the key in a step's secrets whose value is not a password
LONG: Final = 12  # characters; a name this long is removed from longer words as well


class Scrubber:
    """Remove *secrets* and *names* from texts; a name inside one of *hosts*, which the plan names, is left in."""

    def __init__(
        self, secrets: Iterable[str] = (), names: Iterable[str] = (), hosts: Iterable[str] = ()
    ) -> None:
        self._secrets = _longest_first(secrets)
        named = "|".join(map(_as_word, _longest_first(names)))
        stored = "|".join([re.escape(HIDDEN), *map(_as_host, _longest_first(hosts))])
        self._names = re.compile(f"({stored})|{named}") if named else None

    @classmethod
    def of(cls, plan: Plan) -> "Scrubber":
        """Make the scrubber for the secrets and user names of *plan*."""
        held = {texts for step in plan.steps for texts in step.secrets.items()}
        proxy = urlsplit(plan.proxy).password if plan.proxy else None
        return cls(
            [value for kind, value in held if kind != NAME] + ([proxy] if proxy else []),
            [value for kind, value in held if kind == NAME],
            [step.target.host for step in plan.steps],
        )

    def __call__(self, text: str) -> str:
        """Return *text* without the secrets and names."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return self._names.sub(lambda found: found[1] or HIDDEN, text) if self._names else text


def _longest_first(texts: Iterable[str]) -> list[str]:
    return sorted({text for text in texts if text}, key=lambda item: (-len(item), item))


def _as_word(name: str) -> str:
    """Make a pattern for *name* as a whole word."""
    if len(name) >= LONG:
        return re.escape(name)
    before = r"(?<!\w)" if re.match(r"\w", name) else ""
    after = r"(?!\w)" if re.search(r"\w\Z", name) else ""
    return f"{before}{re.escape(name)}{after}"


def _as_host(host: str) -> str:
    """Make a pattern for *host* where it is not part of another host name."""
    return rf"(?<![\w.-])(?i:{re.escape(host)})(?![\w-]|\.\w)"
