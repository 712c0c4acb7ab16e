"""Read the JSON of a status page in Statuspage's format: its summary, its status, or its list of incidents.

Pure. Format: https://metastatuspage.com/api. What a stranger wrote becomes short, plain text.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

_MOST: Final = 3  # incidents that are quoted
_LONGEST: Final = 120  # characters of a text
_OVER: Final = frozenset({"resolved", "postmortem", "completed", "scheduled"})


class FeedError(Exception):
    """The feed could not be read; the message says why, as the end of a sentence."""


def read_summary(body: bytes) -> str:
    """What the status page reports, as text for people; raises FeedError if *body* is something else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise FeedError("its answer is not JSON") from None
    status = value.get("status") if isinstance(value, dict) else None
    incidents = value.get("incidents") if isinstance(value, dict) else None
    described = _text(status.get("description")) if isinstance(status, dict) else ""
    if not described and not isinstance(incidents, list):
        raise FeedError("its answer has neither a status nor incidents")
    named = list(_open(incidents if isinstance(incidents, list) else []))
    more = f", and {len(named) - _MOST} more" if len(named) > _MOST else ""
    listed = "; ".join(named[:_MOST]) + more if named else "no open incident"
    return f"{described}; {listed}" if described else listed


def _open(incidents: list[Any]) -> Iterator[str]:
    """Name each incident that is not over, with its state."""
    for incident in incidents:
        if not isinstance(incident, dict):
            continue
        name, state = _text(incident.get("name")), _text(incident.get("status")).lower()
        if name and state not in _OVER:
            yield f"{name} ({state})" if state else name


def _text(value: object) -> str:
    """*value* without line breaks and control characters, and cut; "" if it is no text."""
    if not isinstance(value, str):
        return ""
    words = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
