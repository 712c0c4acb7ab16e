"""What reports look like in the wild: the same four, written, wrapped and spelled otherwise, and what comes out.

A variation is a name, the report it is made of, how it is changed, and the facts that differ from that report's own;
a fact that is None must not be there.
"""

# ruff: noqa: E501 - a table: one line is one entry

import copy
import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from tests.bot.intake.samples import BEGAN, SAMPLES, SID, Json, native_candidate

Facts = dict[str, Any]

# What each report shows as it stands.
OWN: dict[str, Facts] = {
    "javascript": {
        "form": "javascript", "state": "completed", "edge": "dublin", "edge_asked": "roaming", "signaling": "connected",
        "media": "connected", "path": "relay", "relay_candidate": True, "direct_candidates": True,
        "relay_transport": "TCP", "candidates": ["host", "srflx", "relay"], "signaling_ms": 280.0, "ice_ms": 310.0,
        "dtls_ms": 190.0, "rtt_ms": 110, "jitter_ms": 9, "loss_percent": 1.0, "quality": "excellent", "codec": "opus",
        "warnings": ["high-jitter"],
    },
    "android": {
        "form": "android", "state": "completed", "edge": "singapore", "edge_asked": "singapore", "signaling": "connected",
        "media": "connected", "path": "direct", "path_transport": "udp", "direct_port": 22222, "relay_candidate": None,
        "candidates": ["host", "srflx"], "signaling_ms": 640.0, "ice_ms": 450.0, "dtls_ms": None, "rtt_ms": 310,
        "jitter_ms": 22, "loss_percent": 2.222, "quality": "fair", "codec": "opus", "warnings": ["high-rtt"],
    },
    "ios": {
        "form": "ios", "state": "completed", "edge": "frankfurt", "edge_asked": "roaming", "signaling": "connected",
        "media": "connected", "path": "direct", "path_transport": "udp", "direct_port": 22222, "rtt_ms": 40,
        "jitter_ms": 3, "loss_percent": 0.0, "quality": "excellent", "codec": "opus", "warnings": None,
        "signaling_ms": 640.0,
    },
    "react-native": {
        "form": "react-native", "state": "completed", "edge": "singapore", "edge_asked": "singapore",
        "signaling": "connected", "media": "connected", "path": "direct", "direct_port": 22222, "signaling_ms": 640.0,
        "ice_ms": 450.0, "rtt_ms": 310, "jitter_ms": 22, "loss_percent": 2.222, "quality": "fair",
        "warnings": ["high-rtt"],
    },
}  # fmt: skip


class Variation(NamedTuple):
    """One way in which a report comes."""

    name: str
    of: str
    make: Callable[[Json], str | bytes]
    differs: Mapping[str, Any] = MappingProxyType({})

    def source(self) -> str | bytes:
        """The text or the bytes that somebody sends."""
        return self.make(copy.deepcopy(SAMPLES[self.of]()))

    def expected(self) -> Facts:
        """Every fact that must come out."""
        return {**OWN[self.of], **self.differs}


def changed(change: Callable[[Json], Any]) -> Callable[[Json], str]:
    """Change the report in place, or give another one, and write it as JSON."""

    def make(report: Json) -> str:
        return json.dumps(change(report) or report)

    return make


def without(*names: str) -> Callable[[Json], str]:
    """Leave keys out."""
    return changed(lambda report: {key: value for key, value in report.items() if key not in names})


def respelled(spell: Callable[[str], str]) -> Callable[[Json], str]:
    """Spell every key otherwise."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {spell(key): walk(one) for key, one in value.items()}
        return [walk(one) for one in value] if isinstance(value, list) else value

    return lambda report: json.dumps(walk(report))


def snake(key: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", key).lower()


def pascal(key: str) -> str:
    return key[:1].upper() + key[1:]


def kebab(key: str) -> str:
    return snake(key).replace("_", "-")


def as_texts(value: Any) -> Any:
    """Every number as a text."""
    if isinstance(value, dict):
        return {key: as_texts(one) for key, one in value.items()}
    if isinstance(value, list):
        return [as_texts(one) for one in value]
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def stats_scaled(factor: float) -> Callable[[Json], str]:
    """Round trip and jitter in another unit."""

    def change(report: Json) -> None:
        stats = report.get("stats") or report["networkStats"]
        for name in ("rtt", "jitter"):
            stats[name] = {key: value * factor for key, value in stats[name].items()}
        for sample in report.get("samples") or report["statsSamples"]:
            sample |= {"rtt": sample["rtt"] * factor, "jitter": sample["jitter"] * factor}

    return changed(change)


def times_scaled(factor: float, *, ends: bool = True) -> Callable[[Json], str]:
    """Times in another unit, with or without start and end."""

    def scale(part: Json) -> Json:
        return {key: value * factor for key, value in part.items() if ends or key == "duration"}

    def change(report: Json) -> None:
        report["networkTiming"] = {name: scale(part) for name, part in report["networkTiming"].items()}
        if "testTiming" in report:
            report["testTiming"] = scale(report["testTiming"])

    return changed(change)


def fractions(report: Json) -> None:
    for sample in report["samples"]:
        sample["packetsLostFraction"] /= 100


def iso_times(report: Json) -> None:
    from datetime import UTC, datetime

    for part in report["networkTiming"].values():
        for key in ("start", "end"):
            part[key] = datetime.fromtimestamp(part[key] / 1000, UTC).isoformat().replace("+00:00", "Z")
        del part["duration"]


def javascript_object(report: Json) -> str:
    """As the console of a browser or of node prints it."""
    text = json.dumps(report, indent=2)
    text = re.sub(r'"([A-Za-z]\w*)":', r"\1:", text)
    return "> console.log(report)\n" + text.replace('"', "'").replace("null", "undefined")


def swift(report: Json) -> str:
    """As Swift prints a dictionary."""

    def show(value: Any) -> str:
        if isinstance(value, dict):
            return "[" + ", ".join(f'AnyHashable("{key}"): {show(one)}' for key, one in value.items()) + "]"
        if isinstance(value, list):
            return "[" + ", ".join(map(show, value)) + "]"
        return f"Optional({json.dumps(value)})" if isinstance(value, str) else json.dumps(value)

    return f"report: {show(report)}"


def objective_c(report: Json) -> str:
    """As NSLog prints a dictionary."""

    def show(value: Any, deep: int) -> str:
        pad = "    " * deep
        if isinstance(value, dict):
            inner = "".join(f"{pad}    {key} = {show(one, deep + 1)};\n" for key, one in value.items())
            return "{\n" + inner + pad + "}"
        if isinstance(value, list):
            return "(\n" + ",\n".join(f"{pad}    {show(one, deep + 1)}" for one in value) + f"\n{pad})"
        if isinstance(value, bool):
            return str(int(value))
        plain = str(value)
        return plain if re.fullmatch(r"[A-Za-z0-9_]+", plain) else f'"{plain}"'

    return "2025-10-09 12:00:01.123456+0200 Phone[4321:98765] " + show(report, 0)


def python_repr(report: Json) -> str:
    return repr(report)


def logcat(report: Json) -> str:
    lines = json.dumps(report, indent=2).splitlines()
    return "\n".join(
        f"10-09 12:00:0{n % 10}.123  4321  4330 D PreflightTest: {line}" for n, line in enumerate(lines)
    )


def old_logcat(report: Json) -> str:
    return "\n".join(f"D/Preflight( 4321): {line}" for line in json.dumps(report, indent=1).splitlines())


def in_log(report: Json) -> str:
    before = "[2025-10-09T12:00:00.000Z] [INFO] preflight {state: connecting, tries: [1\n[12:00:01] Connected (ok)\n"
    return f"{before}completed {json.dumps(report)}\n[12:00:30] [INFO] done }}"


def smart_quotes(report: Json) -> str:
    opening = iter(range(10**9))
    text = re.sub(
        '"', lambda _: "\u201c" if next(opening) % 2 == 0 else "\u201d", json.dumps(report, indent=1)
    )
    return text.replace(" ", "\u00a0")


def slack(report: Json) -> str:
    text = json.dumps(report, indent=1).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"here is the report from the customer <@U123>:\n```{text}```\nany idea?"


def fenced(report: Json) -> str:
    return f"It says\n```json\n{json.dumps(report, indent=2)}\n```\nthanks"


def nan(report: Json) -> str:
    report["stats"]["mos"] = {"average": float("nan"), "min": float("nan"), "max": float("inf")}
    return json.dumps(report)


def legacy(report: Json) -> Json:
    """What versions before times, TURN and candidates wrote."""
    return {
        key: report[key]
        for key in ("callSid", "callQuality", "edge", "samples", "stats", "testTiming", "warnings")
    }


def failed(report: Json) -> Json:
    return {"callSid": SID, "status": "failed", "edge": report["edge"], "selectedEdge": report["selectedEdge"],
            "error": {"code": 31003, "message": "Connection timeout", "twilioError": {"code": 53405}}}  # fmt: skip


def failed_early(report: Json) -> Json:
    return {"selectedEdge": "roaming", "networkTiming": {}, "samples": [],
            "errors": [{"code": "53000", "name": "SignalingConnectionError", "message": "ConnectionError (53000)"}]}  # fmt: skip


def running(report: Json) -> Json:
    timing = {"signaling": report["networkTiming"]["signaling"]}
    return {"callSid": SID, "status": "connected", "edge": report["edge"], "selectedEdge": report["selectedEdge"],
            "networkTiming": timing, "samples": [], "warnings": []}  # fmt: skip


def on_vpn(report: Json) -> None:
    for one in [*report["iceCandidateStats"], report["selectedIceCandidatePairStats"]["localCandidate"]]:
        if not one["isRemote"]:
            one["networkType"] = "vpn"


def gaps(report: Json) -> None:
    """MOS between 4.0 and 4.1, which the SDK calls degraded."""
    report["stats"]["mos"] = {"average": 4.05, "min": 3.9, "max": 4.2}
    report["callQuality"] = "degraded"
    report["samples"], report["totals"] = [], {}


def insights(report: Json) -> None:
    report["warnings"] = [{"name": "insights-connection-error", "description": "Received an error"}]


def silent(report: Json) -> None:
    report["warnings"] = ["ConstantAudioInputLevel", {"name": "constant-audio-output-level"}]


def measurements(report: Json) -> Json:
    """The names that the iOS object has, in place of the dictionary's."""
    timing = report.pop("networkTiming")
    names = {"signaling": "signalingTimeMeasurement", "iceConnection": "iceConnectionTimeMeasurement",
             "peerConnection": "peerConnectTimeMeasurement", "preflightTest": "preflightTestTimeMeasurement"}  # fmt: skip
    return {**report, "networkTimings": {names[key]: value for key, value in timing.items()}}


def bare_numbers(report: Json) -> None:
    report["networkTiming"] = {key: one["duration"] for key, one in report["networkTiming"].items()}
    report["stats"] = {key: one["average"] for key, one in report["stats"].items()}


def unit_names(report: Json) -> None:
    report["networkTiming"] = {
        "signaling": {"durationSeconds": 0.28},
        "ice": {"duration_ms": 310},
        "dtls": {"duration": "190 ms"},
        "peerConnection": {"duration": "0.52s"},
    }


def relay_only(report: Json) -> None:
    report["iceCandidateStats"] = [
        one for one in report["iceCandidateStats"] if one["candidateType"] == "relay"
    ]


def turn_by_flag(report: Json) -> None:
    del report["selectedIceCandidatePairStats"]


def tcp_candidates(report: Json) -> None:
    for one in (report["selectedIceCandidatePair"]["localCandidate"], *report["iceCandidates"]):
        one["protocol"] = "tcp"


def native_relay(report: Json) -> None:
    relay = native_candidate("relay", "203.0.113.9", 31000, url="turns:turn.example:443?transport=tcp")
    report["iceCandidates"].append(relay)
    report["selectedIceCandidatePair"]["localCandidate"] = relay
    report["isTurnRequired"] = "true"


def twice(report: Json) -> str:
    return json.dumps({"report": json.dumps(report)})


def escaped(report: Json) -> str:
    return "D report={}".format(json.dumps(report).replace('"', '\\"'))


DIRECT = {"path": "direct", "path_transport": "udp", "direct_port": 22222}
NO_PAIR = {"path": "relay", "relay_transport": None, "relay_candidate": True}

VARIATIONS = (
    *(Variation(f"{form} as it is", form, json.dumps) for form in SAMPLES),
    *(Variation(f"{form} in snake_case", form, respelled(snake)) for form in SAMPLES),
    *(Variation(f"{form} in PascalCase", form, respelled(pascal)) for form in SAMPLES),
    *(Variation(f"{form} with numbers as texts", form, changed(as_texts)) for form in SAMPLES),
    *(Variation(f"{form} as a Python repr", form, python_repr) for form in SAMPLES),
    *(Variation(f"{form} with round trip and jitter in seconds", form, stats_scaled(0.001)) for form in SAMPLES),
    *(Variation(f"{form} with times in seconds", form, times_scaled(0.001)) for form in SAMPLES),
    *(Variation(f"{form} with durations alone, in seconds", form, times_scaled(0.001, ends=False)) for form in SAMPLES),
    Variation("in kebab-case", "javascript", respelled(kebab)),
    Variation("under report", "android", changed(lambda r: {"platform": "android", "report": r})),
    Variation("under data", "ios", changed(lambda r: {"data": r, "ok": True})),
    Variation("in a list", "react-native", changed(lambda r: [r])),
    Variation("deep down", "javascript", changed(lambda r: {"event": {"payload": {"args": [{"result": r}]}}})),
    Variation("of the test object itself", "javascript", changed(lambda r: {"_status": "completed", "_callSid": SID, "_report": r})),
    Variation("as JSON inside JSON", "android", twice),
    Variation("with its quotes escaped", "android", escaped),
    Variation("in a fence with words around", "javascript", fenced),
    Variation("as Slack sends it", "ios", slack),
    Variation("with the quotes of a word processor", "react-native", smart_quotes),
    Variation("in a log with open brackets before it", "javascript", in_log),
    Variation("in logcat", "android", logcat),
    Variation("in the older logcat", "android", old_logcat),
    Variation("in a quotation", "javascript", lambda r: "\n".join(f"> {line}" for line in json.dumps(r, indent=1).splitlines())),
    Variation("with a byte order mark", "javascript", lambda r: b"\xef\xbb\xbf" + json.dumps(r).encode()),
    Variation("in UTF-16 with its mark", "android", lambda r: json.dumps(r).encode("utf-16")),
    Variation("in UTF-16 without", "ios", lambda r: json.dumps(r).encode("utf-16-le")),
    Variation("in UTF-16, big end first", "ios", lambda r: json.dumps(r).encode("utf-16-be")),
    Variation("as an object of JavaScript", "javascript", javascript_object),
    Variation("as Swift prints it", "ios", swift),
    Variation("as Objective-C prints it", "ios", objective_c),
    Variation("with a comma too many", "android", lambda r: json.dumps(r)[:-1] + ",}"),
    Variation("with comments", "javascript", lambda r: "// completed\n" + json.dumps(r).replace('"edge"', '/* where */ "edge"', 1)),
    Variation("with NaN", "javascript", nan),
    Variation("with nulls", "ios", changed(lambda r: r.update(callQuality=None, isTurnRequired=None, warnings=None)), {"quality": None, "form": "native"}),
    Variation("without times", "javascript", without("networkTiming", "testTiming"), {"signaling_ms": None, "ice_ms": None, "dtls_ms": None}),
    Variation("without isTurnRequired", "android", without("isTurnRequired")),
    Variation("without the pair", "javascript", changed(turn_by_flag), NO_PAIR),
    Variation("without the pair and the flag", "ios", without("selectedIceCandidatePair", "isTurnRequired"), {"path": None, "path_transport": None, "direct_port": None}),
    Variation("without candidates", "android", without("iceCandidates"), {"candidates": ["srflx"]}),
    Variation("without samples", "android", without("statsSamples"), {"loss_percent": None, "codec": None}),
    Variation("without totals", "javascript", without("totals")),
    Variation("without averages", "ios", without("networkStats"), {"rtt_ms": 40.0, "jitter_ms": 3.0}),
    Variation("without averages and totals", "javascript", without("stats", "totals"), {"rtt_ms": 110.0, "jitter_ms": 9.0}),
    Variation("without selectedEdge", "javascript", without("selectedEdge"), {"edge_asked": None, "as_asked": False}),
    Variation("without an edge", "react-native", without("edge"), {"edge": None}),
    Variation("without a call SID", "javascript", without("callSid")),
    Variation("without quality", "javascript", without("callQuality"), {"quality": None}),
    Variation("of an old version", "javascript", changed(legacy), {"edge_asked": None, "path": None, "candidates": None, "relay_candidate": None, "direct_candidates": None, "relay_transport": None, "signaling_ms": None, "ice_ms": None, "dtls_ms": None}),
    Variation("with measurements as iOS names them", "ios", changed(measurements)),
    Variation("with bare numbers", "javascript", changed(bare_numbers)),
    Variation("with units in names and values", "javascript", changed(unit_names)),
    Variation("with times in ISO 8601", "javascript", changed(iso_times)),
    Variation("with microseconds", "react-native", times_scaled(1000)),
    Variation("with round trip in microseconds", "android", stats_scaled(1000)),
    Variation("in a message inside JSON", "ios", lambda r: json.dumps({"level": "info", "message": f"report: {json.dumps(r)}"})),
    Variation("with loss as a fraction", "javascript", changed(fractions)),
    Variation("quality as a number in a text", "ios", changed(lambda r: r.update(callQuality="0"))),
    Variation("isTurnRequired as YES", "ios", changed(native_relay), {"path": "relay", "path_transport": None, "direct_port": None, "relay_candidate": True, "relay_transport": "TLS", "candidates": ["host", "srflx", "relay"]}),
    Variation("over TCP", "android", changed(tcp_candidates), {"path_transport": "tcp", "direct_port": None}),
    Variation("with the region's short id", "android", changed(lambda r: r.update(edge="sg1", selectedEdge="gll")), {"edge_asked": "roaming"}),
    Variation("with an edge nobody knows", "javascript", changed(lambda r: r.update(edge="mumbai")), {"edge": "mumbai"}),
    Variation("relay only", "javascript", changed(relay_only), {"candidates": ["relay"], "direct_candidates": None, "detour_candidates": None}),
    Variation("on a VPN", "javascript", changed(on_vpn), {"vpn": True}),
    Variation("where Insights is shut", "javascript", changed(insights), {"insights": "blocked", "warnings": ["insights-connection-error"]}),
    Variation("with a silent microphone", "javascript", changed(silent), {"warnings": ["constant-audio-input-level", "constant-audio-output-level"]}),
    Variation("in a gap of the SDK's bands", "javascript", changed(gaps), {"quality": "degraded", "loss_percent": None, "codec": None}),
    Variation("failed, media", "javascript", changed(failed), {
        "state": "failed", "code": "53405", "codes": ["53405", "31003"], "media": "failed", "form": "unknown", "path": None, "candidates": None,
        "relay_candidate": None, "direct_candidates": None, "relay_transport": None, "signaling_ms": None, "ice_ms": None,
        "dtls_ms": None, "rtt_ms": None, "jitter_ms": None, "loss_percent": None, "quality": None, "codec": None, "warnings": None}),
    Variation("failed, signaling", "javascript", changed(failed_early), {
        "state": "failed", "code": "53000", "signaling": "failed", "media": None, "edge": None, "form": "unknown", "path": None, "candidates": None,
        "relay_candidate": None, "direct_candidates": None, "relay_transport": None, "signaling_ms": None, "ice_ms": None,
        "dtls_ms": None, "rtt_ms": None, "jitter_ms": None, "loss_percent": None, "quality": None, "codec": None, "warnings": None}),
    Variation("still running", "javascript", changed(running), {
        "state": "running", "media": None, "form": "unknown", "path": None, "candidates": None,
        "relay_candidate": None, "direct_candidates": None, "relay_transport": None, "ice_ms": None,
        "dtls_ms": None, "rtt_ms": None, "jitter_ms": None, "loss_percent": None, "quality": None, "codec": None, "warnings": None}),
    Variation("begun at another time", "javascript", lambda r: json.dumps(r).replace(str(BEGAN)[:6], "171234")),
)  # fmt: skip
