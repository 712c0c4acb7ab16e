"""Read the consoles of Chrome, Edge, Firefox, and Safari: network errors, policies, permissions, autoplay.

A console is the log of the user's own page. Only a refused certificate proves something by itself; other errors
may have several reasons.
"""

# ruff: noqa: E501 - a table: one line is one entry

from collections.abc import Iterator, Mapping
from typing import Final

from bot.intake.parsing.hosts import ToolFacts
from bot.intake.parsing.lazy_pattern import LazyPattern
from bot.intake.parsing.line_search import host_in, lines_with
from probes.protocol.failures import Failure

# The names of network errors, without `net::ERR_`, `NS_ERROR_`, and the like.
_ERRORS: Final[Mapping[str, str]] = {
    "NAME_NOT_RESOLVED": Failure.DNS_NO_ANSWER, "NAME_RESOLUTION_FAILED": Failure.DNS_NO_ANSWER,
    "DNS_TIMED_OUT": Failure.DNS_TIMEOUT_ERROR, "DNS_SERVER_FAILED": Failure.DNS_SERVFAIL_ERROR,
    "UNKNOWN_HOST": Failure.DNS_NO_ANSWER,
    "CONNECTION_REFUSED": Failure.CONNECTION_REFUSED, "CONNECTION_TIMED_OUT": Failure.GENERIC_TIMEOUT_ERROR,
    "TIMED_OUT": Failure.GENERIC_TIMEOUT_ERROR, "NET_TIMEOUT": Failure.GENERIC_TIMEOUT_ERROR,
    "CONNECTION_RESET": Failure.CONNECTION_RESET, "CONNECTION_CLOSED": Failure.CONNECTION_RESET,
    "EMPTY_RESPONSE": Failure.CONNECTION_RESET, "NET_RESET": Failure.CONNECTION_RESET,
    "NET_INTERRUPT": Failure.CONNECTION_RESET, "ADDRESS_UNREACHABLE": Failure.HOST_UNREACHABLE,
    "NETWORK_ACCESS_DENIED": Failure.ADMIN_PROHIBITED, "BLOCKED_BY_ADMINISTRATOR": Failure.ADMIN_PROHIBITED,
    "INTERNET_DISCONNECTED": Failure.NETWORK_DOWN, "OFFLINE": Failure.NETWORK_DOWN,
    "NETWORK_CHANGED": "network_changed", "NETWORK_IO_SUSPENDED": "suspended",
    "CERT_AUTHORITY_INVALID": Failure.SSL_UNKNOWN_AUTHORITY, "UNKNOWN_ISSUER": Failure.SSL_UNKNOWN_AUTHORITY,
    "MITM_DETECTED": Failure.SSL_UNKNOWN_AUTHORITY, "CERT_COMMON_NAME_INVALID": Failure.SSL_INVALID_HOSTNAME,
    "BAD_CERT_DOMAIN": Failure.SSL_INVALID_HOSTNAME, "CERT_DATE_INVALID": Failure.SSL_EXPIRED_CERTIFICATE,
    "EXPIRED_CERTIFICATE": Failure.SSL_EXPIRED_CERTIFICATE,
    "EXPIRED_ISSUER_CERTIFICATE": Failure.SSL_EXPIRED_CERTIFICATE,
    "NOT_YET_VALID_CERTIFICATE": Failure.SSL_NOT_YET_VALID_CERTIFICATE,
    "SSL_PROTOCOL_ERROR": "tls_broken", "UNSUPPORTED_VERSION": Failure.SSL_FAILED_HANDSHAKE,
    "SSL_VERSION_OR_CIPHER_MISMATCH": Failure.SSL_FAILED_HANDSHAKE,
    "PROXY_CONNECTION_FAILED": Failure.PROXY_UNREACHABLE, "PROXY_CONNECTION_REFUSED": Failure.PROXY_UNREACHABLE,
    "UNKNOWN_PROXY_HOST": Failure.PROXY_UNREACHABLE, "TUNNEL_CONNECTION_FAILED": Failure.PROXY_REFUSED,
    "PROXY_FORBIDDEN": Failure.PROXY_REFUSED, "PROXY_BAD_GATEWAY": Failure.PROXY_REFUSED,
    "PROXY_AUTH_UNSUPPORTED": Failure.PROXY_AUTH_REQUIRED, "PROXY_AUTH_REQUESTED": Failure.PROXY_AUTH_REQUIRED,
    "PROXY_AUTHENTICATION_FAILED": Failure.PROXY_AUTH_REQUIRED, "BLOCKED_BY_CLIENT": "blocked_by_client",
}  # fmt: skip
_ERROR: Final = LazyPattern(
    r"(?:net::ERR_|NS_ERROR_|SEC_ERROR_|SSL_ERROR_|MOZILLA_PKIX_ERROR_)([A-Z_]{3,40})"
)

# Chrome writes this in every session of the SDK that begins before a click, also in healthy ones.
_NOTICE: Final = "autoplay_notice"
_SDK: Final = "[TwilioVoice]["

# (a word that finds the line, the whole form, the sign, and what it means).
_TEXTS: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("response code:", r"Unexpected response code: 407", Failure.PROXY_AUTH_REQUIRED, "the proxy asks for a login (407)"),
    ("response code:", r"Unexpected response code: (?:200|30\d)", Failure.WEBSOCKET_UPGRADE_STRIPPED,
     "the answer to the WebSocket was a plain page"),
    ("response code:", r"Unexpected response code: 511", "captive_portal", "a network answered with its login page (511)"),
    ("status of 511", r"responded with a status of 511", "captive_portal", "a network answered with its login page (511)"),
    ("status of 407", r"responded with a status of 407", Failure.PROXY_AUTH_REQUIRED, "the proxy asks for a login (407)"),
    ("response code:", r"Unexpected response code: (?!407|511)[45]\d\d", Failure.WEBSOCKET_UPGRADE_REFUSED, "the WebSocket was refused"),
    ("suspension", r"due to suspension", "suspended", "the page was suspended"),
    ("establish a connection", r"establish a connection to the server at wss?:", "websocket_failed",
     "the WebSocket did not open"),
    ("Firefox", r"^\W{0,3}(?:\[?Error\]?\W{0,3})?(?:O )?Firefox (?![^\n]{0,40}\b(?:connects|opens|works)\b)[^\n/]{3,70}\bwss?:",
     "websocket_failed", "the WebSocket did not open"),  # in any language
    ("Content Security Policy", r"Refused to connect|violates|connect-src|block", "content_policy", "a policy refuses it"),
    ("Content-Security-Policy", r"Refused to connect|violat|connect-src|block", "content_policy", "a policy refuses it"),
    ("WebSocket received error", r"WebSocket received error: (?!undefined)", "websocket_failed", "the WebSocket failed"),
    ("ICE failed", r"WebRTC: ICE failed", "ice_failed", "no path for media was found"),
    ("play()", r"play\(\) failed because the user didn.t interact", "autoplay", "the browser allows no sound before a click"),
    ("AudioContext", r"AudioContext was (?:not allowed to start|prevented from starting)", _NOTICE,
     "the browser allows no sound before a click"),
    ("Autoplay", r"Autoplay is only allowed when approved", "autoplay", "the browser allows no sound before a click"),
    ("play method", r"The play method is not allowed", "autoplay", "the browser allows no sound before a click"),
    ("Permission", r"(?:NotAllowedError|DOMException|PermissionDeniedError)[^\n]{0,40}Permission (?:denied|dismissed)",
     "microphone_denied", "the microphone is not allowed"),
    ("ermissions policy", r"ermissions policy violation: microphone", "microphone_denied",
     "the frame may not use the microphone"),
    ("NotFoundError", r"NotFoundError[^\n]{0,60}(?:device not found|can not be found|object can)", "microphone_missing",
     "no microphone was found"),
    ("NotReadableError", r"NotReadableError", "microphone_busy", "the microphone could not be opened"),
    ("OverconstrainedError", r"OverconstrainedError", "microphone_missing", "the chosen microphone is gone"),
    ("user denied permission", r"not allowed by the user agent or the platform in the current context", "page_not_allowed",
     "the browser does not allow the microphone, or sound before a click"),
    ("Requested device", r"Requested device not found", "microphone_missing", "no microphone was found"),
    ("Mixed Content", r"Mixed Content: [^\n]{0,300}(?:ws|http)://", "mixed_content", "the page loads insecure content"),
    ("served over http", r"served over http rather than https", "insecure_page", "the page is not served over HTTPS"),
    ("insecure origins", r"no longer works on insecure origins", "insecure_page", "the page is not served over HTTPS"),
    ("mediaDevices", r"(?:mediaDevices is undefined|undefined[^\n]{0,60}mediaDevices)", "insecure_page",
     "the page has no access to devices"),
    ("getUserMedia", r"of undefined \(reading 'getUserMedia'\)", "insecure_page", "the page has no access to devices"),
    ("RTCPeerConnection", r"RTCPeerConnection is not defined|Can't find variable: RTCPeerConnection", "no_webrtc",
     "this browser has no WebRTC"),
    ("Attempt to register", r"Attempt to register when device is in state", "registration_overlap",
     "another registration was in progress"),
    ("appears to be offline", r"Internet connection appears to be offline", Failure.NETWORK_DOWN, "the device is offline"),
    ("hostname could not be found", r"server with the specified hostname could not be found", Failure.DNS_NO_ANSWER,
     "the name could not be looked up"),
    ("certificate for this server is invalid", r"certificate for this server is invalid", Failure.SSL_UNKNOWN_AUTHORITY,
     "the certificate is not accepted"),
)  # fmt: skip
_FORMS: Final = tuple((word, LazyPattern(form), str(sign), means) for word, form, sign, means in _TEXTS)
# The first frame of the stack names what was not allowed.
_OTHER_DEVICE: Final = LazyPattern(
    r"geolocation|clipboard|getDisplayMedia|showNotification|requestPermission|wakeLock|showOpenFilePicker"
)
WORDS: Final = (
    "net::ERR_",
    "NS_ERROR_",
    "SEC_ERROR_",
    "SSL_ERROR_",
    "MOZILLA_PKIX_",
    *dict.fromkeys(word for word, *_ in _FORMS),
)

# These are about a host. All others are about the device or the page.
_OF_HOSTS: Final = frozenset(
    {
        *map(str, Failure),
        "blocked_by_client",
        "captive_portal",
        "content_policy",
        "websocket_failed",
        "tls_broken",
    }
) - {Failure.NETWORK_DOWN.value}
_LOGIN: Final = 511  # sent by captive portals only (RFC 6585 section 6)
_TLS: Final[Mapping[str, str]] = {
    Failure.SSL_UNKNOWN_AUTHORITY: "intercepted",
    Failure.SSL_INVALID_HOSTNAME: "intercepted",
    Failure.SSL_EXPIRED_CERTIFICATE: "misdated",
    Failure.SSL_NOT_YET_VALID_CERTIFICATE: "misdated",
}


def read_browser_console(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield host, port, and facts of each error in a console."""
    for line, at in lines_with(text, WORDS[:5]):
        if match := _ERROR.search(line):
            sign = _ERRORS.get(match[1])
            if sign:
                yield _place(sign, line, text, at), 443, _facts(str(sign), match[0])
    for word, form, sign, means in _FORMS:
        if sign == _NOTICE and _SDK in text:
            continue
        for line, at in lines_with(text, (word,)):
            if sign == "microphone_denied" and _OTHER_DEVICE.search(text[at : at + len(line) + 120]):
                continue
            if form.search(line) and "Error Domain=" not in line:
                yield _place(sign, line, text, at), 443, _facts(sign, means)


def fact_of_error(text: str) -> ToolFacts:
    """Return the facts of the network error that *text* names; none for an unknown one."""
    match = _ERROR.search(text)
    sign = _ERRORS.get(match[1]) if match else None
    return _facts(str(sign), match[0]) if match and sign else {}


def _place(sign: str, line: str, text: str, at: int) -> str:
    return host_in(line, text, at) if sign in _OF_HOSTS else ""


def _facts(sign: str, means: str) -> ToolFacts:
    more: ToolFacts = {"tls": _TLS[sign]} if sign in _TLS else {}
    more |= {"status": _LOGIN} if sign == "captive_portal" else {}
    return {**more, "sign": sign, "bad": means}
