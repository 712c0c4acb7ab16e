"""Read errors of iOS and macOS: NSError, CFNetwork, Network.framework, and what Safari and Xcode print of them.

The codes are Apple's (NSURLError.h, CFNetworkErrors.h, SecureTransport.h, dns_sd.h, errno). They tell what the app saw on
the user's device.
"""

# ruff: noqa: E501 - a table: one line is one entry

from collections.abc import Iterator, Mapping
from typing import Final

from bot.intake.parsing.hosts import ToolFacts
from bot.intake.parsing.lazy_pattern import LazyPattern
from bot.intake.parsing.line_search import host_in, lines_with
from probes.protocol.failures import Failure

_URL_ERRORS: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(
        ("-1000", "-1002", "-1022"), ("app_error", "the app uses an address that iOS does not allow")
    ),
    "-1001": (Failure.GENERIC_TIMEOUT_ERROR, "no answer in time"),
    "-1003": (Failure.DNS_NO_ANSWER, "the name could not be looked up"),
    "-1004": (Failure.CONNECTION_REFUSED, "no connection"),
    "-1005": ("network_changed", "the connection was lost"),
    "-1006": (Failure.DNS_NO_ANSWER, "the name could not be looked up"),
    "-1009": (Failure.NETWORK_DOWN, "the device is offline"),
    "-1018": (Failure.NETWORK_DOWN, "roaming is off"),
    "-1020": (Failure.NETWORK_DOWN, "mobile data is off for the app"),
    "-1200": ("tls_broken", "the TLS handshake failed"),
    "-1201": (Failure.SSL_EXPIRED_CERTIFICATE, "the certificate is out of date for this device"),
    "-1202": (Failure.SSL_UNKNOWN_AUTHORITY, "the certificate is not trusted"),
    "-1203": (Failure.SSL_UNKNOWN_AUTHORITY, "the certificate's authority is not known"),
    "-1204": (Failure.SSL_NOT_YET_VALID_CERTIFICATE, "the certificate is not valid yet for this device"),
}
_POSIX: Final[Mapping[str, tuple[str, str]]] = {
    "50": (Failure.NETWORK_DOWN, "the device is offline"),
    "51": (Failure.NETWORK_UNREACHABLE, "this device had no route"),
    "53": ("suspended", "the app was in the background"),
    "54": (Failure.CONNECTION_RESET, "the connection was reset"),
    "57": ("network_changed", "the connection was lost"),
    "60": (Failure.GENERIC_TIMEOUT_ERROR, "no answer in time"),
    "61": (Failure.CONNECTION_REFUSED, "the connection was refused"),
    "65": (Failure.HOST_UNREACHABLE, "there is no route to the host"),
}
_TLS: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(
        ("-9807", "-9808", "-9812", "-9813"),
        (Failure.SSL_UNKNOWN_AUTHORITY, "the certificate is not accepted"),
    ),
    "-9814": (Failure.SSL_EXPIRED_CERTIFICATE, "the certificate is out of date"),
    "-9815": (Failure.SSL_NOT_YET_VALID_CERTIFICATE, "the certificate is not valid yet for this device"),
    "-9843": (Failure.SSL_INVALID_HOSTNAME, "the certificate is for another name"),
    **dict.fromkeys(
        ("-9801", "-9806", "-9824", "-9836"), (Failure.SSL_FAILED_HANDSHAKE, "the TLS handshake failed")
    ),
}
_DNS: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(
        ("-65537", "-65538", "-65554", "-65563"), (Failure.DNS_NO_ANSWER, "the name could not be looked up")
    ),
    "-65568": (Failure.DNS_TIMEOUT_ERROR, "no resolver answered"),
}
_CFNETWORK: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(("1", "2"), (Failure.DNS_NO_ANSWER, "the name could not be looked up")),
    "306": (Failure.PROXY_UNREACHABLE, "the proxy could not be reached"),
    "307": (Failure.PROXY_AUTH_REQUIRED, "the proxy asks for a login"),
    "308": (Failure.PROXY_UNREACHABLE, "the proxy script failed"),
    "309": (Failure.PROXY_AUTH_REQUIRED, "the proxy script asks for a login"),
    "310": (Failure.PROXY_UNREACHABLE, "the proxy could not be reached"),
    "311": (Failure.PROXY_REFUSED, "the proxy refused the connection"),
}
# What strerror writes, as in Safari's "The operation couldn't be completed. Network is down".
_ERRNO: Final[Mapping[str, str]] = {
    "Network is down": "50", "Network is unreachable": "51", "Software caused connection abort": "53", "Connection reset by peer": "54",
    "Socket is not connected": "57", "Operation timed out": "60", "Connection refused": "61", "No route to host": "65",
}  # fmt: skip
_FAIL: Final = r"[^\n]{0,12}?(?:Code[=: ]|(?:error|-?Fehler|erreur|errore) )\s?"  # the system's language writes the sentence
_CODES: Final = (
    (LazyPattern(rf"(?:NSURLErrorDomain{_FAIL}|error \[|error - code: |error code: |kCFErrorDomainCFNetwork{_FAIL})(-1\d{{3}})\b"),
     _URL_ERRORS),
    (LazyPattern(rf"(?:(?:NSPOSIXErrorDomain|kNWErrorDomainPOSIX){_FAIL}|POSIXErrorCode\(rawValue: |SO_ERROR \[|"
                 r"(?:failed to connect |encountered error ?\(|\[)1:|\bnw_[^\n]{0,300}error |POSIX \()(\d\d)\b"), _POSIX),
    (LazyPattern(r"(?:OSStatus(?:ErrorDomain)?|kNWErrorDomainTLS|kCFStreamErrorDomainSSL|encountered error|\[|\()[^\n]{0,12}?(-98\d\d)\b"), _TLS),
    (LazyPattern(r"(?:kNWErrorDomainDNS|\bnw_|DNSServiceErrorType|NWError)[^\n]{0,300}?(-65[56]\d\d)\b"), _DNS),
    (LazyPattern(rf"kCFErrorDomainCFNetwork{_FAIL}(\d{{1,3}})\b"), _CFNETWORK),
)  # fmt: skip
_ERRNO_TEXT: Final = LazyPattern(rf"\b({'|'.join(_ERRNO)})\b")
_SOCKET: Final = LazyPattern(r"WebSocket (?:network error|connection to|is closed)|\bwss://")
WORDS: Final = (
    "ErrorDomain",
    "finished with error",
    "failed with error",
    "rror code: -1",
    "OSStatus error",
    "POSIXErrorCode",
    "NWError",
    "SO_ERROR",
    "nw_",
    "encountered error",
    "failed to connect 1:",
    "t be completed. ",
    "RESIP::",
    "failed to register",
)

_TEXTS: Final = (
    (LazyPattern(r"RESIP::DNS: lookup of \S+ failed"), Failure.DNS_NO_ANSWER, "signaling", "the name could not be looked up"),
    (LazyPattern(r"RESIP::TRANSPORT: Got TLS read ret=0|RESIP::TRANSPORT[^\n]{0,80}(?:reset|closed)"), Failure.CONNECTION_RESET,
     "signaling", "the TLS connection was cut"),
    (LazyPattern(r"failed to register for Twilio push[^\n]*[Tt]oken (?:has )?expired"), "token_expired", "", "the access token has expired"),
    (LazyPattern(r"failed to register for Twilio push[^\n]*[Hh]ttp status: 5\d\d"), "registration_unavailable", "registration",
     "the registration server failed"),
    (LazyPattern(r"failed to register for Twilio push[^\n]*[Hh]ttp status: 4\d\d"), "registration_refused", "registration",
     "the registration was refused"),
    (LazyPattern(r"failed to register for Twilio push[^\n]*Invalid access token"), "token_invalid", "",
     "the access token is not accepted"),
)  # fmt: skip


def read_apple_error(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield host, port, and facts of each error."""
    for line, at in lines_with(text, WORDS):
        if meaning := _meaning(line):
            sign, means = meaning
            # The SDK's only WebSocket is signaling; Safari's second line about it does not name the host.
            named: ToolFacts = {"service": "signaling"} if _SOCKET.search(line) else {}
            host = host_in(line[max(0, line.find("NSErrorFailingURL")) :], *((text, at) if named else ()))
            yield host, 443, {"sign": str(sign), "bad": means, **({} if host else named)}
        for form, sign, service, means in _TEXTS:
            if form.search(line):
                named = {"service": service} if service else {}
                yield host_in(line), 443, {"sign": str(sign), "bad": means, **named}


def _meaning(line: str) -> tuple[str, str] | None:
    """Return the sign of the error in *line* and what it means; the outer one, if one is inside another."""
    found = [
        (match.start(1), table[match[1]])
        for pattern, table in _CODES
        if (match := pattern.search(line)) and match[1] in table
    ]
    if not found and (match := _ERRNO_TEXT.search(line)):
        return _POSIX[_ERRNO[match[1]]]
    return min(found)[1] if found else None
