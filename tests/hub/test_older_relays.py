"""Plans for relays that are older than the bot, or have an older policy file."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest_asyncio

from bot.relays.older_relays import without_checks
from probes.protocol.failures import Failure
from probes.protocol.messages import Refusal
from probes.protocol.model import Plan, Step, Target
from probes.protocol.order import PlanRefused, SignedPlan
from probes.protocol.report import sign_refusal
from tests.hub.hub_fixture import PLAN, House, house
from tests.hub.scripted_relay import Dialler, dialled, well

KNOWN_PAGE = Step("page", "tcp", Target("known-page", "check.example", 80), 2.0)
NEWER = Step("newer", "portal", Target("signaling", "192.0.2.1", 443), 2.0)
BEHIND = Step("behind", "tcp", Target("signaling", "192.0.2.1", 444), 2.0, after=("newer",))


@pytest_asyncio.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as home:
        yield home


def extended(*steps: Step) -> Plan:
    return replace(PLAN, steps=(*steps, *PLAN.steps))


async def refuse_known_pages(relay: Dialler, order: SignedPlan) -> None:
    """What a relay does whose policy file does not have these hosts."""
    if any(step.target.service == "known-page" for step in order.plan.steps):
        refused = PlanRefused("target_not_allowed", "check.example is not in the policy file", order.id)
        await relay.say(Refusal(order.id, sign_refusal(refused, relay.me)))
    else:
        await well(relay, order)


async def refuse_all(relay: Dialler, order: SignedPlan) -> None:
    refused = PlanRefused("target_not_allowed", "192.0.2.1 is not in the policy file", order.id)
    await relay.say(Refusal(order.id, sign_refusal(refused, relay.me)))


async def test_policy_without_the_known_pages_costs_their_checks_only(home: House) -> None:
    """The relay refuses the plan; without these steps it runs, and they are not checked, which is said."""
    async with dialled(await home.new("acme-hq", answer=refuse_known_pages), home.url) as relay:
        seen = {one.step: one for one in await home.run("acme-hq", extended(KNOWN_PAGE))}
    assert [len(order.plan.steps) for order in relay.orders] == [5, 4]
    assert seen["page"].failure is Failure.NOT_ALLOWED
    assert "check.example is not in the policy file" in seen["page"].facts["because"]
    assert {seen[step.id].failure for step in PLAN.steps} == {None}


async def test_refusal_for_another_reason_is_final(home: House) -> None:
    """A policy that does not allow the rest either is asked twice at most, and nothing is said to be checked."""
    async with dialled(await home.new("acme-hq", answer=refuse_all), home.url) as relay:
        seen = await home.run("acme-hq", extended(KNOWN_PAGE))
        assert len(relay.orders) == 2
        assert {one.failure for one in seen} == {Failure.NOT_ALLOWED}
        await home.run("acme-hq")
    assert len(relay.orders) == 3  # a plan without known pages is sent once


async def test_relay_without_a_check_runs_the_others(home: House) -> None:
    """A check that the relay does not have, and what comes after it, is left out of the plan."""
    async with dialled(await home.new("acme-hq"), home.url) as relay:
        seen = {one.step: one for one in await home.run("acme-hq", extended(BEHIND, NEWER))}
    assert [step.id for step in relay.orders[0].plan.steps] == [step.id for step in PLAN.steps]
    assert {seen[name].failure for name in ("newer", "behind")} == {Failure.NOT_SUPPORTED}
    assert seen["newer"].facts["because"] == "acme-hq runs version test, which does not have this check"
    assert {seen[step.id].failure for step in PLAN.steps} == {None}


async def test_relay_that_lacks_every_check_gets_no_plan(home: House) -> None:
    """A plan of newer checks alone, such as one that locates a drop, is not sent; each step says why."""
    async with dialled(await home.new("acme-hq"), home.url) as relay:
        seen = await home.run("acme-hq", replace(PLAN, steps=(NEWER, BEHIND)))
    assert [(one.step, one.failure) for one in seen] == [
        ("newer", Failure.NOT_SUPPORTED), ("behind", Failure.NOT_SUPPORTED),
    ]  # fmt: skip
    assert relay.orders == []


def test_relay_that_names_no_checks_gets_the_whole_plan() -> None:
    """What is not known is left to the relay."""
    assert without_checks(PLAN, ()) == (PLAN, [])
