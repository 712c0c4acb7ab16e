"""Hostile STUN and TURN: no crash, no hang past the budget, no growth."""

import asyncio
import gc
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from probes.checks import nat, quality, stun, turn, udp_media
from probes.net.stun import (
    MalformedError,
    StunAttribute,
    StunClass,
    StunMessage,
    StunMethod,
    TransportAddress,
    integrity_holds,
    pack_address,
    pack_error,
    pack_message,
    parse_message,
)
from probes.net.turn_session import MOST_BYTES, Credentials, StunFrames, TurnRefused, TurnSession
from probes.protocol.failures import Failure
from tests.fakes import Talk, drip, say, stun_answer, stun_mapped, stun_server, tcp_server
from tests.probes.checks.run_one_probe import see
from tests.turnserver import SECRETS

pytestmark = pytest.mark.unmeasured

RUNS = 12_000
HOST = "127.0.0.1"
CREDENTIALS = Credentials(SECRETS["username"], SECRETS["credential"])
CHALLENGE = ((StunAttribute.REALM, b"turn.example"), (StunAttribute.NONCE, b"nonce"))


def _seeds() -> list[bytes]:
    transaction = bytes(range(12))
    address = TransportAddress("192.0.2.1", 40000)
    addresses = [
        pack_address(attribute, host, transaction)
        for attribute in (
            StunAttribute.XOR_MAPPED_ADDRESS,
            StunAttribute.XOR_RELAYED_ADDRESS,
            StunAttribute.OTHER_ADDRESS,
        )
        for host in (address, TransportAddress("2001:db8::1", 1))
    ]
    bodies = [
        (StunMethod.BINDING, StunClass.SUCCESS, addresses),
        (StunMethod.ALLOCATE, StunClass.ERROR, [pack_error(401, "Unauthorized"), *CHALLENGE]),
        (StunMethod.ALLOCATE, StunClass.ERROR, [pack_error(438, "Stale"), *CHALLENGE]),
        (StunMethod.ALLOCATE, StunClass.SUCCESS, [*addresses, (StunAttribute.SOFTWARE, b"fuzz")]),
        (
            StunMethod.DATA,
            StunClass.INDICATION,
            [addresses[0], (StunAttribute.DATA, b"\x80\0\0\0" + bytes(8))],
        ),
    ]
    messages = [StunMessage(method, kind, transaction, tuple(body)) for method, kind, body in bodies]
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
    session = TurnSession(CREDENTIALS)
    session.accepts(
        StunMessage(StunMethod.ALLOCATE, StunClass.ERROR, bytes(12), (pack_error(401), *CHALLENGE))
    )
    try:
        message = session.read(packet)
    except MalformedError:
        return
    for attribute in StunAttribute:
        message.address(attribute)
        message.text(attribute)
    integrity_holds(packet, b"key")
    said = ""
    try:
        session.accepts(message)
    except TurnRefused as refused:
        said = str(refused)
    assert SECRETS["credential"] not in said
    parse_message(session.request(StunMethod.REFRESH)[1])


def _survive_stream(packet: bytes, frames: StunFrames) -> StunFrames:
    try:
        for found in frames.feed(packet):
            _survive(found)
    except MalformedError:
        return StunFrames()
    assert len(frames._rest) < MOST_BYTES
    return frames


def test_mutated_messages_neither_crash_nor_grow() -> None:
    """Twelve thousand hostile messages end in a value or in MalformedError, and leave nothing behind."""
    frames = StunFrames()
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


def _stale_for_ever(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
    return [stun_answer(request, StunClass.ERROR, pack_error(438), *CHALLENGE)]


def _flood(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
    return [
        pack_message(
            StunMessage(StunMethod.DATA, StunClass.INDICATION, bytes(12), ((StunAttribute.DATA, b"x"),))
        )
    ] * 300


def _giants(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
    return [bytes(60_000), b"\1\1\xff\xfc" + bytes(30_000), stun_mapped(request, ("0.0.0.0", 0))[:-4]]


def _nothing_in_it(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
    return [stun_answer(request, StunClass.SUCCESS)]


def _no_code(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
    return [stun_answer(request, StunClass.ERROR)]


@pytest.mark.parametrize("reply", [_stale_for_ever, _flood, _giants, _nothing_in_it, _no_code])
async def test_hostile_datagrams(reply: Callable[[StunMessage, tuple[str, int]], list[bytes]]) -> None:
    """For any data from a UDP server, each check ends within its budget and with a failure."""
    async with stun_server(reply) as port:
        ways = [{"host": HOST, "port": port, "transport": "udp"}]
        start = time.perf_counter()
        for probe in (stun.probe, nat.probe, turn.probe):
            failure, _ = await see(probe, HOST, port, transport="udp", secrets=SECRETS, budget=0.3)
            assert failure not in {None, Failure.PROBE_CRASHED}
        failure, _ = await see(udp_media.probe, "", 0, secrets=SECRETS, budget=0.3, turn=ways)
        assert failure not in {None, Failure.PROBE_CRASHED}
    assert time.perf_counter() - start < 3


def _all_at_once(request: StunMessage, peer: tuple[str, int]) -> list[bytes]:
    return [*_flood(request, peer), *_giants(request, peer), *[stun_mapped(request, ("192.0.2.1", 1))] * 20]


@pytest.mark.parametrize("reply", [_stale_for_ever, _flood, _all_at_once])
async def test_hostile_answers_to_a_measurement(
    reply: Callable[[StunMessage, tuple[str, int]], list[bytes]],
) -> None:
    """Floods, giants, and doubled answers cost the budget of the measurement only, and no packet counts twice."""
    async with stun_server(reply) as port:
        start = time.perf_counter()
        failure, facts = await see(quality.probe, HOST, port, transport="udp", budget=2.0)
    assert failure in {None, Failure.INCONCLUSIVE}
    assert facts.get("sent", 0) in {0, 50, 200, 350}
    assert 0 <= facts.get("lost", 0) <= facts.get("sent", 0)
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
        drip(_flood(StunMessage(1, StunClass.REQUEST, bytes(12)), ("", 0))[0] * 20),
        drip(
            pack_message(
                StunMessage(StunMethod.ALLOCATE, StunClass.ERROR, bytes(12), (pack_error(401), *CHALLENGE))
            )
        ),
    ],
    ids=["junk", "giant", "half-open", "half-closed", "junk-frame", "channels", "data", "errors"],
)
@pytest.mark.parametrize("probe", [turn.probe, udp_media.probe], ids=["turn", "udp_media"])
async def test_hostile_streams(probe: Callable[..., object], talk: Talk) -> None:
    """Junk, giant lengths, half frames and endless streams end within the budget and with a failure."""
    async with tcp_server(talk) as port:
        ways = [{"host": HOST, "port": port, "transport": "tcp"}]
        start = time.perf_counter()
        failure, _ = await see(probe, HOST, port, secrets=SECRETS, budget=0.3, turn=ways)  # type: ignore[arg-type]  # both are probes
    assert failure not in {None, Failure.PROBE_CRASHED}
    assert time.perf_counter() - start < 1.5


async def test_a_hostile_server_leaves_nothing_behind() -> None:
    """Two hundred checks of a server with stale nonces and junk grow neither memory nor tasks."""
    tasks = len(asyncio.all_tasks())
    async with stun_server(_stale_for_ever) as port:
        for _ in range(20):
            await see(turn.probe, HOST, port, transport="udp", secrets=SECRETS)
        gc.collect()  # what is in a circle is garbage that nobody has searched for yet
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            for _ in range(200):
                failure, _ = await see(turn.probe, HOST, port, transport="udp", secrets=SECRETS)
                assert failure is Failure.TURN_STALE_NONCE
            gc.collect()
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert after - before < 100_000
    assert len(asyncio.all_tasks()) == tasks
