"""Junk for every decoder, and hostile servers: no crash, no hang past the budget, no growth of memory."""

import asyncio
import gc
import random
import struct
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import dns.edns
import dns.message
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.checks import dns as dns_probe
from probes.checks import http, tls, websocket
from probes.checks.websocket_attempt import judge_upgrade
from probes.net import icmp
from probes.net.certificate_verdict import Trust
from probes.net.dns_message import _KINDS, make_query, parse_answer
from probes.net.host_files import parse_hosts, parse_servers
from probes.net.http1 import Head, parse_head, read_head
from probes.protocol.failures import Failure, NetworkError
from tests.certificates import NOW, make_authority, make_server
from tests.fakes import Talk, drip, say, tcp_server
from tests.name_server import answer
from tests.probes.checks.run_one_probe import see

pytestmark = pytest.mark.unmeasured

RUNS: Final = 10_000
# What caches and interned values may add once; a leak of one small object a run would be far above.
GROWTH: Final = 100_000  # bytes
HOST: Final = "voice.example"
CHAIN: Final = make_server(make_authority("Middle", make_authority("Root")), HOST).chain
TRUST: Final = Trust()


def spoil(sample: bytes, dice: random.Random, keep: int = 0) -> bytes:
    """*sample* with bytes changed, cut off, repeated or put in, but for the first *keep*."""
    spoilt = bytearray(sample)
    for _ in range(dice.randint(1, 6)):
        place = dice.randint(keep, max(keep, len(spoilt) - 1))
        match dice.randrange(5):
            case 0 if place < len(spoilt):
                spoilt[place] = dice.randrange(256)
            case 1:
                del spoilt[place:]
            case 2:
                spoilt[place:place] = dice.randbytes(dice.randint(1, 8))
            case 3:
                spoilt += spoilt[place : place + 40]
            case _ if place < len(spoilt):
                spoilt[place] ^= 1 << dice.randrange(8)
    return bytes(spoilt)


@contextmanager
def may_fail_as(word: Failure) -> Iterator[None]:
    """Allow the block to succeed, or to fail with this failure only."""
    try:
        yield
    except NetworkError as error:
        if error.failure is not word:
            raise


QUERY: Final = make_query(HOST, "A", subnet="198.51.100.0/24", nsid=True)
ANSWER: Final = answer(
    QUERY,
    f"{HOST} CNAME edge.example.",
    "edge.example A 192.0.2.1",
    "edge.example A 192.0.2.2",
    options=[dns.edns.ECSOption("198.51.100.0", 24, 20), dns.edns.NSIDOption(b"fra-7")],
)


def load_record_classes() -> None:
    """Have dnspython import its modules now, as they stay."""
    for family in (dns.rdataclass.IN, dns.rdataclass.CH):
        for kind in _KINDS:
            dns.rdata.get_rdata_class(family, dns.rdatatype.RdataType.make(kind))


def decode_dns(dice: random.Random) -> None:
    """With the right id, since other packets are not parsed."""
    with may_fail_as(Failure.DNS_SERVER_MISBEHAVING):
        parse_answer(spoil(ANSWER, dice, keep=2), QUERY)


def decode_chain(dice: random.Random) -> None:
    judgement = TRUST.judge([spoil(der, dice) for der in CHAIN], HOST, NOW)
    assert judgement.failure is Failure.SSL_UNKNOWN_AUTHORITY


UPGRADE: Final = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    b"Proxy-Authenticate: Basic realm=x\r\n"
)


def decode_head(dice: random.Random) -> None:
    head = Head(101)
    with may_fail_as(Failure.HTTP_MALFORMED_RESPONSE):
        head = parse_head(spoil(UPGRADE.rstrip(), dice))
    judge_upgrade(head, "dGhlIHNhbXBsZSBub25jZQ==")
    http.judge(head)
    http.date_offset(head, 0.0)
    assert all(len(scheme) <= 40 for scheme in head.auth_schemes)


def decode_icmp(dice: random.Random) -> None:
    error = struct.pack("=IBBBBIIHH4s", 113, 2, 3, 13, 0, 0, 0, 2, 0, bytes([192, 0, 2, 1]))
    level = dice.choice([(0, icmp.IP_RECVERR), (41, icmp.IPV6_RECVERR), (0, 8)])
    heard = icmp.parse_ancillary([(*level, spoil(error, dice))])
    assert heard is None or isinstance(heard.failure, Failure | None)


def decode_files(dice: random.Random) -> None:
    text = spoil(b"nameserver 192.0.2.1\n192.0.2.2 voice.example # x\n::1 voice.example\n", dice)
    parse_servers(text.decode("latin-1"))
    parse_hosts(text.decode("latin-1"), HOST)


def test_the_samples_are_sound() -> None:
    """What is spoilt below is read before, else spoiling it would show nothing."""
    whole = parse_answer(ANSWER, QUERY)
    assert whole is not None
    assert sorted(whole.addresses) == ["192.0.2.1", "192.0.2.2"]
    assert (whole.subnet_scope, whole.nsid) == (20, "fra-7")
    assert judge_upgrade(parse_head(UPGRADE.rstrip()), "dGhlIHNhbXBsZSBub25jZQ==") is None
    assert TRUST.judge(CHAIN, HOST, NOW).facts["names"] == [HOST]


@pytest.mark.parametrize("decode", [decode_dns, decode_chain, decode_head, decode_icmp, decode_files])
def test_junk_neither_crashes_a_decoder_nor_fills_memory(decode: Callable[[random.Random], None]) -> None:
    """Ten thousand corrupt messages each give a failure or nothing, and use no memory afterwards."""
    load_record_classes()
    dice = random.Random(31009)
    for _ in range(500):
        decode(dice)
    gc.collect()
    tracemalloc.start(1)
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(RUNS):
            decode(dice)
        gc.collect()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < GROWTH
    assert peak - before < 20 * GROWTH


@given(st.binary(max_size=600))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_an_answer_or_not(packet: bytes) -> None:
    """Any bytes with our id are an answer, another query's answer, or misbehavior."""
    with may_fail_as(Failure.DNS_SERVER_MISBEHAVING):
        parse_answer(QUERY.id.to_bytes(2, "big") + packet, QUERY)


@given(st.lists(st.binary(min_size=1, max_size=80), max_size=8))
@settings(max_examples=300, deadline=None)
def test_any_stream_is_a_head_an_end_or_malformed(chunks: list[bytes]) -> None:
    """However a stream is cut into pieces, its reading ends."""
    rest = iter(chunks)

    async def read() -> bytes:
        return next(rest, b"")

    with may_fail_as(Failure.HTTP_MALFORMED_RESPONSE), suppress(EOFError):
        assert isinstance(asyncio.run(read_head(read)), Head)


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def junk_talk(dice: random.Random) -> Talk:
    """A server that answers with junk, likely to begin as TLS does, and then closes, resets or waits."""
    start = dice.choice(
        [b"", b"\x16\x03\x03", b"\x15\x03\x03", b"\x16\x03\x03\x00\x50\x02\x00\x00\x4c\x03\x03"]
    )
    chunks = [start + dice.randbytes(dice.randint(1, 300)) for _ in range(dice.randint(1, 4))]
    return say(*chunks, then=dice.choice(["close", "reset", "wait"]), first=dice.randrange(2))


async def many(runs: int, look: Callable[[int], Any]) -> list[Failure | None]:
    """Run the check *runs* times, twenty at a time; each ends within its budget and some slack."""
    turns = asyncio.Semaphore(20)

    async def once(number: int) -> Failure | None:
        async with turns, asyncio.timeout(5):
            failure: Failure | None = (await look(number))[0]
            return failure

    return await asyncio.gather(*(once(number) for number in range(runs)))


async def test_a_hostile_tls_server_costs_its_budget_only() -> None:
    """Hundreds of handshakes with junk each end with a failure, and leave no socket open."""
    dice = random.Random(443)
    talks = [junk_talk(dice) for _ in range(60)]

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await dice.choice(talks)(reader, writer)

    look = partial(see, tls.probe, HOST, addresses=["127.0.0.1"], budget=0.1)
    async with tcp_server(talk) as port:
        await many(20, lambda _: look(port))
        before = open_files()
        outcomes = await many(300, lambda _: look(port))
    assert None not in outcomes
    assert open_files() <= before


async def test_a_hostile_gateway_costs_its_budget_only() -> None:
    """Corrupt upgrades over real TLS each end with a failure."""
    dice = random.Random(101)
    context = make_server(None, HOST).context()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(spoil(UPGRADE + b"\r\n", dice))
        await writer.drain()

    look = partial(see, websocket.probe, HOST, addresses=["127.0.0.1"], budget=0.5)
    async with tcp_server(talk, context) as port:
        outcomes = await many(200, lambda _: look(port))
    assert None not in outcomes
    assert Failure.PROBE_CRASHED not in outcomes


@pytest.mark.parametrize("chunk", [b"X: y\r\n", b"x", b"\r\n" * 100, b"HTTP/1.1 103 Again\r\n\r\n"])
async def test_an_endless_answer_is_bounded(chunk: bytes) -> None:
    """A gateway whose head never ends is cut off by size, not only by the budget."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 103 Early\r\n")
        await drip(chunk * 100)(reader, writer)

    context = make_server(None, HOST).context()
    async with tcp_server(talk, context) as port:
        failure, _ = await see(http.probe, HOST, port, addresses=["127.0.0.1"], budget=3.0)
    assert failure is Failure.HTTP_MALFORMED_RESPONSE


class Flood(asyncio.DatagramProtocol):
    """A name server that answers each question with junk of every kind."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # asyncio types it wider
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = answer(dns.message.from_wire(data), f"{HOST} A 192.0.2.1")
        for _ in range(20):
            self.transport.sendto(spoil(reply, self.dice, keep=self.dice.choice([0, 2, 12])), addr)


async def test_a_hostile_name_server_costs_its_cadence_only() -> None:
    """Floods of corrupt answers end with a failure or an answer, and leave no socket open."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Flood(random.Random(53)), ("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    look = partial(
        see, dns_probe.probe, HOST, port, transport="udp", resolver="127.0.0.1", cadence=(0.02, 0.02)
    )
    before = open_files()
    outcomes = await many(100, lambda _: look())
    transport.close()
    assert Failure.PROBE_CRASHED not in outcomes
    assert open_files() <= before
