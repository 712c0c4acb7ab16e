"""Hostile STUN and TURN: no crash, no hang past the budget, no growth."""

import asyncio
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from probes.checks import nat, stun, turn, udp_media
from probes.net.stun import (
    Address,
    Attribute,
    Kind,
    MalformedError,
    Message,
    Method,
    integrity_holds,
    pack_address,
    pack_error,
    pack_message,
    parse_message,
)
from probes.net.turn_session import MOST_BYTES, Credentials, Frames, Session, TurnRefused
from probes.protocol.failures import Failure
from tests.fakes import Talk, drip, say, stun_answer, stun_mapped, stun_server, tcp_server
from tests.probes.checks.run_one_probe import see
from tests.turnserver import SECRETS

RUNS = 12_000
HOST = "127.0.0.1"
CREDENTIALS = Credentials(SECRETS["username"], SECRETS["credential"])
CHALLENGE = ((Attribute.REALM, b"turn.example"), (Attribute.NONCE, b"nonce"))


def _seeds() -> list[bytes]:
    transaction = bytes(range(12))
    address = Address("192.0.2.1", 40000)
    addresses = [
        pack_address(attribute, host, transaction)
        for attribute in (
            Attribute.XOR_MAPPED_ADDRESS,
            Attribute.XOR_RELAYED_ADDRESS,
            Attribute.OTHER_ADDRESS,
        )
        for host in (address, Address("2001:db8::1", 1))
    ]
    bodies = [
        (Method.BINDING, Kind.SUCCESS, addresses),
        (Method.ALLOCATE, Kind.ERROR, [pack_error(401, "Unauthorized"), *CHALLENGE]),
        (Method.ALLOCATE, Kind.ERROR, [pack_error(438, "Stale"), *CHALLENGE]),
        (Method.ALLOCATE, Kind.SUCCESS, [*addresses, (Attribute.SOFTWARE, b"fuzz")]),
        (Method.DATA, Kind.INDICATION, [addresses[0], (Attribute.DATA, b"\x80\0\0\0" + bytes(8))]),
    ]
    messages = [Message(method, kind, transaction, tuple(body)) for method, kind, body in bodies]
    return [pack_message(message, key) for message in messages for key in (b"", b"key")]


def _mutations(count: int) -> Iterator[bytes]:
    """Real messages with bits turned, pieces cut, doubled and swapped, and plain junk."""
    chance = random.Random(8489)
    seeds = _seeds()
    for number in range(count):
        packet = bytearray(chance.choice(seeds))
        for _ in range(chance.randrange(4)):
            place = chance.randrange(len(packet))
            match chance.randrange(4):
                case 0:
                    packet[place] = chance.randrange(256)
                case 1:
                    packet[place:] = packet[: len(packet) - place]
                case 2:
                    del packet[place : place + chance.randrange(1, 9)]
                case _:
                    packet[2:4] = chance.randbytes(2)
            packet = packet or bytearray(1)
        yield bytes(packet) if number % 10 else chance.randbytes(chance.randrange(600))


def _survive(packet: bytes) -> None:
    """Everything that is ever done with bytes of a server."""
    session = Session(CREDENTIALS)
    session.accepts(Message(Method.ALLOCATE, Kind.ERROR, bytes(12), (pack_error(401), *CHALLENGE)))
    try:
        message = session.read(packet)
    except MalformedError:
        return
    for attribute in Attribute:
        message.address(attribute)
        message.text(attribute)
    integrity_holds(packet, b"key")
    said = ""
    try:
        session.accepts(message)
    except TurnRefused as refused:
        said = str(refused)
    assert SECRETS["credential"] not in said
    parse_message(session.request(Method.REFRESH)[1])


def _survive_stream(packet: bytes, frames: Frames) -> Frames:
    try:
        for found in frames.feed(packet):
            _survive(found)
    except MalformedError:
        return Frames()
    assert len(frames._rest) < MOST_BYTES
    return frames


def test_mutated_messages_neither_crash_nor_grow() -> None:
    """Twelve thousand hostile messages end in a value or in MalformedError, and leave nothing behind."""
    frames = Frames()
    for packet in _mutations(500):  # caches fill
        _survive(packet)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for packet in _mutations(RUNS):
            _survive(packet)
            frames = _survive_stream(packet, frames)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 100_000


def test_a_fair_share_of_the_mutations_is_still_stun() -> None:
    """The fuzz reaches behind the first check: many of its messages are parsed."""
    parsed = 0
    for packet in _mutations(1000):
        try:
            parse_message(packet)
            parsed += 1
        except MalformedError:
            pass
    assert 200 < parsed < 900


def _stale_for_ever(request: Message, peer: tuple[str, int]) -> list[bytes]:
    return [stun_answer(request, Kind.ERROR, pack_error(438), *CHALLENGE)]


def _flood(request: Message, peer: tuple[str, int]) -> list[bytes]:
    return [pack_message(Message(Method.DATA, Kind.INDICATION, bytes(12), ((Attribute.DATA, b"x"),)))] * 300


def _giants(request: Message, peer: tuple[str, int]) -> list[bytes]:
    return [bytes(60_000), b"\1\1\xff\xfc" + bytes(30_000), stun_mapped(request, ("0.0.0.0", 0))[:-4]]


def _nothing_in_it(request: Message, peer: tuple[str, int]) -> list[bytes]:
    return [stun_answer(request, Kind.SUCCESS)]


def _no_code(request: Message, peer: tuple[str, int]) -> list[bytes]:
    return [stun_answer(request, Kind.ERROR)]


@pytest.mark.parametrize("reply", [_stale_for_ever, _flood, _giants, _nothing_in_it, _no_code])
async def test_hostile_datagrams(reply: Callable[[Message, tuple[str, int]], list[bytes]]) -> None:
    """Whatever a UDP server sends, each probe ends within its budget and with a word."""
    async with stun_server(reply) as port:
        ways = [{"host": HOST, "port": port, "transport": "udp"}]
        start = time.perf_counter()
        for probe in (stun.probe, nat.probe, turn.probe):
            failure, _ = await see(probe, HOST, port, transport="udp", secrets=SECRETS, budget=0.3)
            assert failure not in {None, Failure.PROBE_CRASHED}
        failure, _ = await see(udp_media.probe, "", 0, secrets=SECRETS, budget=0.3, turn=ways)
        assert failure not in {None, Failure.PROBE_CRASHED}
    assert time.perf_counter() - start < 3


HALF = b"\1\3\0\x40" + bytes(16)
JUNK_IN_A_FRAME = b"\1\3\0\4\x21\x12\xa4\x42" + bytes(12) + b"\0\1\xff\xff"


@pytest.mark.parametrize(
    "talk",
    [
        say(b"\xff" * 100, then="wait"),
        say(b"\1\3\xff\xfc" + bytes(16), then="wait"),
        say(HALF, then="wait"),
        say(HALF, then="close"),
        say(JUNK_IN_A_FRAME, then="wait"),
        drip(b"\x40\0\0\4abcd" * 200),
        drip(_flood(Message(1, Kind.REQUEST, bytes(12)), ("", 0))[0] * 20),
        drip(pack_message(Message(Method.ALLOCATE, Kind.ERROR, bytes(12), (pack_error(401), *CHALLENGE)))),
    ],
    ids=["junk", "giant", "half-open", "half-closed", "junk-frame", "channels", "data", "errors"],
)
@pytest.mark.parametrize("probe", [turn.probe, udp_media.probe], ids=["turn", "udp_media"])
async def test_hostile_streams(probe: Callable[..., object], talk: Talk) -> None:
    """Junk, giant lengths, half frames and endless streams end within the budget and with a word."""
    async with tcp_server(talk) as port:
        ways = [{"host": HOST, "port": port, "transport": "tcp"}]
        start = time.perf_counter()
        failure, _ = await see(probe, HOST, port, secrets=SECRETS, budget=0.3, turn=ways)  # type: ignore[arg-type]  # both are probes
    assert failure not in {None, Failure.PROBE_CRASHED}
    assert time.perf_counter() - start < 1.5


async def test_a_hostile_server_leaves_nothing_behind() -> None:
    """Two hundred looks at a server of stale nonces and junk grow neither memory nor tasks."""
    tasks = len(asyncio.all_tasks())
    async with stun_server(_stale_for_ever) as port:
        for _ in range(20):
            await see(turn.probe, HOST, port, transport="udp", secrets=SECRETS)
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            for _ in range(200):
                failure, _ = await see(turn.probe, HOST, port, transport="udp", secrets=SECRETS)
                assert failure is Failure.TURN_STALE_NONCE
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert after - before < 200_000
    assert len(asyncio.all_tasks()) == tasks
