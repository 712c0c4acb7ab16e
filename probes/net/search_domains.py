"""Read the search domains of this host, where browsers look for the name `wpad`."""

import re
from pathlib import Path
from typing import Final

_DOMAIN: Final = re.compile(
    r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_LONGEST: Final = 248  # characters; with "wpad." in front it is still a name


def search_domains(configuration: Path) -> tuple[str, ...]:
    """The domains in a resolv.conf(5) file, in lower case; its last `search` or `domain` line counts."""
    try:
        text = configuration.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    lines = [line.lower().split() for line in text.splitlines()]
    named = [line[1:] for line in lines if line and line[0] in ("search", "domain")]
    domains = (domain.strip(".") for domain in (named[-1] if named else ()))
    return tuple(
        domain for domain in domains if len(domain) <= _LONGEST and _DOMAIN.fullmatch(domain) is not None
    )
