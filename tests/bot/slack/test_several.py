"""One case from several relays of a hub: command, progress, verdict, and what people do with it."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.model.records import CaseRow
from probes.protocol.model import REFERENCE, UNKNOWN_VANTAGE
from tests.bot.intake.samples import SAMPLES
from tests.bot.slack.conftest import Here, Serving
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.bot.slack.made_up_hub import Hub, hub, sees
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Message
from tests.previews.samples import INTERCEPTED, MEDIA_LOST, SIGNALING_SHUT


@pytest_asyncio.fixture
async def relays(tmp_path: Path, database: str) -> AsyncIterator[Hub]:
    """Three relays: behind a firewall, in another office, and elsewhere."""
    async with hub(tmp_path, database) as relays:
        await relays.join("acme-hq", *SIGNALING_SHUT)
        await relays.join("berlin")
        await relays.join("cloud", vantage=REFERENCE)
        yield relays


@pytest.fixture
def access(tmp_path: Path) -> str:
    """A file that lets everybody use every relay."""
    path = tmp_path / "access.yaml"
    path.write_text('rules: [{relays: "*"}]')
    return str(path)


@pytest_asyncio.fixture
async def there(slack: FakeSlack, serving: Serving, relays: Hub, access: str) -> AsyncIterator[Here]:
    """The app, with a hub beside it."""
    async with serving(slack, MadeUpRelay(), LINEMAN_ACCESS=access, **relays.environment) as there:
        yield there


async def ask(here: Here, line: str, number: int = 0) -> Message:
    await here.slack.command(line, here.user())
    return await here.verdict(number)


async def case_of(here: Here, message: Message) -> CaseRow:
    found = await here.context.store.case_of_thread(here.slack.team.id, message.channel.id, message.root)
    assert found
    return found


async def test_verdict(there: Here, relays: Hub) -> None:
    """One command asks two relays and this host; the verdict names the cause, from where, and whose fault it is."""
    message = await ask(there, "/diagnose 31009 ios from acme-hq, berlin and local")
    assert "only from acme-hq" in message.text
    assert "not from berlin and local; the fault is in the network of acme-hq" in message.text
    shown = str(message.blocks)
    assert "No problem found" in shown
    assert "elsewhere" not in shown
    who = f"{there.slack.team.id}/{there.user().id}"
    (run,) = await there.context.store.runs((await case_of(there, message)).id)
    assert run.vantages == {"acme-hq": "user-network", "berlin": "user-network", "local": "user-network"}
    audit = await relays.audit()
    assert {audit[name][:2] for name in ("acme-hq", "berlin")} == {(who, f"31009 ios roaming, run {run.id}")}


async def test_form_and_reference(there: Here, relays: Hub) -> None:
    """In the form several relays can be chosen; a fault seen from all is common, a reference alone convicts nobody."""
    relays.tell("berlin", *SIGNALING_SHUT)
    relays.tell("cloud", *SIGNALING_SHUT)
    elsewhere = there.slack.add_channel("elsewhere")
    await there.slack.command("/diagnose 31009 ios from cloud", there.user(), elsewhere)
    await there.slack.command("/diagnose", there.user())
    view = await there.until(lambda: next(iter(there.slack.team.views.values()), None))
    said = {"code": "31009", "platform": "ios", "relay": ["acme-hq", "berlin", "cloud"]}
    await there.slack.submit(view, said, there.user())  # type: ignore[arg-type]  # a view
    alone, message = await there.verdict(), await there.verdict(1)
    if alone.channel is not elsewhere:
        alone, message = message, alone
    assert "from acme-hq, berlin and cloud (reference). The fault is in the service" in message.text
    assert "elsewhere, for comparison" in str(message.blocks)
    assert "Could not tell" in alone.text


async def test_progress(there: Here, relays: Hub) -> None:
    """During a run, one line shows each relay's progress, and each problem is shown with its relays."""
    go_on = asyncio.Event()
    relays.answer("berlin", sees(MEDIA_LOST, after=5, hold=go_on))
    await there.slack.command("/diagnose 31009 ios from acme-hq and berlin", there.user())
    await there.until(lambda: there.ours() and "acme-hq: Blocked" in there.ours()[0].text)
    (message,) = there.ours()
    assert "berlin: 5 of" in message.text
    assert "(from acme-hq)" in message.text
    go_on.set()
    assert "Blocked: 2 causes found" in (await there.verdict()).text


async def test_stop(there: Here, relays: Hub) -> None:
    """Stop ends the checks on every relay, and each relay is told."""
    for name in ("acme-hq", "berlin"):
        relays.answer(name, sees(after=2, hold=asyncio.Event()))
    await there.slack.command("/diagnose 31009 ios from acme-hq and berlin", there.user())
    await there.until(lambda: there.ours() and "berlin: 2 of" in there.ours()[0].text)
    await there.slack.click(there.ours()[0], "lm_stop", there.user("grace"))
    message = await there.verdict()
    assert "Stopped: 31009 on iOS, after 4 of " in message.text
    for name in ("acme-hq", "berlin"):
        await asyncio.wait_for(relays.relays[name].cancelled.wait(), 5)


async def test_relay_cut_off(there: Here, relays: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a relay that is lost in the middle, what it saw counts; what is missing and why is said in words."""
    monkeypatch.setattr("bot.relays.hub.in_flight.GRACE", 0.1)  # seconds to come back
    relays.answer("berlin", sees(after=2, hold=asyncio.Event()))
    await there.slack.command("/diagnose 31009 ios from acme-hq and berlin", there.user())
    await there.until(lambda: there.ours() and "berlin: 2 of" in there.ours()[0].text)
    await relays.cut("berlin")
    message = await there.verdict()
    assert "checks did not run: the connection to berlin was lost" in message.text
    assert "No other relay could check it" in message.text
    case = await case_of(there, message)
    (run,) = await there.context.store.runs(case.id)
    _, seen = await there.context.store.record(run.id) or (None, {})
    assert sum(look.failure != "relay_lost" for look in seen["berlin"].values()) >= 2
    await there.slack.command("/diagnose 31009 ios from berlin", there.user())
    alone = await there.verdict(1)
    assert "berlin is not connected to the hub; last connected" in alone.text
    assert "the rest is not known" in str(alone.blocks)


async def test_reading_on(there: Here, relays: Hub) -> None:
    """Each button tells of all relays; each one's own verdict can be seen; “that was not it” asks what it was."""
    slack, grace = there.slack, there.user("grace")
    message = await ask(there, "/diagnose 31009 ios from acme-hq, berlin and cloud")
    await slack.click(message, "lm_evidence", grace)
    evidence = await there.reply("checks passed")
    head = [cell["text"] for cell in next(b for b in evidence.blocks if b["type"] == "table")["rows"][0]]
    assert head == ["Check", "acme-hq", "berlin", "cloud (elsewhere)"]
    more = await slack.reveal(message, "lm_more", grace)
    await slack.click(more, "lm_ticket", grace)
    assert "From berlin (in the user's network)" in (await there.whisper("For the customer")).text
    await slack.click(evidence, "lm_raw", grace)
    await there.until(lambda: any(one.name.endswith(".json") and one.content for one in slack.files.values()))
    raw = json.loads(next(file for file in slack.files.values() if file.name.endswith(".json")).content)
    assert [raw["relay"]["name"], *(one["relay"]["name"] for one in raw["others"])] == [
        "acme-hq",
        "berlin",
        "cloud",
    ]
    for place, action, said in (
        (more, "lm_tree", "How it was"),
        (message, "lm_fixes", "What to do on"),
        (more, "lm_preflight", "Preflight"),
    ):
        await slack.click(place, action, grace)
        await there.reply(said)
    await slack.select(more, "lm_view", "berlin", grace)
    part = await there.reply("No problem found from berlin")
    assert "from berlin" in str(part.blocks)
    assert "lm_again" not in part.actions()
    await slack.click(part, "lm_evidence", grace)
    own = await there.reply("Evidence for 31009 on iOS: ")
    await there.until(lambda: len([one for one in there.ours() if one.text.startswith("Evidence")]) == 2)
    own = [one for one in there.ours() if one.text.startswith("Evidence")][-1]
    assert "from berlin" in str(own.blocks)
    await slack.select(more, "lm_view", "acme-hq", grace)
    part = await there.reply("Blocked: Connections")
    theirs = await slack.reveal(part, "lm_more", grace)
    assert theirs.actions() == ["lm_ticket", "lm_preflight", "lm_tree"]
    assert "from acme-hq" in (await slack.reveal(theirs, "lm_ticket", grace)).text
    await slack.vote(message, "negative", grace)
    view = await there.until(lambda: next(iter(slack.team.views.values()), None))
    await slack.submit(view, {"cause": "tls-intercepted", "words": "it was the proxy"}, grace)  # type: ignore[arg-type]  # a view
    await there.until(lambda: "that was not it" in str(message.blocks))
    await there.context.tasks.drain(5)
    counts = await there.context.store.feedback_counts()
    assert counts["signaling-blocked"] == {"right": 0, "wrong": 1}
    assert counts["tls-intercepted"] == {"right": 1, "wrong": 0}


async def test_again_answers_and_judgement(there: Here, relays: Hub) -> None:
    """A second run asks the same relays and says what changed from where; answers and judgements go to the case."""
    slack, grace = there.slack, there.user("grace")
    relays.tell("berlin", INTERCEPTED)
    message = await ask(there, "/diagnose 31009 javascript from acme-hq and berlin")
    relays.tell("acme-hq")
    before = str(message.blocks)
    await slack.click(message, "lm_again", grace)
    change = await there.verdict(1)
    assert "Fixed: Connections to the signaling gateways are blocked (from acme-hq)" in change.text
    assert "Still failing: " in change.text
    assert "(from berlin)" in change.text
    await there.until(lambda: str(message.blocks) != before, "the verdict of the second run")
    await slack.click(await slack.reveal(message, "lm_more", grace), "lm_compare", grace)
    await there.until(lambda: len([one for one in there.ours() if "Fixed: Conn" in one.text]) == 2)
    relays.tell("berlin")
    await slack.click(message, "lm_again", grace)
    assert (await there.verdict(3)).text.startswith("Fixed: no problem found")
    await there.until(lambda: "Fixed: " in str(message.blocks[0]))
    more = await slack.reveal(message, "lm_more", grace)
    if "lm_answer_1" in more.actions():
        before = message.text
        await slack.click(more, "lm_answer_1", grace)
        await there.until(lambda: message.text != before)
    assert len(relays.orders("berlin")) == 3


async def test_other_relay(there: Here, relays: Hub) -> None:
    """Another relay is chosen below the verdict; what it sees is laid beside the run before, and is no change."""
    message = await ask(there, "/diagnose 31009 ios from acme-hq")
    grace = there.user("grace")
    await there.slack.select(await there.slack.reveal(message, "lm_more", grace), "lm_relay", "berlin", grace)
    beside = await there.verdict(1)
    assert beside.text.startswith("The runs have no relay in common")
    assert "acme-hq was used before, but not this time: Blocked" in beside.text
    assert "the fault is in the network of acme-hq" in beside.text
    await there.until(lambda: "No problem found" in message.text)
    assert "Fixed: " not in str(message.blocks[0])
    assert (await case_of(there, message)).request.relays == ("berlin",)


async def test_words_in_the_thread(there: Here, relays: Hub) -> None:
    """Anybody in the thread goes on from other relays, by mention and without, until one is gone for good."""
    message = await ask(there, "/diagnose 31009 ios")
    await there.slack.say("try from berlin", there.user("grace"), thread=message.ts)
    await there.verdict(1)
    await there.slack.mention("same from berlin and acme-hq", there.user("linus"), thread=message.ts)
    assert "acme-hq was not used before: Blocked" in (await there.verdict(2)).text
    assert (await case_of(there, message)).request.relays == ("berlin", "acme-hq")
    assert (len(relays.orders("berlin")), len(relays.orders("acme-hq"))) == (2, 1)
    await relays.house.hub.registry.revoke("berlin", 1.0)
    there.context.relay_directory._next = 0.0
    await there.slack.say("test again", there.user("grace"), thread=message.ts)
    assert "“berlin” has been revoked." in (await there.whisper("has been revoked")).text


async def test_not_a_relay(there: Here, relays: Hub) -> None:
    """A name that is no relay is told, with those there are; nothing is looked at from anywhere else instead."""
    await there.slack.command("/diagnose 31009 from berlin and paris", there.user())
    said = (await there.whisper("not a relay")).text
    assert "“paris”" in said
    assert "acme-hq, berlin, cloud, local" in said
    assert there.ours() == []
    assert not relays.orders("berlin")
    await relays.house.hub.registry.revoke("berlin", 1.0)
    there.context.relay_directory._next = 0.0
    await there.slack.command("/diagnose 31009 from berlin", there.user())
    assert "“berlin” has been revoked." in (await there.whisper("has been revoked")).text


async def test_cut_off_by_a_restart(slack: FakeSlack, serving: Serving, relays: Hub, access: str) -> None:
    """A run from several relays that a restart cuts off starts again on all of them, and is stored as one run."""
    relays.answer("berlin", sees(after=3, hold=asyncio.Event()))
    given = {"LINEMAN_ACCESS": access, **relays.environment}
    async with serving(slack, MadeUpRelay(), **given) as here:
        await slack.command("/diagnose 31009 ios from acme-hq and berlin", here.user())
        await here.until(lambda: here.ours() and "berlin: 3 of" in here.ours()[0].text)
    slack.clock.advance(5)  # seconds that a restart takes
    relays.tell("berlin")
    async with serving(slack, MadeUpRelay(), **given) as here:
        message = await here.verdict()
        await here.until(lambda: "only from acme-hq" in message.text)
        assert len(here.ours()) == 1
        old = await here.context.store.runs((await case_of(here, message)).id)
        here.context.run_history._kept.clear()
        again = await here.context.run_history.get(old[0].id)
        assert again
        assert again.relays == ("acme-hq", "berlin")
        assert [one.cause for one in again.record.diagnosis.found] == ["signaling-blocked"]


async def test_places_at_the_hub(slack: FakeSlack, serving: Serving, relays: Hub, access: str) -> None:
    """Who finds no free place on a relay waits in line here, and is not turned away by the hub."""
    go_on = asyncio.Event()
    relays.answer("berlin", sees(after=3, hold=go_on))
    given = {"LINEMAN_ACCESS": access, "LINEMAN_HUB_RELAY_AT_ONCE": "1", **relays.environment}
    async with serving(slack, MadeUpRelay(), **given) as here:
        await slack.command("/diagnose 31009 ios from berlin", here.user("ada"))
        await here.until(lambda: relays.orders("berlin"))
        await slack.command("/diagnose 31009 ios from berlin", here.user("grace"))
        await here.until(lambda: any("Waiting" in one.text for one in here.ours()))
        go_on.set()
        for number in (0, 1):
            assert "missing" not in (await here.verdict(number)).text
    assert len(relays.orders("berlin")) == 2


async def test_report_of_the_users_device(there: Here, relays: Hub) -> None:
    """A pasted report is laid beside each relay: where one of them differs it is named, and the verdict follows."""
    message = await ask(there, "/diagnose 31009 javascript from acme-hq, berlin")
    assert "only from acme-hq" in message.text
    await there.slack.say(json.dumps(SAMPLES["javascript"]()), there.user(), thread=message.root)
    said = await there.reply("A preflight report of the JavaScript SDK")
    assert "acme-hq: no" in str(said.blocks)
    assert "berlin: yes" in str(said.blocks)
    await there.until(lambda: "only from acme-hq" not in message.text, "the verdict to be drawn up anew")


async def test_local_relay_that_may_be_elsewhere(slack: FakeSlack, serving: Serving) -> None:
    """Unless its place is set, the bot's own host rules nothing out for the users, and says so."""
    async with serving(slack, MadeUpRelay(vantage=UNKNOWN_VANTAGE)) as here:
        shown = str((await ask(here, "/diagnose 31009 ios")).blocks)
        assert "Your network is not tested yet" in shown
        assert "0 causes ruled out" in shown
        await slack.command("/diagnose relays", here.user())
        assert "maybe not in the user's network" in str((await here.whisper("Relays:")).blocks)
