"""Describe in words what the readers of tools and logs have read.

Pure.
"""

from collections.abc import Iterable
from typing import Final

from probes.protocol.model import Observation

NO_RESULT: Final = "Output of {tool} that shows no result for a host."


def logs_say(found: Iterable[Observation]) -> str:
    """Describe in one sentence what the lines of logs name."""
    about = dict.fromkeys(
        f"{look.facts['bad']}{f' ({look.target.host})' if look.target.host else ''}" for look in found
    )
    listed = list(about)[:5]
    return f"Lines of a log that say: {'; '.join(listed)}{'; and more' if len(about) > len(listed) else ''}."


def tools_say(pasted: Iterable[Observation]) -> str:
    """Describe which tools the output is from, which hosts they checked, and what would say more."""
    pasted = tuple(pasted)
    about = dict.fromkeys(
        f"{look.facts['tool']}{f' about {look.target.host}' if look.target.host else ''}"
        f"{f' ({measured})' if (measured := look.facts.get('measured')) else ''}"
        for look in pasted
    )
    listed = list(about)[:10]
    hints = dict.fromkeys(f" {look.facts['hint']}" for look in pasted if "hint" in look.facts)
    return (
        f"Output of {', '.join(listed)}{' and others' if len(about) > len(listed) else ''}.{''.join(hints)}"
    )
