"""Connections that have not proved who they are: counted exactly, limited in number and time."""

import asyncio
import socket
import ssl
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.connection_limits import address_group
from bot.relays.hub.accept import APART, PROOF, Acceptor, WaitingConnection, WaitingRoom


@dataclass
class Timer:
    """A timer of the made-up loop."""

    at: float
    work: tuple[object, ...]
    canceled: bool = False

    def cancel(self) -> None:
        self.canceled = True


class Rooms(RuleBasedStateMachine):
    """A room beside a plain list of what is really open."""

    MOST, PER_ADDRESS = 6, 3

    def __init__(self) -> None:
        super().__init__()
        self.room = WaitingRoom(self.MOST, self.PER_ADDRESS)
        self.open: list[tuple[str, WaitingConnection]] = []
        self.ended: list[WaitingConnection] = []
        self.now, self.timers = 0.0, list[Timer]()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr("bot.relays.hub.accept.asyncio.get_running_loop", lambda: self)

    def call_later(self, seconds: float, *work: object) -> Timer:
        self.timers.append(Timer(self.now + seconds, work))
        return self.timers[-1]

    def teardown(self) -> None:
        for _, connection in tuple(self.open):
            self.room.leave(connection)
        assert len(self.room) == 0
        assert not self.room._addresses
        self.patch.undo()

    @rule(address=st.sampled_from(["192.0.2.1", "192.0.2.2", "2001:db8::/64", ""]))
    def enter(self, address: str) -> None:
        own = [item for item in self.open if item[0] == address]
        crowd = own if address and len(own) == self.PER_ADDRESS else self.open
        oldest = crowd[:1] if crowd is own or len(crowd) == self.MOST else []
        self.ended.clear()
        connection = self.room.enter(address, lambda: self.ended.append(connection))
        assert self.ended == [ended for _, ended in oldest]
        self.open = [*(item for item in self.open if item not in oldest), (address, connection)]

    @rule(which=st.integers(0, 5))
    def leave(self, which: int) -> None:
        if self.open:
            _, connection = self.open.pop(which % len(self.open))
            self.room.leave(connection)
            self.room.leave(connection)  # proved, and closed later

    @rule(seconds=st.sampled_from([1.0, PROOF / 2, PROOF]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        due = [timer for timer in self.timers if timer.at <= self.now]
        self.timers = [timer for timer in self.timers if timer.at > self.now]
        for timer in due:
            expire, connection = timer.work
            if not timer.canceled:
                expire(connection)  # type: ignore[operator]  # as call_later got it
                self.open = [(address, other) for address, other in self.open if other is not connection]

    @invariant()
    def counts_are_what_is_open(self) -> None:
        assert list(self.room._waiting) == [connection for _, connection in self.open]
        counts = Counter(address for address, _ in self.open)
        assert {address: len(own) for address, own in self.room._addresses.items()} == counts
        assert len(self.room) <= self.MOST
        assert all(count <= self.PER_ADDRESS for address, count in counts.items() if address)


TestRooms = Rooms.TestCase
TestRooms.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@pytest.mark.parametrize(
    ("peer", "group"),
    [
        (("192.0.2.7", 1), "192.0.2.7"),
        (("2001:db8:1:2:3:4:5:6", 1, 0, 0), "2001:db8:1:2::/64"),
        (("2001:db8:1:2:ffff::1", 1, 0, 0), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 1, 0, 2), "fe80::/64"),
        (("::ffff:192.0.2.7", 1, 0, 0), "192.0.2.7"),
        ("", ""),
    ],
)
def test_address_group(peer: object, group: str) -> None:
    """A whole /64 counts as one address; a Unix socket as none."""
    assert address_group(peer) == group


async def test_the_oldest_makes_room() -> None:
    """A full room closes the connection that has waited longest."""
    closed: list[int] = []
    room = WaitingRoom(2, 9)
    for number in range(4):
        assert room.enter("192.0.2.1", lambda number=number: closed.append(number))
    assert closed == [0, 1]
    assert len(room) == 2
    await asyncio.sleep(0)


async def test_error_that_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of accept() that lasts pauses the acceptor, whatever its number: others of the process go on."""
    pauses: list[float] = []
    paused = asyncio.Event()

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        paused.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("bot.relays.hub.accept.asyncio.sleep", pause)
    with socket.socket() as idle:  # it does not listen, so accept() fails each time with EINVAL
        idle.setblocking(False)
        acceptor = Acceptor(idle, asyncio.Protocol, None, WaitingRoom(1, 1))
        task = asyncio.create_task(acceptor.run())
        await asyncio.wait({task, asyncio.create_task(paused.wait())}, return_when=asyncio.FIRST_COMPLETED)
        task.cancel()
        await asyncio.wait({task})
    assert pauses == [1.0]


@pytest.mark.parametrize(("context", "pause"), [(None, 0), (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), APART)])
async def test_crowd_of_connections(
    context: ssl.SSLContext | None, pause: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub turns to others after each connection; after one that needs a TLS handshake, for longer."""
    pauses: list[float] = []
    paused, sleep = asyncio.Event(), asyncio.sleep

    async def note(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            paused.set()
        await sleep(0)

    monkeypatch.setattr("bot.relays.hub.accept.asyncio.sleep", note)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        strangers = [socket.create_connection(listener.getsockname()) for _ in range(3)]
        task = asyncio.create_task(Acceptor(listener, asyncio.Protocol, context, WaitingRoom(9, 9)).run())
        async with asyncio.timeout(5):
            await paused.wait()
        for stranger in strangers:
            stranger.close()
        task.cancel()
        await asyncio.wait({task})
    assert pauses == [pause] * 3
