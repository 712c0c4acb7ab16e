"""What we write and read of DNS, beside dnspython, which nobody here wrote."""

import random
from dataclasses import replace
from itertools import pairwise

import dns.edns
import dns.exception
import dns.message
import dns.rdataclass
import dns.rdatatype
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.dns_message import Answer, make_query, parse_answer
from probes.dns_wire import MalformedError, Reader, to_text
from probes.failures import Failure, NetworkError
from tests.name_server import answer
from tests.probes.test_fuzz_dns_tls_ws import spoil

LABELS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=63)
NAMES = st.lists(LABELS, min_size=1, max_size=6).map(".".join).filter(lambda name: len(name) < 250)


@given(NAMES, st.sampled_from(["A", "AAAA", "TXT"]), st.booleans(), st.booleans())
@settings(deadline=None)
def test_questions_are_read_as_they_were_meant(name: str, kind: str, chaos: bool, nsid: bool) -> None:
    """dnspython finds in our packet the name, kind, class and options that were asked for."""
    query = make_query(name, kind, chaos=chaos, nsid=nsid)
    read = dns.message.from_wire(query.packet)
    (question,) = read.question
    assert (read.id, question.name.to_text(omit_final_dot=True)) == (query.id, name)
    assert question.rdtype == dns.rdatatype.from_text(kind)
    assert question.rdclass == (dns.rdataclass.CH if chaos else dns.rdataclass.IN)
    assert read.payload == 1232
    assert [option.otype for option in read.options] == ([dns.edns.OptionType.NSID] if nsid else [])


@pytest.mark.parametrize(
    "subnet", ["198.51.100.0/24", "198.51.100.77/20", "203.0.113.9/32", "198.51.100.9", "2001:db8::1/56"]
)
def test_subnet_is_told_as_dnspython_tells_it(subnet: str) -> None:
    """The client subnet goes out byte for byte as another program writes it."""
    address, _, bits = subnet.partition("/")
    wanted = dns.edns.ECSOption(address, int(bits) if bits else None)
    (option,) = dns.message.from_wire(make_query("voice.example", subnet=subnet).packet).options
    assert option.to_wire() == wanted.to_wire()


@pytest.mark.parametrize(
    "name", ["a..example", "x" * 64 + ".example", ".".join(["x" * 60] * 5), "\udcff.test", "."]
)
def test_names_that_cannot_be(name: str) -> None:
    """What has no form on the wire does not exist."""
    with pytest.raises(NetworkError) as caught:
        make_query(name)
    assert caught.value.failure is Failure.DNS_NXDOMAIN_ERROR


def test_names_of_other_alphabets_are_asked_for_in_ascii() -> None:
    """An umlaut goes out as IDNA has it, and the fence is asked about just that."""
    assert make_query("bücher.example").name == "xn--bcher-kva.example"


ADDRESSES = st.lists(st.ip_addresses(v=4).map(str), min_size=0, max_size=4, unique=True)


@given(NAMES, st.lists(NAMES, max_size=3, unique=True), ADDRESSES)
@settings(deadline=None)
def test_answers_are_read_as_dnspython_wrote_them(
    name: str, aliases: list[str], addresses: list[str]
) -> None:
    """Aliases in their order, addresses, and the ttl come out of another program's packet, compressed as it may be."""
    chain = list(dict.fromkeys([name, *aliases]))
    records = [f"{one} CNAME {other}." for one, other in pairwise(chain)]
    records += [f"{chain[-1]} A {address}" for address in addresses]
    query = make_query(name)
    packet = answer(dns.message.from_wire(query.packet), *records)
    read = parse_answer(packet, query)
    assert read is not None
    assert sorted(read.addresses) == sorted(addresses)  # dnspython writes them in any order
    assert replace(read, addresses=()) == Answer(
        "NOERROR", cnames=tuple(chain[1:]), ttl=60 if addresses else None
    )


QUERY = make_query("voice.example", "A", nsid=True)
WHOLE = answer(
    dns.message.from_wire(QUERY.packet),
    "voice.example CNAME edge.example.",
    "edge.example A 192.0.2.1",
    "edge.example A 192.0.2.2",
    options=[dns.edns.NSIDOption(b"fra-7")],
)


@given(st.randoms(use_true_random=False))
@settings(deadline=None)
def test_spoilt_answers_say_nothing_that_dnspython_would_not_read(dice: random.Random) -> None:
    """Where both can read a packet, both see the same addresses in it."""
    packet = spoil(WHOLE, dice, keep=2)
    try:
        ours, theirs = parse_answer(packet, QUERY), dns.message.from_wire(packet, ignore_trailing=True)
        if ours is None or not dns.message.from_wire(QUERY.packet).is_response(theirs) or theirs.rcode():
            return
        assert isinstance(theirs, dns.message.QueryMessage)
        found = theirs.resolve_chaining().answer or ()
    except (NetworkError, dns.exception.DNSException, ValueError):
        return
    assert sorted(ours.addresses) == sorted(record.address for record in found if hasattr(record, "address"))


@pytest.mark.parametrize(
    "packet",
    [
        b"\xc0\x00",  # a pointer to itself
        b"\xc0\x02\xc0\x00",  # forwards
        b"\x01a\xc0\x00",  # to its own beginning
        b"\x05ab",  # cut off
        b"\x41" + b"a" * 65 + b"\x00",  # a label of 65 bytes
        b"".join(b"\x3f" + b"a" * 63 for _ in range(4)) + b"\x00",  # a name of 257
        b"\x01a",  # without an end
    ],
)
def test_names_that_are_no_names(packet: bytes) -> None:
    """Circles, pointers ahead, and what is too long or cut off are malformed, and are noticed soon."""
    with pytest.raises(MalformedError):
        Reader(packet).name()


def test_aliases_in_a_circle_are_misbehaviour() -> None:
    """Names that lead to each other for ever are followed for a while only."""
    records = ("voice.example CNAME other.example.", "other.example CNAME voice.example.")
    with pytest.raises(NetworkError) as caught:
        parse_answer(answer(dns.message.from_wire(QUERY.packet), *records), QUERY)
    assert caught.value.failure is Failure.DNS_SERVER_MISBEHAVING


def test_strange_letters_are_written_out() -> None:
    """Dots and control characters inside a label do not pass for what they are not."""
    assert to_text((b"a.b", b"\x07", b"example")) == r"a\046b.\007.example"
