"""Parse ICE candidates, from statistics and from SDP or log lines (RFC 8839, `candidate:… typ relay …`).

Pure. User names in TURN addresses are removed.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from bot.intake.parsing.fields import FieldMap
from bot.intake.preflight_report import HOST, PRFLX, RELAY, SRFLX, Candidate

MOST: Final = 500

_KINDS: Final = {
    "host": HOST, "local": HOST, "srflx": SRFLX, "stun": SRFLX, "serverreflexive": SRFLX, "server-reflexive": SRFLX,
    "prflx": PRFLX, "peerreflexive": PRFLX, "peer-reflexive": PRFLX, "relay": RELAY, "relayed": RELAY, "turn": RELAY,
}  # fmt: skip

LINE: Final = re.compile(
    r"candidate:\S{1,64}\s+\d{1,5}\s+(?P<protocol>udp|tcp)\s+\d{1,12}\s+(?P<address>[\w.:%-]{2,80})\s+(?P<port>\d{1,5})"
    r"\s+typ\s+(?P<kind>host|srflx|prflx|relay)(?P<rest>[^\r\n\"']{0,300})",
    re.IGNORECASE,
)
_PROTOCOL: Final = re.compile(r"udp|tcp|tls|ssltcp")
# Browsers hide a local address behind an mDNS name.
_ADDRESS: Final = re.compile(r"(?=[0-9a-f]{0,4}[.:])[0-9a-f:.]{2,45}(?:%\w{1,16})?|[0-9a-z-]{1,60}\.local")
_KIND_OF_NETWORK: Final = re.compile(r"[a-z0-9_-]{1,20}")
_URL: Final = re.compile(r"(?:turn|stun)s?:[\w.:\[\]-]{1,120}(?:\?transport=(?:udp|tcp))?")
_NETWORK: Final = re.compile(r"\bnetwork-type\s+(\w+)|\bnetwork-name\s+(\w+)", re.IGNORECASE)
_TRANSPORT: Final = re.compile(r"[?&]transport=(udp|tcp)", re.IGNORECASE)


def read_candidate(value: Any, *, remote: bool | None = None) -> Candidate | None:
    """Read a candidate from statistics; None if its kind is unknown."""
    if isinstance(value, str):
        return next(candidate_lines(value), None)
    fields = FieldMap(value)
    if "candidate" in fields and "candidatetype" not in fields:  # RTCIceCandidateInit
        return next(candidate_lines(fields.text("candidate", longest=600)), None)
    kind = _KINDS.get(fields.text("candidatetype", "type", "typ").casefold())
    if kind is None or fields.truth("deleted"):
        return None
    url = _fitting(_URL, without_user(fields.text("url")))
    marked_remote = fields.truth("isremote", "remote")
    if remote is None:
        remote = (
            fields.text("type").casefold().startswith("remote") if marked_remote is None else marked_remote
        )
    port = fields.number("port")
    return Candidate(
        kind=kind,
        remote=remote,
        protocol=_fitting(_PROTOCOL, fields.text("protocol", "transport")),
        relay_protocol=_relay_protocol(kind, _fitting(_PROTOCOL, fields.text("relayprotocol")), url),
        address=_fitting(_ADDRESS, fields.text("address", "ip", "ipaddress")),
        port=int(port) if port is not None and 0 <= port <= 65535 else None,
        url=url,
        network=_fitting(_KIND_OF_NETWORK, fields.text("networktype", "adaptertype")),
    )


def candidate_lines(text: str) -> Iterator[Candidate]:
    """Find the candidates in lines of *text*. The words before each one tell whether it is local or remote."""
    for match in LINE.finditer(text):
        before = text[max(0, match.start() - 120) : match.start()].rpartition("\n")[2].casefold()
        network = _NETWORK.search(match["rest"])
        yield Candidate(
            kind=match["kind"].casefold(),
            remote="remote" in before or "add ice" in before or "received" in before,
            protocol=match["protocol"].casefold(),
            address=match["address"],
            port=min(int(match["port"]), 65535),
            network=(network[1] or network[2]).casefold() if network else "",
        )


def _fitting(form: re.Pattern[str], text: str) -> str:
    """Keep *text* only if it has the expected form, because any string may be there, including a secret."""
    return text.casefold() if form.fullmatch(text.casefold()) else ""


def without_user(url: str) -> str:
    """Remove the user information from a STUN or TURN address."""
    scheme, colon, rest = url.partition(":")
    return f"{scheme}{colon}{rest.rpartition('@')[2]}"[:200]


def _relay_protocol(kind: str, text: str, url: str) -> str:
    """Return the transport to the TURN server: as written, or from its address (`turns:` is TLS, else UDP)."""
    if kind != RELAY or text or not url:
        return text
    if url.casefold().startswith("turns:"):
        return "tls"
    match = _TRANSPORT.search(url)
    return match[1].casefold() if match else "udp"
