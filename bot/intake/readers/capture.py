"""Read large files of browsers: HAR of the network panel, and dumps of chrome://webrtc-internals.

Both are read as a stream. Only what concerns hosts, states, and candidates is taken. Headers, cookies, and bodies
are never looked at.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from bot.intake.parsing.hosts import ToolFacts, ToolRows
from bot.intake.parsing.ice_candidates import candidate_lines
from bot.intake.parsing.json_stream import items
from bot.intake.parsing.rtc_stats import measured
from bot.intake.readers.browser_console import fact_of_error
from probes.protocol.failures import Failure

HEAD: Final = 20_000  # bytes that show what a file is

_ENTRIES: Final = re.compile(rb'"entries"\s*:\s*\[')
_HAR: Final = re.compile(rb'\A\s*\{\s*"log"\s*:\s*\{')
_INTERNALS: Final = re.compile(rb'"(?:PeerConnections|getUserMedia)"\s*:')
_LOG: Final = re.compile(rb'"updateLog"\s*:\s*\[')
_STATS: Final = re.compile(rb'"stats"\s*:\s*\{')
_MOST: Final = 200_000  # entries
_OF_REMOTE: Final = frozenset({"setRemoteDescription", "addIceCandidate"})


def capture_kind(source: bytes) -> str:
    """Return "HAR", "webrtc-internals", or "" by the beginning of *source*."""
    head = source[:HEAD]
    if _HAR.match(head):
        return "HAR"
    return "webrtc-internals" if head.lstrip()[:1] == b"{" and _INTERNALS.search(head) else ""


def read_capture(source: bytes) -> ToolRows:
    """Yield host, port, and facts of each connection in *source*."""
    match capture_kind(source):
        case "HAR":
            yield from _har(source)
        case "webrtc-internals":
            yield from _internals(source)


def _har(source: bytes) -> ToolRows:
    found = _ENTRIES.search(source)
    for entry, _ in zip(items(source, found.end()) if found else (), range(_MOST), strict=False):
        if not isinstance(entry, Mapping):
            continue
        request, response = _map(entry.get("request")), _map(entry.get("response"))
        address = urlsplit(str(request.get("url", ""))[:2_000])
        try:
            host, port = address.hostname or "", address.port or 443
        except ValueError:
            continue
        if host and (facts := _answer(address.scheme, response)):
            yield host.casefold(), port, facts


def _answer(scheme: str, response: Mapping[str, Any]) -> ToolFacts:
    """Return what became of one request."""
    error = str(response.get("_error") or "")
    status = response.get("status")
    if error:
        return fact_of_error(error)
    if status == 407:
        return {"sign": Failure.PROXY_AUTH_REQUIRED.value, "bad": "the proxy asks for a login (407)"}
    if status == 511:
        bad = "a network answered with its login page (511)"
        return {"sign": "captive_portal", "bad": bad, "status": 511}
    if scheme in ("ws", "wss") and isinstance(status, int) and status:
        if status == 101:
            return {"websocket": "opens"}
        bad = f"HTTP status {status} in answer to the WebSocket"
        return {"websocket": "refused", "sign": Failure.WEBSOCKET_UPGRADE_REFUSED.value, "bad": bad}
    return {"status": status} if isinstance(status, int) and status else {}


def _internals(source: bytes) -> ToolRows:
    """Yield the states, candidates, and errors of each peer connection, and what was measured."""
    logs, remotes = list(_LOG.finditer(source))[:50], set()
    for found in logs:
        state, kinds = "", set()
        for event, _ in zip(items(source, found.end()), range(_MOST), strict=False):
            kind, value = str(_map(event).get("type", "")), _map(event).get("value")
            text = value if isinstance(value, str) else str(value)
            if kind.startswith("iceconnectionstatechange") or kind == "connectionstatechange":
                state = text.strip("\"' ").casefold()
            elif kind == "icecandidate":
                kinds |= {candidate.kind for candidate in candidate_lines(text[:1_000])}
            elif kind == "icecandidateerror":
                yield from _candidate_error(text[:1_000])
            elif kind in _OF_REMOTE:
                remotes |= {candidate.address for candidate in candidate_lines(text[:20_000])}
        if state:
            yield "", 0, _connection(state, kinds)
    starts = [found.end() for found in _STATS.finditer(source)][:50]
    lines = [line for line in (measured(source, start) for start in starts) if line]
    facts: ToolFacts = {"calls": max(len(logs), len(lines)), "remotes": sorted(remotes)[:20]}
    yield from (("measurements", 0, {**facts, **line}) for line in lines)


def _connection(state: str, kinds: set[str]) -> ToolFacts:
    facts: ToolFacts = {"ice": state, "candidates": sorted(kinds)}
    return facts | ({"sign": "ice_failed", "bad": "no path for media was found"} if "failed" in state else {})


def _candidate_error(text: str) -> ToolRows:
    """Read an error of a STUN or TURN server: 701 is no answer, 401 a wrong credential."""
    url = re.search(r"(turn|stun)s?:([\w.-]{3,200})(?::(\d{1,5}))?", text)
    code = re.search(r"error_?code\W{1,3}(\d{3})", text, re.IGNORECASE)
    if url and url[1] == "turn" and code and code[1] in ("401", "441"):
        bad = "the TURN server does not accept the credentials"
        yield url[2].casefold(), int(url[3] or 3478), {"sign": Failure.TURN_UNAUTHORIZED.value, "bad": bad}
    elif url and url[1] == "turn" and code and code[1] == "701":
        bad = "the TURN server did not answer"
        yield (
            url[2].casefold(),
            int(url[3] or 3478),
            {"sign": Failure.GENERIC_TIMEOUT_ERROR.value, "bad": bad},
        )


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
