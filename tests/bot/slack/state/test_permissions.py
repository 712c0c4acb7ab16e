"""Which relays of the hub a user may use and list, and what the lists show."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.bot.slack.conftest import Here, Serving
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.bot.slack.made_up_hub import Hub, hub
from tests.fake_slack.slack import FakeSlack
from tests.previews.samples import SIGNALING_SHUT


@pytest_asyncio.fixture
async def relays(tmp_path: Path, database: str) -> AsyncIterator[Hub]:
    """One for a channel, one for a user group, one by its label, one for nobody."""
    async with hub(tmp_path, database) as relays:
        await relays.join("acme-hq", *SIGNALING_SHUT, channels=("support-acme",))
        await relays.join("berlin", channels=("@oncall",))
        await relays.join("lyon", labels=("site=lyon", "floor=2"), checks={"resolver": "it does not answer"})
        await relays.join("private")
        yield relays


@pytest_asyncio.fixture
async def there(slack: FakeSlack, serving: Serving, relays: Hub, tmp_path: Path) -> AsyncIterator[Here]:
    ada = slack.user("ada").id
    rules = tmp_path / "access.yaml"
    rules.write_text(f"rules: [{{relays: local}}, {{label: site=lyon, users: [{ada}]}}]")
    slack.team.scopes |= {"channels:read", "usergroups:read"}
    slack.team.groups["S1"] = {slack.user("linus").id}
    slack.team.handles["S1"] = "oncall"
    slack.add_channel("support-acme")
    async with serving(slack, MadeUpRelay(), LINEMAN_ACCESS=str(rules), **relays.environment) as there:
        yield there


async def test_invitation_for_a_channel(there: Here, relays: Hub) -> None:
    """A relay that was invited for a channel is used there by anybody, and nothing is sent to it from elsewhere."""
    slack = there.slack
    await slack.command("/diagnose 31009 ios from acme-hq", there.user("grace"))
    assert "“acme-hq” may not be used from this channel" in (await there.whisper("cannot be done")).text
    await slack.command("/diagnose 31009 ios from acme-hq and local", there.user("grace"))
    await there.until(lambda: len(slack.whispers(there.user("grace"))) == 2)
    assert there.ours() == []
    assert relays.orders("acme-hq") == []
    await slack.command(
        "/diagnose 31009 ios from acme-hq", there.user("grace"), slack.channel("support-acme")
    )
    assert "Blocked" in (await there.verdict()).text


async def test_user_group_and_label(there: Here, relays: Hub) -> None:
    """A relay is used by the members of the group it was invited for, or by whom a rule about its label names."""
    slack = there.slack
    await slack.command("/diagnose 31009 ios from berlin", there.user("linus"))
    await slack.command("/diagnose 31009 ios from lyon", there.user("ada"))
    await slack.command("/diagnose 31009 ios from berlin, lyon", there.user("ada"))
    assert "another user group" in (await there.whisper("“berlin”")).text
    await slack.command("/diagnose 31009 ios from private", there.user("ada"))
    assert "No rule allows anyone to use the relay “private”" in (await there.whisper("“private”")).text
    await there.verdict()
    await there.verdict(1)
    assert (len(relays.orders("berlin")), len(relays.orders("private"))) == (1, 0)


async def test_second_person(there: Here, relays: Hub) -> None:
    """Pressing again, choosing a relay, looking at evidence and words in the thread are judged by who does it."""
    slack, grace = there.slack, there.user("grace")
    await slack.command("/diagnose 31009 ios", there.user("ada"))
    top = await there.verdict()
    more = await slack.reveal(top, "lm_more", grace)
    assert [option["value"] for option in options(more)] == ["lyon"]
    await slack.select(more, "lm_relay", "lyon", grace)
    await slack.say("try from lyon", grace, thread=top.ts)
    await slack.mention("from local and lyon please", grace, thread=top.ts)
    await there.until(lambda: len(slack.whispers(grace)) == 4)
    assert all("certain people" in one.text for one in slack.whispers(grace) if one is not more)
    ada = there.user("ada")
    await slack.select(await slack.reveal(top, "lm_more", ada), "lm_relay", "lyon", ada)
    change = await there.verdict(1)
    await slack.click(change, "lm_evidence", grace)
    await slack.click(top, "lm_again", grace)
    await there.until(lambda: len(slack.whispers(grace)) == 6)
    assert len(relays.orders("lyon")) == 1


def options(message):  # type: ignore[no-untyped-def]  # of the select
    return next(one["options"] for _, one in message.elements() if one["action_id"] == "lm_relay")


async def test_names_are_not_told(there: Here) -> None:
    """Who misspells a relay is offered those that they may use, and learns of no other."""
    await there.slack.command("/diagnose 31009 ios from paris", there.user("grace"))
    said = await there.whisper("not a relay")
    assert "known: local" in said.text
    assert "berlin" not in said.text + str(said.blocks)


async def test_revoked_relays_are_not_told(there: Here, relays: Hub) -> None:
    """That a relay is revoked is said to those who could use it, and nobody else learns that it existed."""
    for name in ("private", "berlin"):
        await relays.house.hub.registry.revoke(name, 1.0)
    there.context.relay_directory._next = 0.0
    await there.slack.command("/diagnose 31009 ios from private", there.user("grace"))
    said = await there.whisper("not a relay")
    assert "revoked" not in said.text + str(said.blocks)


async def test_lists(there: Here, relays: Hub) -> None:
    """The list and the Home show the relays that somebody may use and how they are, and count the others."""
    slack = there.slack
    await slack.command("/diagnose relays", there.user("ada"))
    said = await there.whisper("Relays: local")
    shown = str(said.blocks)
    for word in (
        "lyon",
        "connected, ",
        "version test",
        "site=lyon floor=2",
        "Self-test, resolver: it does not answer",
    ):
        assert word in shown
    assert "3 relays are not available in this channel" in shown
    assert "lineman relays invite NAME" in shown
    assert "berlin" not in shown
    await relays.cut("lyon")
    there.context.relay_directory._next = 0.0
    await slack.open_home(there.user("ada"))
    await there.until(lambda: slack.team.homes.get(there.user("ada").id))
    home = str(slack.team.homes[there.user("ada").id].content)
    assert re.search(r"not connected, last connected \d s ago", home), home
    assert "private" not in home


async def test_hub_is_away(there: Here, relays: Hub) -> None:
    """While no hub runs its relays are still known from the database, and the reason is told."""
    (relays.folder / "hub.sock").rename(relays.folder / "elsewhere")
    there.context.relay_directory._next = 0.0
    await there.slack.command("/diagnose relays", there.user("ada"))
    assert "no hub is running here" in str((await there.whisper("lyon")).blocks)
    await there.slack.command("/diagnose 31009 ios from lyon", there.user("ada"))
    assert "no hub is running here" in (await there.verdict()).text
    (relays.folder / "elsewhere").rename(relays.folder / "hub.sock")


async def test_names_count_in_one_workspace_only(there: Here) -> None:
    """Where anybody may install the app, a channel of the right name opens nothing: they could make one."""
    there.context.permissions._by_name = False
    channel = there.slack.channel("support-acme")
    await there.slack.command("/diagnose 31009 from acme-hq", there.user("grace"), channel)
    assert "may not be used from this channel" in (await there.whisper("cannot be done")).text


async def test_missing_scope(there: Here) -> None:
    """Where a rule names a channel and Slack may not tell its name, it is said which permission is missing."""
    slack = there.slack
    slack.team.scopes -= {"channels:read"}
    await slack.command("/diagnose 31009 from acme-hq", there.user("grace"), slack.channel("support-acme"))
    assert "channels:read" in (await there.whisper("permission")).text
