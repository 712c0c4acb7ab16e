"""Summarize a report in plain words: edge, media path, call quality, and problems.

Pure. Limits come from the network file's `quality` (round trip and jitter in ms, loss in %).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.intake.observation import DIRECT, kinds_of, media_of, path_of, signaling_of
from bot.intake.preflight_report import RELAY, ROAMING, SRFLX, PreflightReport, QualityWarning, word_for

_KINDS: Final = {
    "host": "its own address",
    "srflx": "its public address",
    "prflx": "a reflexive address",
    "relay": "TURN",
}

_CAUTIONS: Final = {
    "high-rtt": "the round trip was too long for some seconds",
    "high-jitter": "jitter was too high for some seconds",
    "high-packet-loss": "too many packets were lost for some seconds",
    "low-mos": "call quality was poor for some seconds",
    "constant-audio-input-level": "the microphone stayed at one level: it is muted, or the wrong one",
    "constant-audio-output-level": "the received audio stayed at one level",
    "insights-connection-error": "the Insights gateway could not be reached; calls work without it",
    "low-bytes-sent": "hardly anything was sent",
    "low-bytes-received": "hardly anything was received",
    "ice-connectivity-lost": "the media path was lost",
}

_CLOSED: Final = {
    1006: (
        "the server could not be reached, or a device on the path closed the connection: a firewall, "
        "a proxy, DNS"
    ),
    1015: "the TLS handshake failed: TLS may be intercepted, or its version is too old",
}


def sentences(report: PreflightReport, quality: Mapping[str, Any]) -> Iterator[str]:
    """Describe what the device measured."""
    yield from _signaling(report)
    yield from _way(report)
    yield from _sound(report)
    for caution in report.cautions:
        yield _caution(caution)
    yield from _faults(report)


def remarks(report: PreflightReport, quality: Mapping[str, Any]) -> Iterator[str]:
    """Describe weaknesses of the media path that cause no error, and how to fix them."""
    rtt, jitter, loss = report.rtt.average, report.jitter.average, report.loss_percent
    rtt_limit, jitter_limit, loss_limit = (
        float(quality.get(name, usual))
        for name, usual in (("rtt_ms", 200), ("jitter_ms", 30), ("loss_percent", 3))
    )
    if rtt is not None and rtt > rtt_limit:
        far = " Compare the edge with the one nearest to the user." if path_of(report) != RELAY else ""
        yield f"The round trip, {rtt:.0f} ms on average, is above the {rtt_limit:.0f} ms that calls should have.{far}"
    if jitter is not None and jitter > jitter_limit:
        yield f"Jitter, {jitter:.0f} ms on average, is above {jitter_limit:.0f} ms: try a cable, or a quieter network."
    if loss is not None and loss > loss_limit:
        yield f"Loss, {loss:.1f} %, is above {loss_limit:.0f} %: try a cable, or ask the network team."
    if path_of(report) == RELAY and {"host", SRFLX} & set(kinds_of(report)):
        yield (
            "TURN was used although the device had direct candidates, so the direct paths did "
            "not work. That adds delay. Opening UDP to the media range removes it."
        )


def _signaling(report: PreflightReport) -> Iterator[str]:
    came = signaling_of(report)
    took = f" in {report.timing.signaling:.0f} ms" if report.timing.signaling is not None else ""
    asked = "roaming, where DNS chooses" if report.edge_asked == ROAMING else report.edge_asked
    if came == "connected":
        where = f" at the edge {report.edge}" if report.edge else ""
        written = report.edge_written
        named = f" ({written})" if written and written.casefold() != report.edge else ""
        set_to = f"; it was set to {asked}" if asked and report.edge_asked != report.edge else ""
        yield f"Signaling connected{took}{where}{named}{set_to}."
    elif came == "failed":
        yield f"Signaling did not connect{f' (set to {asked})' if asked else ''}."


def _way(report: PreflightReport) -> Iterator[str]:
    kinds = kinds_of(report)
    if kinds:
        yield f"The device had these addresses for media: {', '.join(_KINDS[kind] for kind in kinds)}."
    path, local, remote = path_of(report), report.local, report.remote
    ice = f" ICE took {report.timing.ice:.0f} ms." if report.timing.ice is not None else ""
    if path == RELAY:
        over = f" over {local.relay_protocol.upper()}" if local and local.relay_protocol else ""
        at = f", {local.url}" if local and local.url else ""
        yield f"Media went through TURN{over}{at}.{ice}"
    elif path == DIRECT:
        over = f" over {local.protocol.upper()}" if local and local.protocol else ""
        to = f" to {remote.address} port {remote.port}" if remote and remote.address and remote.port else ""
        yield f"Media went directly{over}{to}, without TURN.{ice}"
    elif media_of(report) == "connected":
        yield f"Media flowed. The report does not show the path.{ice}"
    elif media_of(report) == "failed":
        yield f"No path for media was found.{ice}"


def _sound(report: PreflightReport) -> Iterator[str]:
    measured = [
        *([f"round trip {report.rtt.average:.0f} ms"] if report.rtt.average is not None else []),
        *([f"jitter {report.jitter.average:.0f} ms"] if report.jitter.average is not None else []),
        *([f"loss {report.loss_percent:.1f} %"] if report.loss_percent is not None else []),
    ]
    score = report.mos_computed if report.mos_computed is not None else report.mos.average
    if score is not None:
        how = "computed from what was measured" if report.mos_computed is not None else "as the report says"
        measured.append(f"MOS {score:.2f}, {word_for(score)} ({how})")
    if measured:
        yield f"Measured: {', '.join(measured)}{f'; codec {report.codec}' if report.codec else ''}."
    elif report.codec and report.of_service:
        yield f"Codec: {report.codec}."


def _caution(warning: QualityWarning) -> str:
    means = _CAUTIONS.get(warning.name, "its meaning is not known")
    value = f"; {warning.value:g}" if warning.value is not None else ""
    limit = f", limit {warning.threshold:g}" if warning.threshold is not None and value else ""
    return f"Warning {warning.name}: {means}{value}{limit}{' (cleared later)' if warning.cleared else ''}."


def _faults(report: PreflightReport) -> Iterator[str]:
    for fault in report.faults:
        code = fault.code or "without a code"
        inside = f", with {fault.inner} inside" if fault.inner else ""
        if fault.code or not fault.close_code:
            text = fault.message.rstrip(".")
            yield f"Error {code}{inside}{f': {text}' if text else ''}."
        if fault.close_code:
            yield f"The WebSocket was closed with {fault.close_code}: {_CLOSED[fault.close_code]}."
    if report.hangup:
        yield "The error says HANGUP: the gateway reports how the call ended, so signaling worked."
    if report.ended_by:
        yield f"The {report.ended_by} ended the call."
    if report.csp:
        yield "The page's Content-Security-Policy blocks a connection."
