"""Refusals that come sooner than an edge can answer, and those that do not."""

import pytest

from probes.checks.context import ProbeContext, RunContext
from probes.checks.refusals import EdgeRefusal, find_early, judge
from probes.net.resolver import Resolver
from probes.protocol.model import Plan
from tests.fakes import silence, tcp_server

FAR_EARLY = EdgeRefusal("tokyo", 2.0, 120.0)
FARTHER_EARLY = EdgeRefusal("sydney", 3.0, 280.0)
NEAR = EdgeRefusal("frankfurt", 2.0, 6.0)
OWN = EdgeRefusal("ashburn", 95.0, 90.0)


@pytest.mark.parametrize(
    ("refusals", "early"),
    [
        ([FAR_EARLY], FAR_EARLY),
        ([FAR_EARLY, FARTHER_EARLY], FARTHER_EARLY),
        ([FAR_EARLY, NEAR], FAR_EARLY),
        ([FAR_EARLY, OWN], None),
        ([NEAR], None),
        ([OWN], None),
        ([EdgeRefusal("dublin", 12.0, 25.0)], EdgeRefusal("dublin", 12.0, 25.0)),
        ([EdgeRefusal("dublin", 13.0, 25.0)], None),
        ([EdgeRefusal("dublin", 6.0, 15.0)], None),
        ([], None),
    ],
    ids=[
        "far",
        "two",
        "near beside",
        "one in time",
        "near",
        "in time",
        "half",
        "over half",
        "few ms",
        "none",
    ],
)
def test_early_refusals(refusals: list[EdgeRefusal], early: EdgeRefusal | None) -> None:
    """A refusal is early if the edge is far, and the answer came long before; one in time speaks against all."""
    assert judge(refusals) == early


async def test_the_turn_server_tells_how_far_an_edge_is() -> None:
    """Its connection is measured; a server that refuses, or has no name, tells nothing."""
    context = ProbeContext(RunContext.of(Plan((), 2.0), Resolver(servers=())))
    async with tcp_server(silence) as port:
        servers = {
            "dublin": {"host": "127.0.0.1", "port": port},
            "tokyo": {"host": "127.0.0.9", "port": port},
            "sydney": {"host": "turn.example", "port": port},
        }
        assert await find_early({"dublin": 5.0, "tokyo": 0.1, "sydney": 0.1}, servers, context) is None
        # As if the refusal had come before it was asked for: the distance of the server decides.
        early = await find_early({"dublin": -100.0, "tokyo": -100.0}, servers, context)
    assert early is not None
    assert early.edge == "dublin"
    assert 0 < early.turn_ms < 1000
