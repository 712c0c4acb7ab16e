"""The order of packets in a trace; real routers are the lab's matter."""

import asyncio
import socket
from collections import Counter

import pytest

from probes.net.hop_trace import HopTrace, PairedTrace, tcp_attempt, udp_attempt

QUICK = (0.01, 0.01, 0.01)


class Path:
    """A path whose routers answer, except the *silent* ones; the packets go as far as *end*."""

    def __init__(
        self, end: int, *, arrives: bool, silent: tuple[int, ...] = (), lossy: int = 0, once: int = 0
    ) -> None:
        self.end, self.arrives, self.silent, self.lossy, self.once = end, arrives, silent, lossy, once
        self.sent: Counter[int] = Counter()

    async def attempt(self, ttl: int) -> str | None:
        self.sent[ttl] += 1
        lost = (ttl == self.lossy and self.sent[ttl] < 3) or (ttl == self.once and self.sent[ttl] > 1)
        if ttl in self.silent or lost:
            await asyncio.Event().wait()
        if ttl <= self.end:
            return f"192.0.2.{ttl}"
        if not self.arrives:
            await asyncio.Event().wait()
        return None


async def traced(dropped: Path, control: Path | None = None, *, same_path: bool = False) -> PairedTrace:
    other = HopTrace(control.attempt) if control else None
    paired = PairedTrace(HopTrace(dropped.attempt), other, same_path)
    await paired.run(lambda: None, QUICK)
    return paired


async def test_an_open_path_ends_at_the_destination_and_is_asked_once() -> None:
    """Every router before the destination answers once; nothing is asked again, and nothing beyond is asked."""
    path = Path(3, arrives=True)
    found = (await traced(path)).dropped
    assert found.hops == {1: "192.0.2.1", 2: "192.0.2.2", 3: "192.0.2.3"}
    assert found.reached == 4
    assert set(path.sent.values()) == {1}
    assert max(path.sent) == 8


async def test_a_dropped_flow_shows_the_hops_that_it_passes() -> None:
    """What is dropped behind a router shows the routers before, and is tried three times beyond."""
    path = Path(2, arrives=False)
    found = (await traced(path)).dropped
    assert (found.hops.keys(), found.reached) == ({1, 2}, None)
    assert (path.sent[2], path.sent[3], path.sent[9], max(path.sent)) == (1, 3, 2, 16)


async def test_one_answer_of_three_is_enough() -> None:
    """A router whose first two answers are lost is noted all the same, and a silent one is left out."""
    found = (await traced(Path(4, arrives=True, silent=(2,), lossy=3))).dropped
    assert found.hops.keys() == {1, 3, 4}
    assert found.reached == 5


async def test_only_silent_hops_are_asked_with_the_open_flow() -> None:
    """The open flow is sent where the dropped one had no answer, after it, and twice."""
    control = Path(4, arrives=True)
    paired = await traced(Path(2, arrives=False), control)
    assert paired.missed == [3, 4]
    assert paired.control is not None
    assert (paired.control.hops.keys(), paired.control.reached) == ({3, 4}, 5)
    assert control.sent[1] == control.sent[2] == 0
    assert control.sent[3] == 2


async def test_a_router_that_answers_the_open_flow_once_is_not_missed() -> None:
    """One answer may be what a limit lets through; a router that answers for neither flow is not missed either."""
    paired = await traced(Path(1, arrives=False), Path(4, arrives=True, silent=(2,), once=3))
    assert paired.missed == [4]


async def test_an_answer_in_the_last_round_counts() -> None:
    """A router that answers for the dropped flow at last is passed, whatever the open flow had."""
    paired = await traced(Path(3, arrives=False, lossy=2), Path(4, arrives=True))
    assert paired.dropped.hops.keys() == {1, 2, 3}
    assert paired.missed == [4]


async def test_the_hops_before_the_same_host_are_asked_first() -> None:
    """For a ClientHello, the SYN to the same port names every router, and how far the server is."""
    dropped, control = Path(1, arrives=False), Path(4, arrives=True)
    paired = await traced(dropped, control, same_path=True)
    assert paired.control is not None
    assert (paired.control.hops.keys(), paired.control.reached) == ({1, 2, 3, 4}, 5)
    assert paired.missed == [2, 3, 4]
    assert max(dropped.sent) == 8  # nothing goes beyond the server once that is known
    assert dropped.sent[5] == 1


async def test_a_bug_in_an_attempt_is_not_hidden() -> None:
    """An unexpected error ends the trace."""

    async def attempt(ttl: int) -> str | None:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup):
        await PairedTrace(HopTrace(attempt)).run(lambda: None, QUICK)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_destinations_answer_on_real_sockets(address: str) -> None:
    """An open port and a closed one answer as the destination itself, by TCP and by UDP, in both families."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as server:
        port = server.getsockname()[1]
        assert await tcp_attempt(address, port)(1) is None
    assert await tcp_attempt(address, port)(1) is None  # refused
    assert await udp_attempt(address, port, b"any")(1) is None  # port unreachable
