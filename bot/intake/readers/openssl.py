"""Read the output of openssl s_client."""

import re
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.certificates import interceptor_in
from bot.intake.parsing.hosts import HOST, ToolFacts, port_of
from bot.intake.parsing.lazy_pattern import LazyPattern
from probes.protocol.failures import Failure

# X.509 verification codes of OpenSSL (verify(1)) that mean more than a root certificate missing on this
# machine.
_VERIFY: Final = {
    "9": ("misdated", Failure.SSL_NOT_YET_VALID_CERTIFICATE),
    "10": ("misdated", Failure.SSL_EXPIRED_CERTIFICATE),
    "18": ("intercepted", Failure.SSL_UNKNOWN_AUTHORITY),
    "19": ("intercepted", Failure.SSL_UNKNOWN_AUTHORITY),
    "62": ("intercepted", Failure.SSL_INVALID_HOSTNAME),
}


# The host of a certificate, where the command was not copied.
_SUBJECT: Final = LazyPattern(
    rf"^\s*(?:0 s:|subject=)[^\n]{{0,200}}?CN ?= ?{HOST}", re.IGNORECASE | re.MULTILINE
)

SIGN: Final = LazyPattern(r"s_client|CONNECTED\(|verify (?:return code|error)", re.IGNORECASE)
LINES: Final = LazyPattern(
    r"openssl s_client|CONNECTED\(|connect:errno=|connect: [A-Z]|Connection (?:refused|timed out)|No route to host"
    r"|verify (?:return code|error|return)|wrong version number|no peer certificate|errno=\d|unexpected eof"
    r"|handshake failure"
    r"|^\s*(?:issuer|subject)=|^depth=\d|^\s*\d s:|^\s+i:|BIO_lookup_ex|Certificate chain|^---$|^\s+Verify"
    r"|alert protocol version",
    re.IGNORECASE,
)


def read_openssl(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield host, port, and facts of each connection of s_client."""
    for part in re.split(r"(?=openssl s_client)", text)[:20]:
        command = re.search(rf"-connect\s+{HOST}:(?P<port>\d{{1,5}})", part, re.IGNORECASE)
        subject = None if command else _SUBJECT.search(part)
        if command:
            yield from _connection(part, command["host"].casefold(), port_of(command["port"]))
        elif subject:
            yield from _connection(part, subject["host"].casefold(), 443)


def _connection(part: str, host: str, port: int) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield how far a connection came: name, TCP, TLS."""
    failed = re.search(
        r"connect:errno=\d+|connect: [A-Z][a-z ]+|Connection (?:refused|timed out)|No route to host"
        r"|Network is unreachable",
        part,
    )
    if re.search(r"BIO_lookup_ex|Name or service not known|getaddrinfo", part):
        yield (
            host,
            53,
            {"dns": "fails", "sign": Failure.DNS_NO_ANSWER.value, "bad": "the name could not be looked up"},
        )
    elif "CONNECTED(" in part:
        yield host, port, {"tcp": "open", "tcp_port": port, **_session(part)}
    elif failed:
        yield host, port, {"tcp": "shut", "tcp_port": port, "sign": _sign(part), "bad": failed[0].strip()}


def _sign(part: str) -> str:
    if "unreachable" in part:
        return Failure.NETWORK_UNREACHABLE.value
    refused = "refused" in part or "errno=111" in part
    return (Failure.CONNECTION_REFUSED if refused else Failure.GENERIC_TIMEOUT_ERROR).value


def _session(part: str) -> ToolFacts:
    """Return the result of the TLS handshake."""
    facts: ToolFacts = {}
    verify = re.search(r"Verify return code: (\d+) \(([^)]{0,80})\)", part) or re.search(
        r"verify error:num=(\d+):([^\n]{0,80})", part
    )
    owner = interceptor_in(part)
    if "wrong version number" in part or "packet length too long" in part:
        facts |= {
            "tls": "intercepted",
            "sign": Failure.SSL_NOT_TLS.value,
            "bad": "something that is not TLS answered",
        }
    elif re.search(r"alert protocol version|unsupported protocol|no protocols available", part):
        facts |= {
            "sign": Failure.SSL_FAILED_HANDSHAKE.value,
            "bad": "client and server have no TLS version in common",
        }
    elif re.search(r"no peer certificate available|errno=104|unexpected eof|handshake failure", part):
        facts |= {
            "tls": "cut",
            "sign": Failure.CONNECTION_RESET.value,
            "bad": "the TLS handshake was cut off",
        }
    elif owner:
        facts |= {
            "tls": "intercepted",
            "sign": Failure.SSL_LOCAL_AUTHORITY.value,
            "bad": f"the certificate is of {owner}",
        }
    elif verify and verify[1] == "0":
        facts["tls"] = "accepted"
    elif verify and verify[1] in _VERIFY:
        word, sign = _VERIFY[verify[1]]
        facts |= {"tls": word, "sign": sign.value, "bad": verify[2].strip()}
    if issuer := re.search(r"^\s*issuer=\s*([^\n]{1,200})", part, re.MULTILINE):
        facts["issuer"] = issuer[1].strip()
    return facts
