"""Check links in Slack: made for a case, shown to one person, and their results in the thread."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.check_link.links import make_link
from bot.check_link.result_schema import read_result, read_start
from bot.check_link.service import CheckService, LinkClosedError
from bot.check_link.settings import CheckSettings
from bot.check_link.targets import page_config, targets_of
from bot.model.request import Request
from bot.slack.api.actor import Actor
from bot.slack.delivery import check_posts
from bot.slack.runs import check_links
from bot.slack.runtime.ids import new_run
from bot.slack.state.event import CURRENT_EVENT, InboundEvent
from tests.bot.check_link.results import encode, result
from tests.bot.slack.conftest import Here, Serving
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.fake_slack.slack import FakeSlack
from tests.previews.samples import SIGNALING_SHUT

ADDRESS = re.compile(r"https://check\.example/check/([\w-]{43})")
SETTINGS = {"LINEMAN_CHECK_URL": "https://check.example"}
MEDIA_SHUT = {"udp_media": "udp_outbound_lost"}


@pytest_asyncio.fixture
async def here(slack: FakeSlack, serving: Serving) -> AsyncIterator[Here]:
    async with serving(slack, MadeUpRelay(), **SETTINGS) as here:
        yield here


async def answer(
    here: Here, token: str, service: CheckService | None = None, **changes: Any
) -> dict[str, Any]:
    """Send the result of a customer's browser, where everything works except *changes*."""
    settings = here.context.check_settings or CheckSettings()
    service = service or CheckService(here.context.engine, here.context.store, settings, new_run)
    _, targets = await service.config(token)
    started = await service.start(token, read_start(b'{"v": 1}'), "")
    config = page_config(targets, here.context.engine, "")
    body = encode(result(config, run=started["run"], key=started["key"], **changes))
    return await service.finish(token, read_result(body), body)


async def address(here: Here, number: int = 0) -> str:
    """The token in the address that was shown to one person."""

    def shown() -> list[str]:
        return [match[1] for one in here.slack.whispers() if (match := ADDRESS.search(str(one.blocks)))]

    await here.until(lambda: len(shown()) > number, "the address of a link")
    return shown()[number]


async def test_a_new_case(here: Here) -> None:
    """The command opens a case that waits; the result takes its place, is in the thread, and is in the history."""
    await here.slack.command("/diagnose 31009 javascript link", here.user("ada"))
    token = await address(here)
    top, wait = here.ours()
    assert top.text.startswith("Check link: 31009 on JavaScript (browser). Waiting for the customer's check.")
    assert wait.thread_ts == top.ts
    assert wait.actions() == ["lm_remind", "lm_unlink"]
    assert not ADDRESS.search(str([one.json() for one in here.slack.messages()]))
    assert not here.relay.plans
    await answer(here, token, **MEDIA_SHUT)
    await check_posts.show_due(here.context)
    _, _, found = here.ours()
    assert found.thread_ts == top.ts
    for message in (top, found):
        assert message.text.startswith("Blocked: UDP to the media ports")
        assert "As reported by the customer's browser" in str(message.blocks)
        assert "lm_recheck" in message.actions()
    assert "has arrived" in wait.text
    await here.slack.command("/diagnose history", here.user("ada"))
    await here.whisper("as reported by the customer's browser")


async def test_beside_a_relay(here: Here) -> None:
    """Relay and browser stand side by side; where they contradict each other, the verdict says so and uses neither."""
    await here.slack.command("/diagnose 31009 javascript", here.user("ada"))
    top = await here.verdict()
    assert "lm_link" in top.actions()
    await here.slack.click(top, "lm_link", here.user("grace"))
    token = await address(here)
    await answer(here, token, **MEDIA_SHUT)
    await check_posts.show_due(here.context)
    found = here.ours()[-1]
    text = str(found.blocks)
    assert "local" in text
    assert "the customer's browser" in text
    assert "they disagree, so neither result is used" in text
    assert found.text.startswith("Could not tell: relay and customer's browser disagree")
    assert top.text.startswith("Could not tell: relay and customer's browser disagree")
    await here.slack.click(found, "lm_evidence", here.user("grace"))
    await here.reply("checks passed")


async def test_they_agree(here: Here) -> None:
    """A cause that both show is found in both networks, and both are named."""
    here.relay.faults = SIGNALING_SHUT
    await here.slack.command("/diagnose 31009 javascript", here.user("ada"))
    top = await here.verdict()
    assert "lm_link" not in top.actions(), "something was found"
    await here.slack.click(top, "lm_more", here.user("ada"))
    more = await here.whisper("More about this run")
    await here.slack.click(more, "lm_link", here.user("ada"))
    token = await address(here)
    silent = ("generic_timeout_error", {"host_reachable": False})
    await answer(here, token, websocket=silent)
    await check_posts.show_due(here.context)
    found = here.ours()[-1]
    assert found.thread_ts == top.ts
    assert "the customer's browser" in str(found.blocks)
    assert found.text.startswith("Blocked at local and the customer's browser: Connections to")


async def test_cancel_remind_and_again(here: Here) -> None:
    """The buttons of a link: a reminder to forward, one more check with the same address, and its end."""
    await here.slack.command("/diagnose 31009 link", here.user("ada"))
    token = await address(here)
    wait = here.ours()[1]
    reminder = await here.slack.reveal(wait, "lm_remind", here.user("grace"))
    assert "A reminder: please open the link" in str(reminder.blocks)
    for _ in range(5):
        await answer(here, token)
    await check_posts.show_due(here.context)
    assert wait.actions() == ["lm_recheck", "lm_unlink"]
    assert "0 more checks" in wait.text
    with pytest.raises(LinkClosedError):
        await answer(here, token)
    again = await here.slack.reveal(wait, "lm_recheck", here.user("grace"))
    assert "open the same link as before" in str(again.blocks)
    assert "1 more check." in wait.text
    last = here.ours()[-1]
    await here.slack.reveal(last, "lm_recheck", here.user("ada"))  # pressed twice, it is still one more check
    assert "1 more check." in wait.text
    await answer(here, token)
    await check_posts.show_due(here.context)
    last = here.ours()[-1]
    assert last.text.startswith("No problem found from the customer's browser")
    await here.slack.reveal(last, "lm_recheck", here.user("ada"))  # below the verdict
    await here.slack.click(wait, "lm_unlink", here.user("grace"))
    await here.until(lambda: "was canceled" in wait.text)
    assert wait.actions() == []
    with pytest.raises(LinkClosedError):
        await answer(here, token)
    closed = await here.slack.reveal(last, "lm_recheck", here.user("ada"))
    assert "was canceled, so it cannot be used again" in closed.text


async def test_everything_happens_once(here: Here) -> None:
    """However often the outbox is read, and a result is sent, there is one message for it."""
    await here.slack.command("/diagnose 31009 link", here.user("ada"))
    await answer(here, await address(here))
    await asyncio.gather(*(check_posts.show_due(here.context) for _ in range(3)))
    assert len(here.ours()) == 3
    await check_posts.show_due(here.context)
    assert len(here.ours()) == 3


async def test_after_a_restart(slack: FakeSlack, serving: Serving) -> None:
    """A result that came while the bot was down is shown afterwards, and the buttons of the link still work."""
    async with serving(slack, MadeUpRelay(), **SETTINGS) as here:
        await here.slack.command("/diagnose 31009 javascript link", here.user("ada"))
        token = await address(here)
        await answer(here, token, **MEDIA_SHUT)
    async with serving(slack, MadeUpRelay(), **SETTINGS) as here:
        await check_posts.show_due(here.context)
        top, wait, found = here.ours()
        assert found.text.startswith("Blocked: UDP to the media ports")
        assert top.text.startswith("Blocked: UDP to the media ports")
        await here.slack.click(found, "lm_evidence", here.user("ada"))
        await here.reply("checks passed")
        await here.slack.say("turn=yes", here.user("grace"), thread=top.ts)
        await here.reply("Noted")
        await here.slack.click(wait, "lm_unlink", here.user("ada"))
        await here.until(lambda: "was canceled" in wait.text)


async def test_made_before_a_crash(here: Here) -> None:
    """A request that a crash cut off gets its link with a new address, and one message waits for it."""
    context, ada = here.context, here.user("ada")
    actor = Actor(here.slack.team.id, ada.id, here.slack.channel().id)
    request, before = Request("31009", relays=("local",)), CURRENT_EVENT.get()
    try:
        for again in (False, True, True):
            CURRENT_EVENT.set(InboundEvent("command", actor, "trigger-1", {}, again=again))
            await check_links.make(context, actor, request)
        first, second = await address(here), await address(here, 2)
        assert len(await context.store.links()) == 1
        assert len(here.ours()) == 2
        assert "one that was shown before does not work" in str(here.slack.whispers()[1].blocks)
        with pytest.raises(LinkClosedError):
            await answer(here, first)
        await answer(here, second)
        await check_links.make(context, actor, request)
        await here.whisper(check_links.USED)
    finally:
        CURRENT_EVENT.set(before)


async def test_in_a_thread(here: Here) -> None:
    """By mention in a thread, a link belongs to the case of the thread, also without a code."""
    await here.slack.command("/diagnose 31009 ios", here.user("ada"))
    top = await here.verdict()
    await here.slack.mention("link please", here.user("grace"), thread=top.ts)
    await address(here)
    (link,) = await here.context.store.links()
    case = await here.context.store.case_of_thread(here.slack.team.id, top.channel.id, top.ts)
    assert case
    assert (link.case_id, case.request.platform) == (case.id, "ios")
    await here.slack.mention("31009 android link", here.user("grace"), thread=top.ts)
    await address(here, 1)
    case = await here.context.store.case(case.id)
    assert case
    assert case.request.platform == "android"


async def test_by_the_form(here: Here) -> None:
    """The form makes a link instead of a test from a relay."""
    await here.slack.command("/diagnose", here.user("ada"))
    await here.until(lambda: here.slack.team.views, "the form")
    (view,) = here.slack.team.views.values()
    await here.slack.submit(view, {"code": "31009", "how": "link"}, here.user("ada"))
    await address(here)
    assert not here.relay.plans


async def test_who_may(slack: FakeSlack, serving: Serving, tmp_path: Path) -> None:
    """Who may not diagnose gets no link, also not from the button of another person's verdict; nor a stranger."""
    rules = tmp_path / "access.yaml"
    rules.write_text(f"rules:\n- relays: [local]\n  users: [{slack.user('ada').id}]\n")
    async with serving(slack, MadeUpRelay(), LINEMAN_ACCESS=str(rules), **SETTINGS) as here:
        await here.slack.command("/diagnose 31009 link", here.user("grace"))
        await here.whisper("This cannot be done here.")
        await here.slack.command("/diagnose 31009 link", here.user("ada"))
        token = await address(here)
        for action in ("lm_remind", "lm_unlink"):
            refused = await here.slack.reveal(here.ours()[1], action, here.user("grace"))
            assert "This cannot be done here." in refused.text
        await answer(here, token)
        await check_posts.show_due(here.context)
        refused = await here.slack.reveal(here.ours()[1], "lm_recheck", here.user("grace"))
        assert "This cannot be done here." in refused.text
        assert len(await here.context.store.links()) == 1


async def test_another_case(here: Here) -> None:
    """A button that names a link of another case does nothing to it."""
    await here.slack.command("/diagnose 31009 link", here.user("ada"))
    await address(here)
    await here.slack.command("/diagnose 53000 link", here.user("ada"))
    await address(here, 1)
    mine, other = await here.context.store.links()
    forged = next(one for one in here.ours() if one.actions() and mine.name in str(one.blocks))
    for block in forged.blocks:
        for element in block.get("elements", ()):
            if "value" in element:
                element["value"] = element["value"].replace(mine.name, other.name)
    for action in ("lm_unlink", "lm_remind"):
        refused = await here.slack.reveal(forged, action, here.user("ada"))
        assert check_links.GONE in refused.text
    kept = await here.context.store.link_named(other.name)
    assert kept
    assert kept.revoked is None


def copied(here: Here, **changes: Any) -> str:
    """The text that the page shows if it cannot send a result."""
    targets = targets_of(
        Request("31009", "javascript"), here.context.engine.network, here.context.engine.settings
    )
    value = result(page_config(targets, here.context.engine, ""), run="0123456789ab", **changes)
    del value["key"]
    return f"Call audio: blocked\nlineman-check: {json.dumps(value)}"


async def test_a_pasted_result(here: Here) -> None:
    """A result that could not be sent is pasted into the thread: it counts like one by a link, once."""
    await here.slack.command("/diagnose 31009 javascript", here.user("ada"))
    top = await here.verdict()
    for _ in range(2):
        await here.slack.say(copied(here, **MEDIA_SHUT), here.user("grace"), thread=top.ts)
        await here.reply("Could not tell")
        await here.context.tasks.drain(10)
    (found,) = [one for one in here.ours() if one.thread_ts]
    assert "As reported by the customer's browser" in str(found.blocks) or "Partly as reported" in str(
        found.blocks
    )
    assert "they disagree, so neither result is used" in str(found.blocks)
    assert "Could not tell" in top.text
    await here.slack.click(found, "lm_recheck", here.user("grace"))
    await address(here)


async def test_a_pasted_result_alone(here: Here) -> None:
    """Without a case, the reply says what the browser found; what is no whole result, and why, is said as well."""
    await here.slack.tell(copied(here, **MEDIA_SHUT), here.user("ada"))
    await here.until(lambda: here.ours(), "a reply")
    assert "Blocked: UDP to the media ports" in here.ours()[0].text
    assert "as reported by the customer's browser" in str(here.ours()[0].blocks)
    await here.slack.tell(copied(here).replace('"v": 1', '"v": 2'), here.user("ada"))
    wrong = "This result of a check page is not complete."
    await here.until(lambda: [one for one in here.ours() if wrong in one.text], wrong)


async def test_made_elsewhere(slack: FakeSlack, serving: Serving) -> None:
    """A link of the terminal for a case in Slack: its result is shown in the thread, also if Slack can make none."""
    async with serving(slack, MadeUpRelay()) as here:
        await here.slack.command("/diagnose 31009 javascript", here.user("ada"))
        top = await here.verdict()
        store, settings = here.context.store, CheckSettings(url="https://check.example")
        case = await store.case_of_thread(here.slack.team.id, top.channel.id, top.ts)
        assert case
        _, url = await make_link(store, settings, case.id, time.time())
        service = CheckService(here.context.engine, store, settings, new_run)
        await answer(here, url.rpartition("/")[2], service, **MEDIA_SHUT)
        await check_posts.show_due(here.context)
        (found,) = [one for one in here.ours() if one.thread_ts]
        assert "they disagree, so neither result is used" in str(found.blocks)


async def test_not_set_up(slack: FakeSlack, serving: Serving) -> None:
    """Without the setting, nothing offers a link, and the command says what is missing."""
    async with serving(slack, MadeUpRelay()) as here:
        await here.slack.command("/diagnose 31009 link", here.user("ada"))
        await here.whisper("Check links are not set up here.")
        await here.slack.command("/diagnose 31009 javascript", here.user("ada"))
        top = await here.verdict()
        assert "lm_link" not in top.actions()
        assert "lm_link" not in (await here.slack.reveal(top, "lm_more", here.user("ada"))).actions()
        await here.slack.command("/diagnose link", here.user("ada"))


async def test_without_a_code(here: Here) -> None:
    """Outside a thread, a link needs a code."""
    await here.slack.command("/diagnose link", here.user("ada"))
    await here.whisper("A check link needs the error code")
