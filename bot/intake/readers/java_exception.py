"""Read exceptions of Android in logcat or a stack: names, certificates, connections, and tokens.

A stack says what an app saw on the user's device. A phone without any network raises `UnknownHostException`, too,
and a timeout has many reasons, so these point to causes and prove none.
"""

# ruff: noqa: E501 - a table: one line is one entry

import re
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.hosts import HOST, ToolFacts, port_of
from bot.intake.parsing.lazy_pattern import LazyPattern
from bot.intake.parsing.line_search import host_in, lines_with
from probes.protocol.failures import Failure

# (a word that finds the line, what else is near it, the sign, and what it means). The first that fits decides.
_TEXTS: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("UnknownHostException", "", Failure.DNS_NO_ANSWER, "the name could not be looked up"),
    ("SSLHandshakeException", r"Chain validation failed|timestamp check|CertificateExpired|CertificateNotYetValid|not valid (?:until|after)",
     Failure.SSL_EXPIRED_CERTIFICATE, "the certificate is out of date for this device"),
    ("SSLHandshakeException", r"protocol version|unsupported protocol|NO_CIPHERS|no protocols|PROTOCOL_VERSION",
     Failure.SSL_FAILED_HANDSHAKE, "client and server have no TLS version in common"),
    ("SSLHandshakeException", r"Trust anchor|CertPathValidator|PKIX path|self[- ]signed|unable to find valid certification",
     Failure.SSL_UNKNOWN_AUTHORITY, "the certificate's authority is not trusted"),
    ("SSLHandshakeException", r"reset by peer|closed by peer|connection closed", Failure.CONNECTION_RESET,
     "the TLS handshake was cut off"),
    ("SSLPeerUnverifiedException", "", Failure.SSL_INVALID_HOSTNAME, "the certificate is for another name"),
    ("not verified", r"Hostname \S+ not verified", Failure.SSL_INVALID_HOSTNAME, "the certificate is for another name"),
    ("CertPathValidatorException", r"Trust anchor", Failure.SSL_UNKNOWN_AUTHORITY, "the certificate's authority is not trusted"),
    ("SocketTimeoutException", r"failed to connect|connect timed out|timeout", Failure.GENERIC_TIMEOUT_ERROR,
     "no answer in time"),
    ("ConnectException", r"/0\.0\.0\.0|/127\.|/::1?(?:$|[:\s])", Failure.DNS_BOGON_ERROR, "the name leads to this device itself"),
    ("ConnectException", r"ENETUNREACH|Network is unreachable", Failure.NETWORK_UNREACHABLE, "this device had no route"),
    ("ConnectException", r"ECONNREFUSED|refused", Failure.CONNECTION_REFUSED, "the connection was refused"),
    ("ConnectException", r"ailed to connect", Failure.GENERIC_TIMEOUT_ERROR, "no connection"),
    ("NoRouteToHostException", "", Failure.HOST_UNREACHABLE, "there is no route to the host"),
    ("SocketException", r"ENETUNREACH|Network is unreachable", Failure.NETWORK_UNREACHABLE, "this device had no route"),
    ("SocketException", r"Connection reset", Failure.CONNECTION_RESET, "the connection was reset"),
    ("Software caused connection abort", "", "network_changed", "the device changed networks"),
    ("RegistrationException", r"[Tt]oken (?:has )?expired|expir", "token_expired", "the access token has expired"),
    ("RegistrationException", r"[Ii]nvalid access token|AccessTokenInvalid", "token_invalid", "the access token is not accepted"),
)  # fmt: skip
_FORMS: Final = tuple((word, LazyPattern(near), str(sign), means) for word, near, sign, means in _TEXTS)
WORDS: Final = tuple(dict.fromkeys(word for word, *_ in _FORMS))

_BEHIND: Final = 600  # characters after the exception that belong to it: its cause and its stack
_BEFORE: Final = 150
_SERVICES: Final = (
    ("registration", LazyPattern(r"HttpsRegistrar|Registrar|Registration", re.IGNORECASE)),
    ("insights", LazyPattern(r"EventPublisher|EventGateway|Insights", re.IGNORECASE)),
    ("signaling", LazyPattern(r"PJSIP|Signaling|WSTransport|\bSip", re.IGNORECASE)),
)
_TARGET: Final = LazyPattern(rf"(?:failed to connect to|resolve host"
    rf"|Hostname)\s+[\"']?{HOST}[\"']?(?:[^\n]{{0,60}}?port (?P<port>\d{{1,5}}))?",
                            re.IGNORECASE)  # fmt: skip


def read_java_exception(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield host, port, and facts of each exception."""
    known: set[tuple[str, int]] = set()
    for word, near, sign, means in _FORMS:
        for line, at in lines_with(text, (word,)):
            around = text[at : at + _BEHIND]
            if (word, at) in known or not near.search(around if "Handshake" in word else line):
                continue
            known.add((word, at))
            target = _TARGET.search(line) or _TARGET.search(around)
            host = target["host"].casefold() if target else host_in(line)
            service = "" if host else _service(text[max(0, at - _BEFORE) : at + _BEHIND])
            named = {"service": service} if service else {}
            yield host, port_of(target["port"] if target else None), {"sign": sign, "bad": means, **named}


def _service(around: str) -> str:
    """Return the service that the classes in a stack belong to."""
    return next((service for service, form in _SERVICES if form.search(around)), "")
