"""DNS questions and answers as bytes: what we ask, and what an answer says (RFC 1035, 6891).

Pure: no network, no clock. Only what questions for addresses and texts need. Every offset is checked, and a name's
pointers lead backwards only, so that the work on a hostile packet is bounded by its length.
"""

import ipaddress
import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from probes.dns_wire import KINDS, MalformedError, Name, Reader, Record, pack_name, to_text
from probes.failures import Failure, NetworkError

Question: TypeAlias = tuple[Name, int, int]  # name, kind, class

# Fits any path without fragments (DNS flag day 2020); what does not fit comes truncated.
_PAYLOAD: Final = 1232
_INTERNET, _CHAOS = 1, 3  # classes
_ECS, _NSID = 8, 3  # EDNS options (RFC 7871, 5001)
_USUAL_SUBNET: Final = {4: 24, 6: 56}  # bits that RFC 7871 11.1 would have told at most
_RESPONSE, _OPCODE, _TRUNCATED, _WANTED = 0x8000, 0x7800, 0x0200, 0x0100  # flags; wanted: recursion
_LONGEST_CHAIN: Final = 16  # aliases after which a resolver is going in circles

_NAMES: Final = dict(enumerate(("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED")))
_NAMES[16] = "BADVERS"
# With these a server need not even repeat the question.
_AT_A_LOSS: Final = frozenset({1, 2, 4, 5})
_RCODES: Final = {
    "NOERROR": None,
    "NXDOMAIN": Failure.DNS_NXDOMAIN_ERROR,
    "SERVFAIL": Failure.DNS_SERVFAIL_ERROR,
    "REFUSED": Failure.DNS_REFUSED_ERROR,
}


@dataclass(frozen=True, slots=True)
class Query:
    """One question, and the packet that asks it."""

    id: int
    name: str  # without the trailing dot
    question: Question
    packet: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What one resolver said to one question."""

    rcode: str  # NOERROR, NXDOMAIN, …
    addresses: tuple[str, ...] = ()
    cnames: tuple[str, ...] = ()  # the aliases gone through, without the trailing dot
    ttl: int | None = None  # seconds, the smallest on the way
    texts: tuple[str, ...] = ()
    subnet_scope: int | None = None  # RFC 7871: how many bits of the client's subnet the answer depends on
    nsid: str = ""  # RFC 5001
    truncated: bool = False

    @property
    def failure(self) -> Failure | None:
        """The word for the rcode; None for NOERROR, with or without an address."""
        return _RCODES.get(self.rcode, Failure.DNS_SERVER_MISBEHAVING)


def make_query(
    name: str, kind: str = "A", *, subnet: str = "", nsid: bool = False, chaos: bool = False
) -> Query:
    """A question for *name*, with the client *subnet* ("198.51.100.0/24") or an NSID request along.

    Raises NetworkError(dns_nxdomain_error) for a name that cannot exist, as its labels are too long or empty.
    """
    options = _subnet_option(subnet) if subnet else b""
    if nsid:
        options += _NSID.to_bytes(2, "big") + bytes(2)
    try:
        ascii_name = (name if name.isascii() else name.encode("idna").decode("ascii")).rstrip(".")
        labels = tuple(label.encode("ascii") for label in ascii_name.split("."))
        packed = pack_name(labels)
    except ValueError as error:  # UnicodeError among them
        raise NetworkError(Failure.DNS_NXDOMAIN_ERROR) from error
    id_, family = int.from_bytes(os.urandom(2), "big"), _CHAOS if chaos else _INTERNET
    head = b"".join(number.to_bytes(2, "big") for number in (id_, _WANTED, 1, 0, 0, 1))
    asked = packed + KINDS[kind].to_bytes(2, "big") + family.to_bytes(2, "big")
    opt = bytes(1) + KINDS["OPT"].to_bytes(2, "big") + _PAYLOAD.to_bytes(2, "big") + bytes(4)
    packet = head + asked + opt + len(options).to_bytes(2, "big") + options
    question = (tuple(label.lower() for label in labels), KINDS[kind], family)
    return Query(id_, ascii_name, question, packet)


def _subnet_option(subnet: str) -> bytes:
    """The client's *subnet* as RFC 7871 section 6 writes it."""
    text, _, given = subnet.partition("/")
    version = ipaddress.ip_address(text).version
    bits = int(given) if given else _USUAL_SUBNET[version]
    net = ipaddress.ip_network(f"{text}/{bits}", strict=False)
    told = net.network_address.packed[: (bits + 7) // 8]
    value = (1 if version == 4 else 2).to_bytes(2, "big") + bytes((bits, 0)) + told
    return _ECS.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value


def parse_answer(packet: bytes, query: Query) -> Answer | None:
    """What *packet* answers to *query*; None when it answers something else.

    Raises NetworkError(dns_server_misbehaving) for junk that carries our id.
    """
    if packet[:2] != query.id.to_bytes(2, "big"):
        return None
    try:
        return _read(Reader(packet, 2), query)
    except MalformedError as error:
        raise NetworkError(Failure.DNS_SERVER_MISBEHAVING) from error


def _read(reader: Reader, query: Query) -> Answer | None:
    flags, *counts = (reader.number(2) for _ in range(5))
    questions = [(reader.name(), reader.number(2), reader.number(2)) for _ in range(counts[0])]
    records = [reader.record() for _ in range(counts[1])]
    others = [reader.record() for _ in range(counts[2] + counts[3])]
    extended = [one for one in others if one.kind == KINDS["OPT"]]
    if len(extended) > 1 or any(one.name for one in extended):
        raise MalformedError
    rcode = flags & 0xF | (extended[0].ttl >> 24 << 4 if extended else 0)
    if not flags & _RESPONSE or flags & _OPCODE:
        return None
    if questions != [query.question] and not (rcode in _AT_A_LOSS and not questions):
        return None
    options = dict(_options(extended[0].data)) if extended else {}
    scope = options.get(_ECS)
    if scope is not None and len(scope) < 4:
        raise MalformedError
    aliases, found = _follow(records, query.question) if questions and not rcode else ([], [])
    return Answer(
        rcode=_NAMES.get(rcode, f"RCODE{rcode}"),
        addresses=tuple(dict.fromkeys(one for record in found for one in _address(record))),
        cnames=tuple(to_text(alias.target) for alias in aliases),
        ttl=min(one.ttl for one in (*aliases, *found)) if found else None,
        texts=tuple(_printable(b"".join(_strings(one))) for one in found if one.kind == KINDS["TXT"]),
        subnet_scope=scope[3] if scope else None,
        nsid=_printable(options.get(_NSID, b"")),
        truncated=bool(flags & _TRUNCATED),
    )


def _follow(records: Sequence[Record], question: Question) -> tuple[list[Record], list[Record]]:
    """The aliases from what was asked for to what answers it, and that."""
    name, kind, family = question
    aliases: list[Record] = []
    while True:
        here = [one for one in records if (one.name, one.family) == (name, family)]
        if found := [one for one in here if one.kind == kind]:
            return aliases, found
        alias = next((one for one in here if one.kind == KINDS["CNAME"]), None)
        if alias is None:
            return aliases, []
        if len(aliases) >= _LONGEST_CHAIN:
            raise MalformedError
        aliases.append(alias)
        name = alias.target


def _address(record: Record) -> Iterator[str]:
    for kind, size, family in (("A", 4, socket.AF_INET), ("AAAA", 16, socket.AF_INET6)):
        if record.kind == KINDS[kind]:
            if len(record.data) != size:
                raise MalformedError
            yield socket.inet_ntop(family, record.data)


def _strings(record: Record) -> Iterator[bytes]:
    """The strings of a TXT record, each with its length before it."""
    reader = Reader(record.data)
    while reader.left:
        yield reader.take(reader.number(1))


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The EDNS options of an OPT record (RFC 6891 6.1.2)."""
    reader = Reader(data)
    while reader.left:
        yield reader.number(2), reader.take(reader.number(2))


def _printable(raw: bytes) -> str:
    """*raw* as text where it is text, else as hex digits: an NSID may be any bytes."""
    text = raw.decode("ascii", "replace")
    return text if text.isprintable() and "\ufffd" not in text else raw.hex()
