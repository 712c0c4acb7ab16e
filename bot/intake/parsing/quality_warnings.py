"""Read the quality warnings of a report, under the names of the JavaScript SDK.

Pure.
"""

import re
from typing import Any, Final

from bot.intake.parsing.fields import FieldMap, folded, number
from bot.intake.preflight_report import QualityWarning

MOST: Final = 50

INSIGHTS: Final = "insights-connection-error"

# The form that a future warning name may have. Other text is dropped.
_FORM: Final = re.compile(r"[A-Za-z][A-Za-z-]{2,40}")

# folded name: JavaScript name. The SDKs' names for the same warning are next to each other.
_NAMES: Final = {
    folded(alias): name
    for name, aliases in {
        "high-rtt": ("high-rtt", "rtt", "warn-high-rtt", "WARN_HIGH_RTT"),
        "high-jitter": ("high-jitter", "jitter", "WARN_HIGH_JITTER"),
        "high-packet-loss": (
            "high-packet-loss", "high-packets-lost-fraction", "high-packetloss", "packets-lost-fraction",
            "WARN_HIGH_PACKET_LOSS", "packetsLostFraction",
        ),
        "low-mos": ("low-mos", "mos", "WARN_LOW_MOS"),
        "constant-audio-input-level": ("constant-audio-input-level", "audio-input-level"),
        "constant-audio-output-level": ("constant-audio-output-level", "audio-output-level"),
        INSIGHTS: (INSIGHTS, "insights-connection-failed"),
        "low-bytes-sent": ("low-bytes-sent", "bytes-sent"),
        "low-bytes-received": ("low-bytes-received", "bytes-received"),
        "ice-connectivity-lost": ("ice-connectivity-lost",),
    }.items()
    for alias in aliases
}  # fmt: skip


def read_cautions(report: FieldMap) -> tuple[QualityWarning, ...]:
    """List the warnings, and whether each was cleared later."""
    cleared = {_name(item) for item in report.list("warningscleared", "clearedwarnings")[:MOST]}
    found: dict[str, QualityWarning] = {}
    for entry in report.list("warnings", "qualitywarnings", "currentwarnings")[:MOST]:
        name = _name(entry)
        if name:
            found.setdefault(name, _caution(name, FieldMap(entry), cleared=name in cleared))
    return tuple(found.values())


def _caution(name: str, fields: FieldMap, *, cleared: bool) -> QualityWarning:
    rtc = fields.map("rtcwarning") or fields
    threshold = rtc.take("threshold", "thresholdvalue")
    values = rtc.take("values", "value")
    last = values[-1] if isinstance(values, list) and values else values
    limit = FieldMap(threshold).number("value") if isinstance(threshold, dict) else number(threshold)
    return QualityWarning(name, limit, number(last), cleared)


def _name(value: Any) -> str:
    written = value if isinstance(value, str) else FieldMap(value).text("name", "warning", "type", longest=60)
    plain = folded(written).removesuffix("warning").removeprefix("callqualitywarning")
    return _NAMES.get(plain) or (written.casefold() if _FORM.fullmatch(written) else "")
