"""Progress on a terminal: layers with their signs, what the run waits for, and what is known after Ctrl-C."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.cli.live_run import Stopped, talk_through
from bot.diagnosis.triage import Progress
from bot.model.request import Request
from bot.rendering.layers import layer_lines
from bot.rendering.terminal.live_progress import Board, show_progress
from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Plan
from tests.bot.slack.made_up_engine import MadeUpRelay, made_up_desk
from tests.previews.samples import NAMES_FAIL, SIGNALING_SHUT, fault

REQUEST = Request("31009", "ios")


def board_after(count: int) -> str:
    """The live lines after *count* checks of a run in which signaling is blocked."""
    told: list[Progress] = []
    made_up_desk(MadeUpRelay(SIGNALING_SHUT)).diagnose(REQUEST, told.append)
    board = Board(io.StringIO())
    for progress in told[:count]:
        board.tell(progress)
    return "\n".join(line.plain for line in board.lines(1.5))


def test_the_last_line_names_what_the_run_waits_for() -> None:
    """It counts the checks, keeps the time, and names checks that have not ended and may run now."""
    assert board_after(0) == "Starting the checks, 1.5 s"
    last = board_after(2).splitlines()[-1]
    assert last.startswith("2 of ")
    assert "checks done, 1.5 s, waiting for " in last
    assert " more" in last
    assert "waiting" not in board_after(1_000).splitlines()[-1]


def test_each_layer_has_a_line_with_a_sign() -> None:
    """A failed layer is marked at once, a finished one when all its checks are done, the others stay open."""
    lines = board_after(1_000).splitlines()
    assert any(line.startswith("\N{BALLOT X} TCP") for line in lines)
    assert any(line.startswith("\N{CHECK MARK} DNS") for line in lines)
    assert any(line.startswith("? ") for line in board_after(3).splitlines())


def test_a_layer_that_was_not_checked_is_not_called_fine() -> None:
    """A check without a result leaves its layer open, and so does a failure that no cause accounts for."""
    shut = made_up_desk(MadeUpRelay(SIGNALING_SHUT)).diagnose(REQUEST, lambda _: None)
    signs = "  ".join(layer_lines(shut))
    assert "\N{BALLOT X}TCP" in signs
    assert "?TLS" in signs
    pages = fault("portal", Failure.DNS_TIMEOUT_ERROR)
    nameless = made_up_desk(MadeUpRelay((NAMES_FAIL, pages))).diagnose(REQUEST, lambda _: None)
    assert [item.cause for item in nameless.diagnosis.found] == ["dns-failing"]
    assert "\N{CHECK MARK}Internet  \N{BALLOT X}DNS" in "  ".join(layer_lines(nameless))
    alone = fault("nat", Failure.STUN_MALFORMED_RESPONSE)
    odd = made_up_desk(MadeUpRelay((alone,))).diagnose(REQUEST, lambda _: None)
    assert "?UDP" in "  ".join(layer_lines(odd))


def test_nothing_is_printed_in_a_pipe() -> None:
    """Progress is for terminals only."""
    stream = io.StringIO()
    with show_progress(stream) as tell:
        made_up_desk(MadeUpRelay(())).diagnose(REQUEST, tell)
    assert stream.getvalue() == ""


def test_ctrl_c_prints_what_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    """After Ctrl-C the verdict so far is printed; what was not checked by then rules nothing out."""

    class Interrupted(MadeUpRelay):
        @asynccontextmanager
        async def run(self, plan: Plan) -> AsyncIterator[AsyncIterator[Observation]]:
            async with super().run(plan) as coming:
                yield self._first(coming)

        async def _first(self, coming: AsyncIterator[Observation]) -> AsyncIterator[Observation]:
            count = 0
            async for observation in coming:
                yield observation
                count += 1
                if count == 6:
                    raise KeyboardInterrupt

    with pytest.raises(Stopped) as stopped:
        talk_through(made_up_desk(Interrupted(())), REQUEST)
    out = capsys.readouterr().out
    assert "Stopped after 6 of " in out
    assert "Could not tell: " in out
    assert "No problem found" not in out
    (record,) = stopped.value.records
    assert record.diagnosis.outcome == "unclear"
    assert sum(look.failure is Failure.CANCELLED for look in record.observations.values()) > 6
