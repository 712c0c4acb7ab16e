"""The step “Run a diagnosis” of Workflow Builder: inputs, outputs, who may use it, crashes."""

from pathlib import Path

import pytest

from bot.model.records import CaseRow
from bot.slack.delivery import inbox
from bot.storage.database import StoreError
from tests.bot.slack.conftest import Here, Serving
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.bot.slack.made_up_hub import hub
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Execution
from tests.fake_slack.workflows import run_step
from tests.previews.samples import SIGNALING_SHUT


async def ended(here: Here, execution: Execution) -> Execution:
    """The execution, once it has ended."""
    await here.until(lambda: execution.state != "running", "the step to end")
    return execution


async def test_a_diagnosis_with_its_outputs(slack: FakeSlack, serving: Serving) -> None:
    """The verdict is posted in the channel, and its words, outcome, and address go to the workflow, once."""
    async with serving(slack, MadeUpRelay(SIGNALING_SHUT)) as here:
        inputs = {"channel": slack.channel().id, "code": "31009", "platform": "ios", "edge": "frankfurt"}
        step = await ended(here, await run_step(slack, inputs))
        (verdict,) = here.ours()
        assert (step.state, step.outputs["outcome"]) == ("completed", "found")
        assert "block" in step.outputs["verdict"].casefold()
        assert step.outputs["permalink"].endswith(verdict.ts)
        assert "edge frankfurt" in str(verdict.blocks)
        await here.context.tasks.drain(10)
        assert len(slack.records.made("functions.completeSuccess")) == 1
        assert slack.whispers() == []


async def test_a_description_adds_to_the_code(here: Here) -> None:
    """Code and description count together; the inputs count more than the description."""
    inputs = {
        "channel": here.slack.channel().id,
        "code": "31009",
        "text": "on android, edge dublin, not on a VPN",
    }
    await ended(here, await run_step(here.slack, inputs))
    (case, _), *_ = await here.context.store.recent(here.slack.team.id, "workflow")
    assert (case.request.code, case.request.platform, case.request.edge) == ("31009", "android", "dublin")
    assert case.request.answers["vpn"] == "no"


REASONS = (
    ({"code": "31009", "platform": "iphon"}, "iphon"),
    ({"code": "99999"}, "99999"),
    ({}, "error code"),
    ({"text": "good morning"}, "error code"),
    ({"text": "31009 and 53405"}, "cannot tell"),
)


async def test_inputs_that_say_nothing(here: Here) -> None:
    """The workflow gets the reason, and nothing is posted."""
    for inputs, why in REASONS:
        step = await ended(here, await run_step(here.slack, {"channel": here.slack.channel().id, **inputs}))
        assert (step.state, why in step.error, here.ours()) == ("failed", True, []), step.error
    event = {"type": "function_executed", "function": {"callback_id": "other"}, "inputs": {}}
    await here.slack._event(here.slack.team, {**event, "function_execution_id": "Fx1"})
    await here.context.tasks.drain(10)
    assert len(here.slack.records.made("functions.completeError")) == len(REASONS)  # none about another step


@pytest.mark.parametrize("times", [1, 1_000])
async def test_database_that_fails(here: Here, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """If there may be other bots, the step is tried again, since the database may be restarting; else it says why."""
    opened, failing = here.context.store.open_case, iter(range(times))

    async def open_case(case: CaseRow) -> CaseRow:
        if next(failing, None) is not None:
            raise StoreError("the disk is full")
        return await opened(case)

    monkeypatch.setattr(here.context.store, "open_case", open_case)
    monkeypatch.setattr(inbox, "PATIENCE", 0.5)
    monkeypatch.setattr(inbox, "PAUSE", 0.05)
    step = await ended(
        here, await run_step(here.slack, {"channel": here.slack.channel().id, "code": "31009"})
    )
    if here.context.other_bots and times == 1:
        assert step.state == "completed"
    else:
        assert (step.state, "because the disk is full" in step.error) == ("failed", True), step.error
    await here.context.tasks.drain(10)
    assert await here.context.store.taken_in() == ()
    assert here.slack.whispers() == []


@pytest.mark.parametrize(("archived", "why"), [(True, "archived"), (False, "not in this channel")])
async def test_a_channel_that_is_closed(here: Here, archived: bool, why: str) -> None:
    """Where Lineman cannot post, the workflow gets the reason, once, and nobody gets a direct message."""
    here.slack.team.scopes.discard("chat:write.public")
    place = here.slack.add_channel("closed", bot=archived)
    place.archived = archived
    step = await ended(here, await run_step(here.slack, {"channel": place.id, "code": "31009"}))
    assert (step.state, why in step.error) == ("failed", True), step.error
    await here.context.tasks.drain(10)
    assert (here.ours(), len(here.slack.records.made("functions.completeError"))) == ([], 1)


async def test_only_relays_that_everyone_may_use(
    slack: FakeSlack, serving: Serving, tmp_path: Path, database: str
) -> None:
    """A workflow names a channel that its author may not be in, so rules about channels and people exclude it."""
    async with hub(tmp_path, database) as relays:
        await relays.join("acme-hq", channels=("support",))
        await relays.join("berlin", channels=(slack.channel().id,))
        await relays.join("lyon")
        rules = tmp_path / "access.yaml"
        rules.write_text("rules: [{relays: [lyon], users: [workflow]}]")
        slack.team.scopes |= {"channels:read"}
        environment = {"LINEMAN_ACCESS": str(rules), **relays.environment}
        async with serving(slack, MadeUpRelay(), **environment) as here:
            for relay, state in (
                ("local", "failed"),
                ("acme-hq", "failed"),
                ("berlin", "failed"),
                ("lyon", "completed"),
            ):
                inputs = {"channel": slack.channel().id, "text": f"31009 ios from {relay}"}
                step = await ended(here, await run_step(slack, inputs))
                assert step.state == state, (relay, step.error)
                assert ("workflow" in step.error) == (state == "failed")


async def test_a_crash_loses_no_result(slack: FakeSlack, serving: Serving) -> None:
    """The next process runs the step's diagnosis again and completes it."""
    async with serving(slack, MadeUpRelay(stuck=True)) as here:
        step = await run_step(slack, {"channel": slack.channel().id, "code": "31009"})
        await here.until(lambda: here.ours() and "checks done" in here.ours()[0].text)
    assert step.state == "running"
    async with serving(slack, MadeUpRelay(SIGNALING_SHUT)) as here:
        await ended(here, step)
        assert step.outputs["outcome"] == "found"


async def test_a_diagnosis_that_somebody_stops(slack: FakeSlack, serving: Serving) -> None:
    """A run without a verdict ends the step with the reason."""
    async with serving(slack, MadeUpRelay(stuck=True)) as here:
        step = await run_step(slack, {"channel": slack.channel().id, "code": "31009"})
        await here.until(lambda: here.ours() and "checks done" in here.ours()[0].text)
        await slack.click(here.ours()[0], "lm_stop", here.user())
        assert "stopped the diagnosis" in (await ended(here, step)).error


async def test_slack_is_away_when_it_ends(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """A result that Slack did not take is sent later, and a workflow that is over is not asked again."""
    here.slack.chaos.fail("functions.completeSuccess", "fatal_error")
    step = await run_step(here.slack, {"channel": here.slack.channel().id, "code": "31009"})
    await here.verdict()
    await here.context.tasks.drain(10)
    (owed,) = await here.context.store.due()
    assert step.state == "running"
    step.state = "failed"  # somebody canceled the workflow
    monkeypatch.setattr("bot.slack.runs.recovery.AGAIN", -1.0)
    from bot.slack.runs.recovery import resend

    await resend(here.context)
    assert await here.context.store.due() == ()
    assert owed.payload == {"execution": step.id}
