"""Read lines of the SDKs' own logs that name no five-digit code: close codes, resolvers, old three-digit codes.

Old mobile SDKs write the last three digits of a code: `Connection error (603)` is 31603.
"""

# ruff: noqa: E501 - a table: one line is one entry

import re
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.hosts import ToolFacts
from bot.intake.parsing.lazy_pattern import LazyPattern
from bot.intake.parsing.line_search import host_in, lines_with
from probes.protocol.failures import Failure

_TIMED_OUT: Final = LazyPattern(r"WebSocket (?:connection attempt timed out|timed out while)")
_SILENT: Final = "No messages received in 15 seconds"
_ICE_FAILED: Final = LazyPattern(
    r"ice ?connection ?state (?:is|changed to|:|->|=)?\s*[\"']?failed\b", re.IGNORECASE
)
WORDS: Final = (
    "websocket close event", "failed: DNS", "PJLIB_UTIL_EDNS", "PJ_ERESOLVE", "com.twilio.voice.error", "onnection error (", "Call Error:",
    "Registration Error:", "handlePJSIP", "PJSIP_SC_", "due to suspension", "WebSocket Connection Timeout",
    "WebSocket connection attempt", "WebSocket timed out", _SILENT, "iceConnectionState", "ICE Connection State",
    "SipResp: ", "Received Response msg", "on_call_tsx_state", "last_status: ", "EventPublisher", "ice connection state", "#high-", "#low-mos", "#constant-audio-input", "OPENSSL_internal:",
)  # fmt: skip
# The reasons of BoringSSL, which the mobile SDKs write as they come.
_TLS: Final[tuple[tuple[LazyPattern, Failure, str], ...]] = (
    (LazyPattern(r"OPENSSL_internal:\w*CERTIFICATE_(?:HAS_)?EXPIRED"), Failure.SSL_EXPIRED_CERTIFICATE, "the certificate is out of date"),
    (LazyPattern(r"OPENSSL_internal:\w*(?:CERTIFICATE_VERIFY_FAILED|CERTIFICATE_UNKNOWN|UNKNOWN_CA)"), Failure.SSL_UNKNOWN_AUTHORITY,
     "the certificate is not accepted"),
    (LazyPattern(r"OPENSSL_internal:\w*(?:WRONG_VERSION_NUMBER|HTTPS?_(?:PROXY_)?REQUEST)"), Failure.SSL_NOT_TLS,
     "something that is not TLS answered"),
    (LazyPattern(r"OPENSSL_internal:\w*(?:PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_SHARED_CIPHER|HANDSHAKE_FAILURE)"),
     Failure.SSL_FAILED_HANDSHAKE, "client and server have no TLS version in common"),
)  # fmt: skip
_QUALITY: Final = LazyPattern(
    r"\[TwilioVoice\][^\n]{0,60}#(high-(?:rtt|jitter)|low-mos|high-packets?-lo|constant-audio-input)"
)
_WARNED: Final = {"packet": "packet_loss", "input": "input_silent"}
_OLD: Final = LazyPattern(
    r"com\.twilio\.voice\.error Code=(\d{3})\b|[Cc]onnection error \((\d{3})\)|(?:Call|Registration) Error: (\d{3})\b"
)
# How the service answered a call, in the words of the SIP stacks. 401 and 407 only ask for a login, as usual.
_ANSWERED: Final = LazyPattern(
    r"(?:\bSipResp: |Received Response msg |on_call_tsx_state\b[^\n]{0,40}status[_ ]code:? |\blast_status: )"
    r"(?!401|407|408|491)([4-6]\d\d)\b"
)
_REFUSED: Final = LazyPattern(
    r"EventPublisher\b[^\n]{0,60}(?:status code|response)\W{1,3}40[13]\b", re.IGNORECASE
)
_SIP: Final = frozenset(range(400, 700))
_CLOSED: Final = LazyPattern(r"websocket close event code: (10\d\d)", re.IGNORECASE)
_RESOLVER: Final = LazyPattern(r"query_job for (\S+) failed: DNS|PJLIB_UTIL_EDNS|PJ_ERESOLVE")


def read_sdk_log(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield host, port, and facts of each line."""
    for line, _ in lines_with(text, WORDS):
        if (match := _OLD.search(line)) and int(number := next(filter(None, match.groups()))) in _SIP:
            yield "", 0, {"sign": f"code_31{number}", "bad": f"the SDK reported {number}"}
        yield from _answers(line)
        if (match := _CLOSED.search(line)) and match[1] in ("1006", "1015"):
            bad = f"the WebSocket was closed with {match[1]}"
            # 1015: the TLS handshake failed. Firefox gives no other reason.
            sign = "tls_broken" if match[1] == "1015" else Failure.WEBSOCKET_CLOSED.value
            yield "", 443, {"sign": sign, "service": "signaling", "bad": bad}
        if _TIMED_OUT.search(line):
            bad = "the WebSocket did not open in time"
            yield "", 443, {"sign": Failure.GENERIC_TIMEOUT_ERROR.value, "service": "signaling", "bad": bad}
        if _SILENT in line:
            bad = "the WebSocket was open, and the gateway sent nothing for 15 s"
            yield "", 443, {"sign": "websocket_silent", "service": "signaling", "bad": bad}
        if _ICE_FAILED.search(line):
            yield "", 0, {"sign": "ice_failed", "bad": "no path for media was found"}
        if (match := _QUALITY.search(line)) and "cleared" not in line:
            sign = next((sign for word, sign in _WARNED.items() if word in match[1]), "poor_quality")
            bad = (
                "the microphone stayed at one level"
                if sign == "input_silent"
                else "the SDK warned of poor quality"
            )
            yield "", 0, {"sign": sign, "bad": bad}
        if "OPENSSL_internal:" in line and "Exception" not in line:
            yield from _tls(line)
        if match := _RESOLVER.search(line):
            host = (match[1] or host_in(line)).casefold()
            facts = {
                "sign": Failure.DNS_TIMEOUT_ERROR.value,
                "service": "signaling",
                "bad": "no resolver answered",
            }
            yield host, 53, facts


def _answers(line: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield how the service answered a call or an event."""
    if match := _ANSWERED.search(line):
        yield "", 0, {"sign": f"code_31{match[1]}", "bad": f"the service answered the call with {match[1]}"}
    if _REFUSED.search(line):
        yield "", 0, {"sign": "token_invalid", "bad": "Insights does not accept the token"}


def _tls(line: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield why TLS failed, for a host that *line* names, or for signaling if the SDK's own transport wrote it."""
    host = host_in(line)
    sign, bad = next(((sign, bad) for pattern, sign, bad in _TLS if pattern.search(line)), (None, ""))
    if sign and (host or "RESIP" in line):
        yield host, 443, {"sign": sign.value, "bad": bad, **({} if host else {"service": "signaling"})}
