"""Make DNS queries and parse answers. Pure: no network, no clock."""

from typing import Final

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.wire

from probes.protocol.failures import Failure, NetworkError
from probes.protocol.frozen import frozen

# Fits any path without fragmentation (DNS flag day 2020); longer answers are truncated.
_PAYLOAD: Final = 1232

_RCODES: Final = {
    "NOERROR": None,
    "NXDOMAIN": Failure.DNS_NXDOMAIN_ERROR,
    "SERVFAIL": Failure.DNS_SERVFAIL_ERROR,
    "REFUSED": Failure.DNS_REFUSED_ERROR,
}

# Record types that may appear in an answer to our queries, including signatures and proofs of absence.
_KINDS: Final = frozenset(
    int(dns.rdatatype.from_text(kind))
    for kind in ("A", "AAAA", "CNAME", "DNAME", "TXT", "NS", "SOA", "OPT", "DS", "RRSIG", "NSEC", "NSEC3")
)
_FLAGS: Final = 0xFA0F  # QR, opcode, TC, rcode (RFC 1035 4.1.1)
_FAMILIES: Final = frozenset({int(dns.rdataclass.IN), int(dns.rdataclass.CH)})


@frozen
class DnsAnswer:
    """One resolver's answer to one query."""

    rcode: str  # NOERROR, NXDOMAIN, …
    addresses: tuple[str, ...] = ()
    cnames: tuple[str, ...] = ()  # the aliases followed, without the trailing dot
    ttl: int | None = None  # seconds, the smallest in the chain
    texts: tuple[str, ...] = ()
    subnet_scope: int | None = None  # RFC 7871: how many bits of the client's subnet the answer depends on
    nsid: str = ""  # RFC 5001
    truncated: bool = False

    @property
    def failure(self) -> Failure | None:
        """The failure for the rcode; None for NOERROR, with or without an address."""
        return _RCODES.get(self.rcode, Failure.DNS_SERVER_MISBEHAVING)


def make_query(
    name: str, kind: str = "A", *, subnet: str = "", nsid: bool = False, chaos: bool = False
) -> dns.message.Message:
    """A query for *name*, with an optional client *subnet* ("198.51.100.0/24") and NSID request.

    Raises NetworkError(dns_nxdomain_error) for a name that cannot exist because a label is empty or too long.
    """
    options: list[dns.edns.Option] = []
    if subnet:
        address, _, bits = subnet.partition("/")
        options.append(dns.edns.ECSOption(address, int(bits) if bits else None))
    if nsid:
        options.append(dns.edns.NSIDOption(b""))
    try:
        return dns.message.make_query(
            name, kind, "CH" if chaos else "IN", use_edns=0, payload=_PAYLOAD, options=options
        )
    except (dns.exception.DNSException, UnicodeError) as error:
        raise NetworkError(Failure.DNS_NXDOMAIN_ERROR) from error


def parse_answer(packet: bytes, query: dns.message.Message) -> DnsAnswer | None:
    """Parse *packet* as the answer to *query*; None if it answers another query.

    Raises NetworkError(dns_server_misbehaving) for junk with the id of *query*.
    """
    if packet[:2] != query.id.to_bytes(2, "big"):
        return None
    try:
        _refuse_unknown_records(packet)
        message = dns.message.from_wire(_mask_flags(packet), ignore_trailing=True)
        if not query.is_response(message):
            return None
        return _read(message)
    except (dns.exception.DNSException, ValueError) as error:
        raise NetworkError(Failure.DNS_SERVER_MISBEHAVING) from error


def _mask_flags(packet: bytes) -> bytes:
    """Clear the flags that we do not read: Python's enum caches every combination forever."""
    flags = int.from_bytes(packet[2:4], "big") & _FLAGS
    return packet[:2] + flags.to_bytes(2, "big") + packet[4:]


def _refuse_unknown_records(packet: bytes) -> None:
    """Raise FormError for a record type or class that does not belong in an answer to our queries.

    dnspython searches the disk for each new pair and caches it forever. A hostile server can send 2**32 of
    them.
    """
    parser = dns.wire.Parser(packet, 4)
    questions, *records = parser.get_struct("!HHHH")
    for _ in range(questions):
        parser.get_name(decompress=True)
        parser.get_struct("!HH")
    for _ in range(sum(records)):
        parser.get_name(decompress=True)
        kind, family, _, length = parser.get_struct("!HHIH")
        if kind not in _KINDS or (family not in _FAMILIES and kind != dns.rdatatype.OPT):
            raise dns.exception.FormError
        parser.get_bytes(length)


def _read(message: dns.message.Message) -> DnsAnswer:
    rcode = dns.rcode.to_text(message.rcode())
    chained = isinstance(message, dns.message.QueryMessage) and bool(message.question) and rcode == "NOERROR"
    answers: dns.rrset.RRset | None = None
    cnames: tuple[str, ...] = ()
    ttl: int | None = None
    if chained:
        assert isinstance(message, dns.message.QueryMessage)
        chain = message.resolve_chaining()
        answers = chain.answer
        cnames = tuple(rdata.target.to_text(omit_final_dot=True) for alias in chain.cnames for rdata in alias)
        ttl = int(chain.minimum_ttl) if answers is not None else None
    return DnsAnswer(
        rcode=rcode,
        addresses=tuple(rdata.address for rdata in answers or () if hasattr(rdata, "address")),
        cnames=cnames,
        ttl=ttl,
        texts=tuple(
            _printable(b"".join(rdata.strings)) for rdata in answers or () if hasattr(rdata, "strings")
        ),
        subnet_scope=next((o.scopelen for o in message.options if isinstance(o, dns.edns.ECSOption)), None),
        nsid=next((_printable(o.nsid) for o in message.options if isinstance(o, dns.edns.NSIDOption)), ""),
        truncated=bool(message.flags & dns.flags.TC),
    )


def _printable(raw: bytes) -> str:
    """Decode *raw* if it is printable ASCII, else return hex digits: an NSID may be any bytes."""
    text = raw.decode("ascii", "replace")
    return text if text.isprintable() and "\ufffd" not in text else raw.hex()
