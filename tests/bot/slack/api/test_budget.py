"""Thirty diagnoses at once within Slack's limits: every verdict lands, every message shows progress, none is refused.

Slack's minute has three seconds here, and the bot is told so: the same counts in less time.
"""

import asyncio
from collections import Counter
from itertools import pairwise

import pytest

from tests.bot.slack.conftest import Here, Serving
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Message
from tests.previews.samples import SIGNALING_SHUT

DIAGNOSES = 30
MINUTE = 3  # seconds
PATIENCE = 300  # seconds: ten on a quiet machine, over a minute on one that does much else


def refused(slack: FakeSlack) -> Counter[str]:
    """Count the calls that Slack found too many, by method."""
    return Counter(call.method for call in slack.records.calls if call.error == "ratelimited")


def in_channels(here: Here) -> list[Message]:
    """The messages outside threads: a thread has a mention when its run took more than 15 seconds."""
    return [one for one in here.ours() if one.thread_ts is None]


@pytest.mark.unmeasured
async def test_thirty_at_once(slack: FakeSlack, serving: Serving) -> None:
    """Not one change is refused: what Slack counts is known here, to the moment of its answers."""
    slack.chaos.minute = MINUTE
    slack.echoes = False
    limits = {"LINEMAN_EDITS": f"50/{MINUTE}", "LINEMAN_RATE_USER": "100/60", "LINEMAN_RUNS_AT_ONCE": "30"}
    rooms = [slack.add_channel(f"room{number}") for number in range(DIAGNOSES)]
    async with serving(slack, MadeUpRelay(SIGNALING_SHUT, pause=0.2), **limits) as here:
        await asyncio.gather(*(slack.command("/diagnose 31009", here.user(), room) for room in rooms))
        await slack.records.until(
            lambda: sum("lm_again" in one.actions() for one in here.ours()) == DIAGNOSES, PATIENCE
        )
    assert refused(slack)["chat.update"] == 0
    verdicts = in_channels(here)
    assert Counter(one.text.partition(":")[0] for one in verdicts) == {"Blocked": DIAGNOSES}
    assert [len(one.versions) for one in verdicts if len(one.versions) < 3] == []  # posted, progress, verdict


async def test_a_refusal_rests_the_workspace(slack: FakeSlack, serving: Serving) -> None:
    """When Slack finds a change too many all the same, everything waits as long as it says, and the verdict lands."""
    slack.chaos.retry_after = 2
    async with serving(slack, MadeUpRelay(SIGNALING_SHUT)) as here:
        slack.chaos.fail("chat.update", "ratelimited", times=2)
        await slack.command("/diagnose 31009", here.user())
        assert (await here.verdict()).text.startswith("Blocked: ")
    changes = [call for call in slack.records.calls if call.method == "chat.update"]
    waits = [later.at - sooner.at for sooner, later in pairwise(changes) if sooner.error]
    assert len(waits) == 2
    assert min(waits) >= 2


@pytest.mark.unmeasured
async def test_a_burst_in_one_channel(slack: FakeSlack, serving: Serving) -> None:
    """Where a channel takes one post a second, a burst of commands is answered whole, each once."""
    slack.chaos.per_second, slack.chaos.burst = 1.0, 5
    async with serving(slack, MadeUpRelay(SIGNALING_SHUT), LINEMAN_RATE_USER="100/60") as here:
        await asyncio.gather(*(slack.command("/diagnose 31009", here.user()) for _ in range(9)))
        for number in range(9):
            await here.verdict(number)
        await here.context.tasks.drain(5)
    assert len(in_channels(here)) == 9
    assert not slack.whispers()
