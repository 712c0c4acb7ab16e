"""What we ask of DNS, and what we take from an answer."""

from dataclasses import replace
from itertools import pairwise

import dns.message
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.net.dns_message import DnsAnswer, make_query, parse_answer
from probes.protocol.failures import Failure, NetworkError
from tests.name_server import answer

LABELS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=63)
NAMES = st.lists(LABELS, min_size=1, max_size=6).map(".".join).filter(lambda name: len(name) < 250)
ADDRESSES = st.lists(st.ip_addresses(v=4).map(str), min_size=0, max_size=4, unique=True)


@pytest.mark.parametrize(
    ("subnet", "told"),
    [
        ("198.51.100.0/24", "00011800c63364"),
        ("198.51.100.77/20", "00011400c63360"),  # not a bit more than the configured prefix
        ("2001:db8::1/56", "0002380020010db8000000"),
    ],
)
def test_subnet_is_told_as_the_rfc_writes_it(subnet: str, told: str) -> None:
    """The client subnet is encoded as in RFC 7871 section 6, with our payload size."""
    read = dns.message.from_wire(make_query("voice.example", subnet=subnet).to_wire())
    assert [option.to_wire() for option in read.options] == [bytes.fromhex(told)]
    assert read.payload == 1232


@pytest.mark.parametrize(
    "name", ["a..example", "x" * 64 + ".example", ".".join(["x" * 60] * 5), "\udcff.test"]
)
def test_names_that_cannot_be(name: str) -> None:
    """What has no form on the wire does not exist."""
    with pytest.raises(NetworkError) as caught:
        make_query(name)
    assert caught.value.failure is Failure.DNS_NXDOMAIN_ERROR


def test_names_of_other_alphabets_are_asked_for_in_ascii() -> None:
    """An umlaut is sent in its IDNA form, and the egress guard checks the same form."""
    assert make_query("bücher.example").question[0].name.to_text() == "xn--bcher-kva.example."


@given(NAMES, st.lists(NAMES, max_size=3, unique=True), ADDRESSES)
@settings(deadline=None)
def test_answers_are_read_as_they_were_written(name: str, aliases: list[str], addresses: list[str]) -> None:
    """Aliases in their order, addresses, and the TTL are parsed from a compressed packet."""
    chain = list(dict.fromkeys([name, *aliases]))
    records = [f"{one} CNAME {other}." for one, other in pairwise(chain)]
    records += [f"{chain[-1]} A {address}" for address in addresses]
    query = make_query(name)
    read = parse_answer(answer(query, *records), query)
    assert read is not None
    assert sorted(read.addresses) == sorted(addresses)  # dnspython writes them in any order
    assert replace(read, addresses=()) == DnsAnswer(
        "NOERROR", cnames=tuple(chain[1:]), ttl=60 if addresses else None
    )


def test_aliases_in_a_circle_are_misbehaviour() -> None:
    """A chain of names that never ends is followed for a limited number of steps."""
    records = ("voice.example CNAME other.example.", "other.example CNAME voice.example.")
    query = make_query("voice.example")
    with pytest.raises(NetworkError) as caught:
        parse_answer(answer(query, *records), query)
    assert caught.value.failure is Failure.DNS_SERVER_MISBEHAVING
