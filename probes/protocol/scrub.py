"""What may not leave a relay is blotted out of what it saw: a secret wherever it stands, a user's name as a word.

Pure: no network, no clock. A name may be as short as "lab" and stand in the name of a host.
"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from probes.protocol.model import Plan

HIDDEN: Final = "[secret]"  # what stands where a secret would
NAME: Final = "username"  # of a step's secrets, the one that is no password
LONG: Final = 12  # letters; a name of so many means nothing else, and is blotted out of longer words too


class Scrubber:
    """Blots *secrets* and *names* out of texts; a name stays within one of *hosts*, which the plan itself names."""

    def __init__(
        self, secrets: Iterable[str] = (), names: Iterable[str] = (), hosts: Iterable[str] = ()
    ) -> None:
        self._secrets = _longest_first(secrets)
        named = "|".join(map(_as_word, _longest_first(names)))
        stored = "|".join([re.escape(HIDDEN), *map(_as_host, _longest_first(hosts))])
        self._names = re.compile(f"({stored})|{named}") if named else None

    @classmethod
    def of(cls, plan: Plan) -> "Scrubber":
        """What a relay that runs *plan* must not tell."""
        held = {texts for step in plan.steps for texts in step.secrets.items()}
        proxy = urlsplit(plan.proxy).password if plan.proxy else None
        return cls(
            [value for kind, value in held if kind != NAME] + ([proxy] if proxy else []),
            [value for kind, value in held if kind == NAME],
            [step.target.host for step in plan.steps],
        )

    def __call__(self, text: str) -> str:
        """*text* without any of them."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return self._names.sub(lambda found: found[1] or HIDDEN, text) if self._names else text


def _longest_first(texts: Iterable[str]) -> list[str]:
    return sorted({text for text in texts if text}, key=lambda item: (-len(item), item))


def _as_word(name: str) -> str:
    """A pattern for *name* where it is no part of a longer word."""
    if len(name) >= LONG:
        return re.escape(name)
    before = r"(?<!\w)" if re.match(r"\w", name) else ""
    after = r"(?!\w)" if re.search(r"\w\Z", name) else ""
    return f"{before}{re.escape(name)}{after}"


def _as_host(host: str) -> str:
    """A pattern for *host* where it is no part of another host's name."""
    return rf"(?<![\w.-])(?i:{re.escape(host)})(?![\w-]|\.\w)"
