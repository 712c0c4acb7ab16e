"""Read JSON of Voice Insights (summary, events, metrics): SDK, edge, codec, ICE, errors, warnings, and who hung up.

What is missing there proves nothing: events arrive late, and some never. `{"call_sid", "summary", "events",
"metrics", "alerts"}` holds several answers for one call.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from bot.intake.parsing.edge_names import edge_id
from bot.intake.parsing.error_objects import HANGUP, read_fault
from bot.intake.parsing.fields import FieldMap
from bot.intake.parsing.insights_answers import InsightsCall, sort_answers
from bot.intake.parsing.insights_line import read_line
from bot.intake.parsing.quality_warnings import read_cautions
from bot.intake.preflight_report import (
    HOST,
    PRFLX,
    RELAY,
    SRFLX,
    Candidate,
    PreflightReport,
    QualityWarning,
    SdkError,
)

ICE_LIMIT: Final = (
    "After an ICE failure, this data alone cannot show whether the app passed no TURN servers, TURN is blocked, or "
    "UDP to the media ports is blocked."
)
ONE_WAY: Final = (
    "The gateway received no packets from the device, and the device received some. Either the app sent no audio, "
    "or packets from the device were lost on the path."
)
_PLATFORMS: Final = (("js", "javascript"), ("android", "android"), ("ios", "ios"), ("react", "react-native"))
_TAGS: Final = {"high_jitter": "high-jitter", "high_packet_loss": "high-packet-loss", "low_mos": "low-mos"}
_RAISED: Final = ("network-quality-warning-raised", "audio-level-warning-raised")
_MICROPHONE: Final = "The browser or the device did not give the app the microphone."


def read_insights(value: Any) -> PreflightReport | None:
    """Read answers of Voice Insights like the log of a device; None if they are something else."""
    call = sort_answers(value) if isinstance(value, Mapping) else None
    if call is None:
        return None
    sdk = next((sdk for part in call.parts if (sdk := _sdk(part))), FieldMap(None))
    faults = tuple(_each_once([*(fault for part in call.parts for fault in _faults(part)), *_alerts(call)]))
    local, remote = _pair(call)
    ice_failed = "ice_failure" in call.tags or any(map(_is_ice_failure, call.events))
    line = read_line(call)
    return PreflightReport(
        form="log",
        platforms=tuple(platform for sign, platform in _PLATFORMS if sign in sdk.text("type").casefold())[:1],
        sdk=sdk.text("version", longest=30),
        state="failed" if faults else "",
        call_sid=call.sid,
        edge=edge_id(sdk.text("edgelocation", longest=80)),
        edge_asked=edge_id(sdk.text("selectedregion", longest=80)),
        local=local,
        remote=remote,
        rtt=line.rtt,
        jitter=line.jitter,
        mos=line.mos,
        loss_percent=line.loss_percent,
        packets=line.packets,
        lost=line.lost,
        codec=_codec(call.summary),
        cautions=tuple(dict.fromkeys(caution for part in call.parts for caution in _cautions(part))),
        faults=faults,
        hangup=any(HANGUP.search(fault.message) for fault in faults),
        notes=tuple(_notes(call, ice_failed=ice_failed)),
        of_service=call.state,
        ice_failed=ice_failed,
        ended_by=_ended_by(call.summary),
    )


def insights_says(report: PreflightReport) -> str:
    """Describe in one sentence what the data are, and what they cannot tell."""
    codes = ", ".join(dict.fromkeys(code for fault in report.faults for code in fault.codes))
    has = f"with {codes}" if codes else "without an error"
    return f"Voice Insights data {has}. A missing event proves nothing."


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


def _each_once(faults: Iterable[SdkError]) -> Iterator[SdkError]:
    """Yield each error once. A code without a message repeats the same code with one."""
    known: set[str] = set()
    for fault in dict.fromkeys(faults):
        if fault.message or fault.code not in known:
            yield fault
        known |= set(fault.codes)


def _alerts(call: InsightsCall) -> Iterator[SdkError]:
    """Yield the codes of the error log that belong to this call. Its texts are other people's."""
    for alert in call.alerts:
        code = str(alert.get("error_code", ""))
        if alert.get("resource_sid") == call.sid and code.isdecimal() and len(code) == 5:
            yield SdkError(code, "in the error log of the account")


def _is_ice_failure(event: Mapping[str, Any]) -> bool:
    return event.get("group") == "ice-connection-state" and event.get("name") == "failed"


def _pair(call: InsightsCall) -> tuple[Candidate | None, Candidate | None]:
    """Return the candidates of the pair that was selected last."""
    pairs = (FieldMap(event.get("sdk_edge")).map("icecandidatepair") for event in reversed(call.events))
    pair = next((pair for pair in pairs if pair), FieldMap(None))
    return _candidate(pair.map("local"), remote=False), _candidate(pair.map("remote"), remote=True)


def _candidate(side: FieldMap, *, remote: bool) -> Candidate | None:
    kind, protocol = (
        side.text("type", longest=10).casefold(),
        side.text("protocol", longest=10).casefold(),
    )
    if kind not in (HOST, SRFLX, PRFLX, RELAY):
        return None
    return Candidate(kind, remote, protocol if protocol in ("udp", "tcp") else "")


def _cautions(part: Mapping[str, Any]) -> tuple[QualityWarning, ...]:
    tags = part.get("tags")
    named = [_TAGS[tag] for tag in tags if str(tag) in _TAGS] if isinstance(tags, list) else []
    if part.get("group") in _RAISED:
        named.append(str(part.get("name", ""))[:60])
    return read_cautions(FieldMap({"warnings": [{"name": name} for name in named]})) if named else ()


def _codec(summary: Mapping[str, Any]) -> str:
    for place in ("client_edge", "sdk_edge"):
        metrics = FieldMap(summary.get(place)).map("metrics")
        for direction in ("inbound", "outbound"):
            if codec := metrics.map(direction).text("codecname", longest=12):
                return codec.casefold() if codec.isalnum() else ""
    return ""


def _ended_by(summary: Mapping[str, Any]) -> str:
    by = FieldMap(summary.get("properties")).text("disconnectedby", longest=10)
    return by if by in ("caller", "callee") else ""


def _notes(call: InsightsCall, *, ice_failed: bool) -> Iterator[str]:
    """Yield what the data cannot tell, and what one must not read into them."""
    if ice_failed:
        yield ICE_LIMIT
    gateway = FieldMap(call.summary.get("client_edge")).map("metrics").map("inbound")
    device = FieldMap(call.summary.get("sdk_edge")).map("metrics").map("inbound")
    if gateway.number("packetsreceived") == 0 and device.number("packetsreceived"):
        yield ONE_WAY
    denied = ("denied", "failed")
    if any(event.get("group") == "get-user-media" and event.get("name") in denied for event in call.events):
        yield _MICROPHONE
