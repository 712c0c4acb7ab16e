"""Which SDK wrote a report: what is said around it counts most, then what only that SDK writes.

Pure.
"""

import re
from typing import Final

from bot.preflight import android, ios, javascript, react_native
from bot.preflight.form import Form
from bot.preflight.keys import Map

FORMS: Final = (javascript.FORM, android.FORM, ios.FORM, react_native.FORM)

# One of the two native forms, and nothing tells which.
NATIVE: Final = Form("native", ("android", "ios"), android.FORM.holds, lambda _: 0)
UNKNOWN: Final = Form("unknown", (), android.FORM.holds, lambda _: 0)

_SAID: Final = (
    ("react-native", re.compile(r"react.?native|\brn\b|voice-react-native", re.IGNORECASE)),
    ("android", re.compile(r"android|kotlin", re.IGNORECASE)),
    ("ios", re.compile(r"\bios\b|iphone|ipad|swift|twiliovoice\b", re.IGNORECASE)),
    (
        "javascript",
        re.compile(r"javascript|\bjs\b|browser|\bweb\b|@twilio/voice-sdk|twilio-client", re.IGNORECASE),
    ),
)
_VERSION: Final = re.compile(
    r"(?<![\d.])(\d{1,2}\.\d{1,3}(?:\.(?:\d{1,3}|x))?(?:-[a-z0-9.]{1,20})?)(?![\d.])"
)


def form_of(report: Map, around: Map) -> Form:
    """Choose the form of *report*; *around* is what it was wrapped in."""
    if said := said_form(around) or said_form(report):
        return said
    ranked = sorted(((form.signs(report), form) for form in FORMS), key=lambda one: -one[0])
    (most, best), (next_, other) = ranked[:2]
    if most == 0:
        return UNKNOWN
    if most == next_:
        return NATIVE if {best.name, other.name} == {"android", "ios"} else UNKNOWN
    return best


def said_form(words: Map) -> Form | None:
    """Choose the form by what is said of platform and SDK."""
    said = words.text("platform", "sdk", "sdkname", "product", "os", "client")
    return next(
        (form for name, pattern in _SAID if pattern.search(said) for form in FORMS if form.name == name), None
    )


def version_in(*maps: Map) -> str:
    """Find the SDK's version in what is said of it; empty where nothing is."""
    for words in maps:
        for name in ("sdkversion", "sdk", "voicesdkversion", "version", "releaseversion"):
            if match := _VERSION.search(words.text(name)):
                return match[1]
    return ""
