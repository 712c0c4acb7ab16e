"""Define how each SDK writes its report, and find which SDK wrote one, by its context and its fields.

Pure. The text around a report takes precedence over its fields.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.intake.parsing.fields import FieldMap

# Sentences for the parts that a complete report has and this one lacks.
PARTS: Final = {
    "edge": "the edge that the client connected to",
    "edge_asked": "the edge that was requested, so it is unknown whether DNS chose",
    "signaling": "the time that signaling took, so nothing shows that it connected",
    "ice": "the time that ICE took",
    "dtls": "the time that the DTLS handshake took",
    "stats": "averages of round trip and jitter",
    "samples": "samples, so there are averages only",
    "loss": "packet counts, so loss is unknown and MOS cannot be recomputed",
    "candidates": "ICE candidates, so nothing shows which paths the device had",
    "pair": "the selected candidate pair, so nothing shows which path the media used",
}

_NATIVE_PARTS: Final = tuple(part for part in PARTS if part != "dtls")


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """How one SDK writes its report."""

    name: str
    platforms: tuple[str, ...]
    holds: tuple[str, ...]  # keys of PARTS
    signs: Callable[[FieldMap], int]  # how well a report fits


def first(values: list[object]) -> FieldMap:
    """Return the first map of a list, or an empty one."""
    return FieldMap(next((value for value in values if isinstance(value, dict)), None))


def timing(report: FieldMap) -> FieldMap:
    """Return the part of a report with the times."""
    return report.map("networktiming", "networktimings", "timing", "timings")


def native_signs(report: FieldMap) -> int:
    """Score a report as one of the native SDKs, Android or iOS."""
    found = sum(2 for name in ("networkstats", "icecandidates", "selectedicecandidatepair") if name in report)
    found += 3 * ("statssamples" in report) + 3 * ("networktimings" in report)
    times = set(timing(report).names())
    return found + 2 * len(times & {"iceconnection", "preflighttest", "peerconnecttimemeasurement"})


def _javascript_signs(report: FieldMap) -> int:
    """Score what only JavaScript writes: a DTLS time, totals, codecName, candidate statistics of the browser."""
    sample = first(report.list("samples"))
    candidate = first(report.list("icecandidatestats"))
    warning = first(report.list("warnings"))
    found = 3 * ("dtls" in timing(report)) + 2 * ("totals" in report)
    found += 3 * ("codecname" in sample) + 2 * ("totals" in sample)
    found += 2 * candidate.text("type").endswith("candidate") + ("id" in candidate)
    found += 3 * ("rtcwarning" in warning or "description" in warning)
    return found + ("stats" in report) + ("testtiming" in report) + ("icecandidatestats" in report)


# The report of the JavaScript SDK: `completed` of `Device.runPreflight`, times in ms, counters per sample.
JAVASCRIPT: Final = ReportFormat("javascript", ("javascript",), tuple(PARTS), _javascript_signs)


def _android_signs(report: FieldMap) -> int:
    """Score the native form in which quality is text and isTurnRequired a Boolean."""
    native = native_signs(report)
    quality, turn = report.take("callquality"), report.take("isturnrequired")
    word = isinstance(quality, str) and not quality.strip().isdecimal()
    return native + (3 * word + 2 * isinstance(turn, bool) if native else 0)


# The report of the Android SDK: `onPreflightCompleted`'s JSONObject; quality is text, isTurnRequired a
# Boolean.
ANDROID: Final = ReportFormat("android", ("android",), _NATIVE_PARTS, _android_signs)


def _ios_signs(report: FieldMap) -> int:
    """Score the native form in which quality is a number and isTurnRequired the text "true" or "false"."""
    native = native_signs(report)
    quality, turn = report.take("callquality"), report.take("isturnrequired")
    counted = (isinstance(quality, int | float) and not isinstance(quality, bool)) or (
        isinstance(quality, str) and quality.strip().isdecimal()
    )
    measured = any(name.endswith("timemeasurement") for name in timing(report).names())
    return native + (3 * counted + 2 * isinstance(turn, str) + 3 * measured if native else 0)


# The report of the iOS SDK: `dictionaryReport` of TVOPreflightReport; quality is 0 to 4, isTurnRequired a
# text.
IOS: Final = ReportFormat("ios", ("ios",), _NATIVE_PARTS, _ios_signs)


def _react_native_signs(report: FieldMap) -> int:
    """Score the mixed form: JavaScript names around candidates and samples of the native SDKs."""
    sample = first(report.list("samples"))
    candidate = first(report.list("icecandidatestats"))
    found = 3 * ("networkcost" in candidate or "tcptype" in candidate or "deleted" in candidate)
    found += 2 * ("codec" in sample) + 2 * ("warningscleared" in report and "stats" in report)
    return found + ("stats" in report) + ("testtiming" in report) + ("icecandidatestats" in report)


# The report of the React Native SDK: the native one with JavaScript names, without totals and DTLS.
REACT_NATIVE: Final = ReportFormat("react-native", ("react-native",), _NATIVE_PARTS, _react_native_signs)

FORMS: Final = (JAVASCRIPT, ANDROID, IOS, REACT_NATIVE)

# One of the two native forms, if the fields do not show which.
NATIVE: Final = ReportFormat("native", ("android", "ios"), ANDROID.holds, lambda _: 0)
UNKNOWN: Final = ReportFormat("unknown", (), ANDROID.holds, lambda _: 0)

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


def form_of(report: FieldMap, around: FieldMap) -> ReportFormat:
    """Choose the form of *report*. *around* is the map that contains it."""
    if report_format := said_form(around) or said_form(report):
        return report_format
    ranked = sorted(((form.signs(report), form) for form in FORMS), key=lambda item: -item[0])
    (most, best), (next_, other) = ranked[:2]
    if most == 0:
        return UNKNOWN
    if most == next_:
        return NATIVE if {best.name, other.name} == {"android", "ios"} else UNKNOWN
    return best


def said_form(words: FieldMap) -> ReportFormat | None:
    """Choose the form by the names of platform and SDK in *words*."""
    text = words.text("platform", "sdk", "sdkname", "product", "os", "client")
    return next(
        (form for name, pattern in _SAID if pattern.search(text) for form in FORMS if form.name == name), None
    )


def version_in(*maps: FieldMap) -> str:
    """Find the SDK's version; "" without one."""
    for words in maps:
        for name in ("sdkversion", "sdk", "voicesdkversion", "version", "releaseversion"):
            if match := _VERSION.search(words.text(name)):
                return match[1]
    return ""
