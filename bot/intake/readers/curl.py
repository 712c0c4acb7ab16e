"""Read the output of curl, with OpenSSL, Schannel, and proxies."""

import re
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.certificates import interceptor_in
from bot.intake.parsing.hosts import COMMAND, HOST, ToolFacts, names_in, port_of
from bot.intake.parsing.lazy_pattern import LazyPattern
from probes.protocol.failures import Failure

SIGN: Final = LazyPattern(
    COMMAND.format(command="curl")
    + r"|curl: \(\d+\)|^\s*(?:>\s?)*\*\s+(?:Trying|Connected|Host \S+:\d|ALPN|schannel|SSL|TLSv1|Closing|Uses proxy"
    r"|Could not resolve|Failed to connect)|^Could not resolve host:",
    re.IGNORECASE | re.MULTILINE,
)
# The marks of curl -v before its messages, sent and received headers, and errors.
LINES: Final = LazyPattern(
    COMMAND.format(command="curl")
    + r"|^\s*(?:>\s?)*(?:\*\s|[<>](?:\s|$)|[{}] \[)|curl: \(\d+\)|Could not resolve host:|Failed to connect to ",
    re.IGNORECASE,
)

_TLS: Final = (
    ("misdated", Failure.SSL_EXPIRED_CERTIFICATE, "the certificate is out of date",
     r"certificate has expired|certificate is not yet valid|SEC_E_CERT_EXPIRED|0x80090328|certificate expired"),
    ("intercepted", Failure.SSL_UNKNOWN_AUTHORITY, "the certificate is not the service's",
     (r"self[- ]signed certificate|no alternative certificate subject name|SEC_E_UNTRUSTED_ROOT|0x80090325"
      r"|SEC_E_WRONG_PRINCIPAL"
      r"|0x80090322|does not match target host name")),
    ("cut", Failure.CONNECTION_RESET, "the TLS handshake was cut off",
     (r"curl: \(35\)(?![^\n]*(?:protocol version|unsupported protocol|wrong version))|Connection reset by peer"
      r"|unexpected eof|SSL_connect: SSL_ERROR_SYSCALL")),
    ("silent", Failure.GENERIC_TIMEOUT_ERROR, "the TLS handshake was not answered", "SSL connection timeout"),
)  # fmt: skip
_OLD: Final = LazyPattern(
    r"alert protocol version|unsupported protocol|SEC_E_UNSUPPORTED_FUNCTION|no protocols available",
    re.IGNORECASE,
)
_NOT_TLS: Final = LazyPattern(
    r"wrong version number|SEC_E_INVALID_TOKEN|packet length too long", re.IGNORECASE
)
# Not the service's fault, and perhaps no interception: this machine lacks roots, or cannot ask for revocations.
_UNPROVEN: Final = LazyPattern(
    r"unable to get local issuer certificate|unable to get issuer cert", re.IGNORECASE
)
_PROXY: Final = re.compile(r"\s(?:-x|--proxy|--preproxy)[ =]\S{1,300}")
_REVOCATION: Final = LazyPattern(
    r"CRYPT_E_NO_REVOCATION_CHECK|CRYPT_E_REVOCATION_OFFLINE|0x80092012|0x80092013", re.IGNORECASE
)


def read_curl(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield host, port, and facts of each connection of curl."""
    for match in re.finditer(rf"[Cc]ould not resolve host: {HOST}", text):
        facts = {"dns": "fails", "sign": Failure.DNS_NO_ANSWER.value, "bad": "the host could not be resolved"}
        yield match["host"].casefold(), 53, facts
    for part in re.split(r"(?=\bcurl(?:\.exe)?\s+(?:[-+@/]|https?:|wss?:|[\w-]+\.[\w.-]))", text)[:40]:
        yield from _proxied(part)
        yield from _direct(part)


def _asked(part: str) -> str:
    """Return the host of the command's address, or of the request."""
    command = re.match(r"curl[^\n]{0,2000}", part)
    for found in (
        re.search(
            rf"(?:https?|wss?)://{HOST}", _PROXY.sub(" ", command[0]) if command else "", re.IGNORECASE
        ),
        re.search(rf"(?:CONNECT |tunnel to |negotiate (?:http )?with )\(?{HOST}", part, re.IGNORECASE),
        re.search(rf"^>\s*Host: {HOST}", part, re.MULTILINE | re.IGNORECASE),
    ):
        if found:
            return found["host"].casefold()
    return next(iter(names_in(command[0] if command else part)), "")


def _proxied(part: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield what a proxy did with the request for a tunnel."""
    host = _asked(part)
    status = re.search(
        r"CONNECT tunnel failed, response (\d{3})|Received HTTP code (\d{3}) from proxy|Proxy CONNECT aborted()|"
        r"tunnel failed[^\n]{0,20}(\d{3})",
        part,
    ) or re.search(r"^< HTTP/[\d.]+ (407)\b", part, re.MULTILINE)
    number = next((item for item in status.groups() if item), "") if status else ""
    unreached = re.search(r"\s(?:-x|--proxy)\s|Uses proxy", part) and re.search(
        r"Failed to connect to (\S+) port", part
    )
    if (unreached and unreached[1].casefold() != host) or re.search(
        r"Could not resolve proxy|Failed to connect to \S+ port \d+ via|curl: \(5\)"
        r"|proxy[^\n]{0,60}Connection refused",
        part,
    ):
        yield host, 443, {"sign": Failure.PROXY_UNREACHABLE.value, "bad": "the proxy could not be reached"}
    elif number == "407":
        yield (
            host,
            443,
            {"sign": Failure.PROXY_AUTH_REQUIRED.value, "bad": "the proxy asks for a login (407)"},
        )
    elif status:
        yield (
            host,
            443,
            {"sign": Failure.PROXY_REFUSED.value, "bad": f"the proxy refused the tunnel {number}".strip()},
        )


def _direct(part: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield the connections that were made or failed."""
    for match in re.finditer(
        rf"Failed to connect to {HOST} port (?P<port>\d{{1,5}})(?P<why>[^\n]{{0,120}})", part, re.IGNORECASE
    ):
        if re.search(r"\s(?:-x|--proxy)\s|Uses proxy", part) and match["host"].casefold() != _asked(part):
            continue
        port, why = port_of(match["port"]), match["why"].rpartition(":")[2].strip() or "no connection"
        refused = "refused" in why or "Connection refused" in part
        sign = Failure.CONNECTION_REFUSED if refused else Failure.GENERIC_TIMEOUT_ERROR
        if "Network is unreachable" in part:
            sign = Failure.NETWORK_UNREACHABLE
        yield (
            match["host"].casefold(),
            port,
            {"tcp": "shut", "tcp_port": port, "sign": sign.value, "bad": why},
        )
    timed = re.search(
        r"(?:curl: \(28\)|^\*) (?:Connection timed out|Resolving timed out|Operation timed out"
        r"|SSL connection timeout)",
        part,
        re.MULTILINE,
    )
    if timed and (host := _asked(part)) and "Connected to" not in part:
        yield host, 443, {"sign": Failure.GENERIC_TIMEOUT_ERROR.value, "bad": "no answer in time"}
    connected = False
    for attempt in re.split(r"(?=\*\s+(?:Trying|Host) )", part)[:40]:
        found = re.search(rf"Connected to {HOST} \([^)]*\) port (?P<port>\d{{1,5}})", attempt, re.IGNORECASE)
        if found:
            port, connected = port_of(found["port"]), True
            host = _asked(part) if re.search(r"Uses proxy|proxy tunnel|CONNECT tunnel", part) else ""
            facts: ToolFacts = {} if host else {"tcp": "open", "tcp_port": port}
            yield host or found["host"].casefold(), port, {**facts, **_after_connect(attempt)}
    if not connected and (facts := _after_connect(part)):
        yield _asked(part), 443, facts  # the last line alone names no host, and says what failed


def _after_connect(part: str) -> ToolFacts:
    """Return what happened after curl connected."""
    if _OLD.search(part):
        return {
            "sign": Failure.SSL_FAILED_HANDSHAKE.value,
            "bad": "client and server have no TLS version in common",
        }
    if _NOT_TLS.search(part):
        return {
            "tls": "intercepted",
            "sign": Failure.SSL_NOT_TLS.value,
            "bad": "something that is not TLS answered",
        }
    if _REVOCATION.search(part):
        return {
            "sign": "revocation_unchecked",
            "bad": "it could not be checked whether the certificate was revoked",
        }
    owner = interceptor_in(part)
    if owner:
        return {
            "tls": "intercepted",
            "sign": Failure.SSL_LOCAL_AUTHORITY.value,
            "bad": f"the certificate is of {owner}",
            "issuer": owner,
        }
    for word, sign, bad, pattern in _TLS:
        if re.search(pattern, part):
            return {"tls": word, "sign": sign.value, "bad": bad}
    if _UNPROVEN.search(part):
        return {
            "sign": Failure.SSL_UNKNOWN_AUTHORITY.value,
            "bad": "the certificate's authority is unknown to this machine",
        }
    return _answer(part)


def _answer(part: str) -> ToolFacts:
    """Return what the server answered once TLS stood, or without TLS."""
    if (moved := _moved(part)) is not None:
        login: ToolFacts = {} if moved else {"status": 511}
        return {
            "sign": "captive_portal",
            "bad": f"the answer redirects to {moved or 'a sign-in page'}",
            **login,
        }
    facts: ToolFacts = {}
    if re.search(r"SSL certificate verify ok|schannel: SSL/TLS connection with .{1,200} complete", part):
        facts["tls"] = "accepted"
    status = re.findall(r"^< HTTP/[\d.]+ (\d{3})", part, re.MULTILINE)
    if status and re.search(r"^> Upgrade: websocket", part, re.MULTILINE | re.IGNORECASE):
        opens = status[-1] == "101"
        refused = {
            "websocket": "refused",
            "sign": Failure.WEBSOCKET_UPGRADE_REFUSED.value,
            "bad": f"HTTP status {status[-1]}",
        }
        facts |= {"websocket": "opens"} if opens else refused
    return facts


def _moved(part: str) -> str | None:
    """Return the host of another domain that a plain page leads to, "" for status 511; None without either."""
    if re.search(r"^< HTTP/[\d.]+ 511\b", part, re.MULTILINE):
        return ""
    asked = re.search(rf"^> Host: {HOST}", part, re.MULTILINE | re.IGNORECASE)
    leads = re.search(rf"^< Location: https?://{HOST}", part, re.MULTILINE | re.IGNORECASE)
    if not asked or not leads:
        return None
    domains = [".".join(match["host"].casefold().split(".")[-2:]) for match in (asked, leads)]
    return leads["host"].casefold() if domains[0] != domains[1] else None
