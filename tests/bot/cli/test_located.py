"""Where packets are dropped, on the terminal: after the verdict, and in what is asked and answered then."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.cli.interactive import conclude_with
from bot.cli.live_run import talk_through
from bot.model.request import Request
from probes.protocol.model import Observation, Plan
from tests.bot.slack.made_up_engine import MadeUpRelay, made_up_desk
from tests.previews.samples import INTERCEPTED, SIGNALING_SHUT

HOPS = {"1": "192.168.1.1", "2": "192.0.2.1"}
LOST = "lost between hop 1 (192.168.1.1) and hop 2 (192.0.2.1)"


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_the_verdict_is_printed_before_the_trace_begins(capsys: pytest.CaptureFixture[str]) -> None:
    """The answer does not wait for the place, which follows on a line of its own."""
    first: list[str] = []

    class Watched(MadeUpRelay):
        @asynccontextmanager
        async def run(self, plan: Plan) -> AsyncIterator[AsyncIterator[Observation]]:
            first.append(capsys.readouterr().out)
            async with super().run(plan) as coming:
                yield coming

    engine = made_up_desk(Watched(SIGNALING_SHUT, hops=HOPS))
    records = talk_through(engine, Request("31009", "ios"))
    assert "Customer" in first[1]
    assert "Evidence" in first[1]
    assert LOST not in one_line(first[1])
    printed = one_line(capsys.readouterr().out)
    assert printed.startswith("Lost ")
    assert printed.count(LOST) == 1
    after = conclude_with(engine, records, {"vpn": "no"})
    assert {record.relay for record in after} == {"local"}
    assert [look.probe for look in after[0].observations.values()].count("locate") == 1


def test_nothing_is_said_where_nothing_was_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    """A cause that rests on an answer has no line about lost packets."""
    talk_through(made_up_desk(MadeUpRelay((INTERCEPTED,))), Request("31009", "ios"))
    assert "Lost " not in capsys.readouterr().out
