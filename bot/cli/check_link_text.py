"""Write what is known of a check link, for people and as JSON values."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.rendering.check_link_text import moment
from bot.storage.links_table import CheckLink, CheckStart


def link_json(link: CheckLink, checks: Sequence[CheckStart]) -> Mapping[str, Any]:
    """Return what is known of a link, without its token."""
    return {
        "name": link.name,
        "case": link.case_id,
        "state": state_of(link, time.time()),
        "created": _iso(link.created),
        "expires": _iso(link.expires),
        "runs": link.runs,
        "used": link.used,
        "checks": [{"started": _iso(check.started), "run": check.run or None} for check in checks],
    }


def state_of(link: CheckLink, now: float) -> str:
    """Return open, revoked, expired, or used-up."""
    if link.revoked is not None:
        return "revoked"
    if now >= link.expires:
        return "expired"
    return "open" if link.used < link.runs else "used-up"


def link_row(link: CheckLink, checks: Sequence[CheckStart]) -> str:
    """Return one line about a link."""
    results = sum(bool(check.run) for check in checks)
    state = state_of(link, time.time()).replace("-", " ")
    return (
        f"{link.name}  {state}, until {moment(link.expires)}  started {link.used} of {link.runs}  "
        f"results {results}"
    )


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
