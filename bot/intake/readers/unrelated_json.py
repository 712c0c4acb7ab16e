"""Recognize JSON of another kind, and say which output to paste instead.

Pure.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

Keys = frozenset[str]

WANTED: Final = "the report that the SDK's preflight test gives on completion"

_KINDS: Final[tuple[tuple[str, Callable[[Keys, Mapping[str, Any]], bool]], ...]] = (
    (
        "a package.json",
        lambda keys, _: (
            {"name", "version"} <= keys and bool(keys & {"dependencies", "scripts", "devdependencies"})
        ),
    ),
    (
        "a HAR file of the browser's network panel",
        lambda keys, item: isinstance(item.get("log"), Mapping) and "entries" in item["log"],
    ),
    (
        "an answer of Twilio's Tokens API; it holds credentials, so do not paste it anywhere",
        lambda keys, _: "ice_servers" in keys,
    ),
    (
        "an error of Twilio's REST API, which the SDK does not use",
        lambda keys, _: {"code", "more_info", "status"} <= keys,
    ),
    (
        "a list of Twilio REST resources",
        lambda keys, _: "first_page_uri" in keys or {"account_sid", "uri", "sid"} <= keys,
    ),
    ("a decoded access token", lambda keys, _: {"iss", "exp"} <= keys or {"alg", "typ"} <= keys),
    (
        "a dump of chrome://webrtc-internals",
        lambda keys, _: "peerconnections" in keys or "getusermedia" in keys,
    ),
    ("a diagnosis by Lineman", lambda keys, _: {"format", "outcome", "headline"} <= keys),
    ("the state of a test that has not ended", lambda _, item: _runs(item)),
    ("one sample of a test, not its report", lambda keys, _: {"rtt", "jitter"} <= keys and "mos" in keys),
    ("one candidate, not a report", lambda keys, _: {"candidatetype", "protocol"} <= keys),
    ("a Slack message", lambda keys, _: {"blocks", "text"} <= keys or {"team_id", "event"} <= keys),
)


def _runs(item: Mapping[str, Any]) -> bool:
    """Tell whether *item* is the state of a running test, as the SDKs' test objects print it."""
    text = [value for key, value in item.items() if str(key).casefold().strip("_") in ("status", "state")]
    return any(str(value).casefold() in ("connecting", "connected") for value in text)


def name_of(value: Any) -> str:
    """Return what *value* is, or "" if that is unknown."""
    if isinstance(value, list):
        value = next((item for item in value if isinstance(item, Mapping)), None)
    if not isinstance(value, Mapping):
        return ""
    keys = frozenset(str(key).casefold() for key in value)
    return next((name for name, fits in _KINDS if fits(keys, value)), "")


def sentence(value: Any) -> str:
    """Return a sentence that says what *value* is and what to paste instead."""
    name = name_of(value)
    if name:
        return f"This is {name}; I need {WANTED}."
    if isinstance(value, Mapping) and value:
        visible = ", ".join(str(key)[:30] for key in list(value)[:5])
        return (
            f"This is JSON, but not a preflight report: it has {visible}, and not enough of edge, "
            f"networkTiming, stats, "
            f"samples and candidates. I need {WANTED}."
        )
    return f"This is JSON, but not a preflight report; I need {WANTED}."
