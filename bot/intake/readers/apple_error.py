"""Read errors of iOS and macOS: `NSURLErrorDomain`, `NSPOSIXErrorDomain`, and lines of Xcode.

The codes are Apple's (NSURLError.h, errno). They tell what the app saw on the user's device.
"""

# ruff: noqa: E501 - a table: one line is one entry

from collections.abc import Iterator, Mapping
from typing import Final

from bot.intake.parsing.hosts import ToolFacts
from bot.intake.parsing.lazy_pattern import LazyPattern
from bot.intake.parsing.line_search import host_in, lines_with
from probes.protocol.failures import Failure

_URL_ERRORS: Final[Mapping[str, tuple[str, str]]] = {
    "-1001": (Failure.GENERIC_TIMEOUT_ERROR, "no answer in time"),
    "-1003": (Failure.DNS_NO_ANSWER, "the name could not be looked up"),
    "-1004": (Failure.CONNECTION_REFUSED, "no connection"),
    "-1005": ("network_changed", "the connection was lost"),
    "-1006": (Failure.DNS_NO_ANSWER, "the name could not be looked up"),
    "-1009": (Failure.NETWORK_DOWN, "the device is offline"),
    "-1018": (Failure.NETWORK_DOWN, "roaming is off"),
    "-1020": (Failure.NETWORK_DOWN, "mobile data is off for the app"),
    "-1200": (Failure.SSL_FAILED_HANDSHAKE, "the TLS handshake failed"),
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
_URL_CODE: Final = LazyPattern(
    r"(?:NSURLErrorDomain[^\n]{0,20}?Code=|error \[|error - code: |kCFErrorDomainCFNetwork Code=)(-1\d{3})"
)
_POSIX_CODE: Final = LazyPattern(r"NSPOSIXErrorDomain[^\n]{0,12}?Code=(\d{2})\b")
WORDS: Final = (
    "NSURLErrorDomain",
    "finished with error",
    "kCFErrorDomainCFNetwork",
    "NSPOSIXErrorDomain",
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
    for line, _ in lines_with(text, WORDS):
        for pattern, meanings in ((_URL_CODE, _URL_ERRORS), (_POSIX_CODE, _POSIX)):
            match = pattern.search(line)
            if match and match[1] in meanings:
                sign, means = meanings[match[1]]
                host = (
                    host_in(line[line.find("NSErrorFailingURL") :])
                    if "NSErrorFailingURL" in line
                    else host_in(line)
                )
                yield host, 443, {"sign": str(sign), "bad": means}
        for form, sign, service, means in _TEXTS:
            if form.search(line):
                named: ToolFacts = {"service": service} if service else {}
                yield host_in(line), 443, {"sign": str(sign), "bad": means, **named}
