"""Read JSON of Voice Insights (summary, events, metrics): SDK, edge, codec, errors, warnings, and who hung up.

What is missing there proves nothing: events arrive late, and some never.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.intake.parsing.edge_names import edge_id
from bot.intake.parsing.error_objects import HANGUP, read_fault
from bot.intake.parsing.fields import FieldMap
from bot.intake.parsing.quality_warnings import read_cautions
from bot.intake.preflight_report import PreflightReport, QualityWarning, SdkError

_PLATFORMS: Final = (("js", "javascript"), ("android", "android"), ("ios", "ios"), ("react", "react-native"))
_MOST: Final = 500


def _is_insights(value: Mapping[str, Any]) -> bool:
    if "processing_state" in value and "call_sid" in value:
        return True
    listed = value.get("events") or value.get("metrics")
    return isinstance(value.get("meta"), Mapping) and any("sdk_edge" in item for item in _maps(listed))


def read_insights(value: Any) -> PreflightReport | None:
    """Read an answer of Voice Insights like the log of a device; None if it is something else."""
    if not isinstance(value, Mapping) or not _is_insights(value):
        return None
    listed = [*_maps(value.get("events")), *_maps(value.get("metrics"))][:_MOST]
    parts = listed or [value]
    sdk = next((sdk for part in parts if (sdk := _sdk(part))), FieldMap(None))
    faults = tuple(dict.fromkeys(fault for part in parts for fault in _faults(part)))
    return PreflightReport(
        form="log",
        platforms=tuple(platform for sign, platform in _PLATFORMS if sign in sdk.text("type").casefold())[:1],
        sdk=sdk.text("version", longest=30),
        state="failed" if faults else "",
        call_sid=str(next((part["call_sid"] for part in parts if part.get("call_sid")), ""))[:34],
        edge=edge_id(sdk.text("edgelocation", longest=80)),
        edge_asked=edge_id(sdk.text("selectedregion", longest=80)),
        codec=_codec(value),
        cautions=tuple(dict.fromkeys(caution for part in parts for caution in _cautions(part))),
        faults=faults,
        hangup=any(HANGUP.search(fault.message) for fault in faults),
    )


def insights_says(report: PreflightReport) -> str:
    """Describe in one sentence what the data are, and what they cannot tell."""
    codes = ", ".join(dict.fromkeys(code for fault in report.faults for code in fault.codes))
    has = f"with {codes}" if codes else "without an error in them"
    return f"Data of Voice Insights, {has}. An event that is missing there proves nothing."


def _sdk(part: Mapping[str, Any]) -> FieldMap:
    edge = FieldMap(part.get("sdk_edge"))
    for place in (edge.map("metadata"), FieldMap(part.get("from")), FieldMap(part.get("to"))):
        if sdk := place.map("sdk"):
            return sdk
    return FieldMap(None)


def _faults(part: Mapping[str, Any]) -> Iterator[SdkError]:
    edge = FieldMap(part.get("sdk_edge"))
    if fault := read_fault(edge.take("error") if isinstance(edge.take("error"), Mapping) else None):
        yield fault
    events = edge.map("events")
    errors = events.take("errors")
    for code in errors if isinstance(errors, Mapping) else ():
        if str(code).isdecimal() and len(str(code)) == 5:
            yield SdkError(str(code))


def _cautions(part: Mapping[str, Any]) -> tuple[QualityWarning, ...]:
    if part.get("group") != "network-quality-warning-raised":
        return ()
    return read_cautions(FieldMap({"warnings": [{"name": str(part.get("name", ""))[:60]}]}))


def _codec(value: Mapping[str, Any]) -> str:
    for place in ("client_edge", "sdk_edge"):
        metrics = FieldMap(value.get(place)).map("metrics")
        for direction in ("inbound", "outbound"):
            if codec := metrics.map(direction).text("codecname", longest=12):
                return codec.casefold() if codec.isalnum() else ""
    return ""


def _maps(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
