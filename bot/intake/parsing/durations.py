"""Read the duration of each phase of a test, in ms for any source unit and form.

Pure. Without a unit, start and end decide, or else the size: no test ends within 300 ms.
"""

from collections.abc import Sequence
from typing import Final

from bot.intake.parsing.fields import FieldMap, moment, number
from bot.intake.parsing.report_formats import timing
from bot.intake.preflight_report import Timing

_TIMES: Final = {
    "signaling": ("signaling", "signalling", "signalingtimemeasurement", "signalingtime"),
    "ice": ("ice", "iceconnection", "iceconnectiontimemeasurement"),
    "dtls": ("dtls",),
    "peer_connection": ("peerconnection", "peerconnect", "peerconnecttimemeasurement", "peer"),
    "test": ("preflighttest", "test", "preflighttesttimemeasurement"),
}

SECONDS_NOTE: Final = "{what} are in seconds, judging by their size, and are read that way."

_SHORT_TEST: Final = 300.0  # no test ends in so many ms; as seconds it is five minutes
_SHORT_PART: Final = 10.0


def read_timing(report: FieldMap) -> tuple[Timing, list[str]]:
    """Read the times in ms, with notes about how they were read."""
    parts = timing(report)
    raw: dict[str, float] = {}
    sure: dict[str, float] = {}
    for name, keys in _TIMES.items():
        place = parts if name != "test" or any(key in parts for key in keys) else report
        names = keys if place is parts else ("testtiming", *keys)
        found, known = _duration(place, names)
        if found is not None and 0 <= found < 1e9:
            (sure if known else raw)[name] = found
    notes = []
    if raw and _in_seconds(raw):
        raw = {name: value * 1000 for name, value in raw.items()}
        notes.append(SECONDS_NOTE.format(what="Times"))
    return Timing(**{name: round(value, 3) for name, value in (raw | sure).items()}), notes


def started(report: FieldMap) -> float | None:
    """Return when the test began, in seconds since the epoch."""
    test = timing(report).map("preflighttest", "preflighttesttimemeasurement") or report.map("testtiming")
    begun = moment(test.take("start", "starttime")) or moment(report.take("starttime", "start"))
    return begun / 1000 if begun else None


def _duration(parts: FieldMap, names: Sequence[str]) -> tuple[float | None, bool]:
    """Return one duration, and whether it is known to be in ms."""
    value = parts.take(*names)
    if not isinstance(value, dict):
        for name in names:
            found, in_ms = parts.milliseconds(name)
            if found is not None:
                return found, in_ms
        return None, False
    inner = FieldMap(value)
    found, in_ms = inner.milliseconds("duration", "elapsed", "time")
    begun, ended = inner.take("start", "starttime"), inner.take("end", "endtime")
    first, last = moment(begun), moment(ended)
    if in_ms and found is not None:
        return found, True
    if first is not None and last is not None and last >= first:
        return _checked(found, last - first), True
    if found is None and (a := number(begun)) is not None and (b := number(ended)) is not None and b >= a:
        return b - a, False
    return found, False


def _checked(written: float | None, apart: float) -> float:
    """Convert the *written* duration to ms in the unit that fits between start and end."""
    if written is None:
        return apart
    for factor in (1.0, 1000.0, 0.001):
        if abs(written * factor - apart) <= max(0.2 * apart, 5.0):
            return written * factor
    return written


def _in_seconds(raw: dict[str, float]) -> bool:
    if "test" in raw and raw["test"] > 0:
        return raw["test"] < _SHORT_TEST
    longest = max(raw.values())
    return 0 < longest < _SHORT_PART and any(value != int(value) for value in raw.values())
