"""Free words in Slack: stories without a code, codes that are only asked about, and allow-lists."""

import threading
from dataclasses import replace
from typing import ClassVar

from bot.cli.labels import read_labels
from bot.cli.main import main
from bot.slack.api.actor import Actor
from bot.slack.conversation.dispatch import handle_text
from bot.storage.address import parse_database
from bot.storage.labels import NONE
from tests.bot.slack.conftest import Here
from tests.fake_slack.state import File, View
from tests.previews.samples import SIGNALING_SHUT

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


async def stories(here: Here) -> list[dict[str, str]]:
    """Every story that is kept."""
    return await here.context.store._all("SELECT * FROM readings ORDER BY asked")


async def uploaded(here: Here, number: int = 1) -> File:
    """The file of this number, once it stands in a channel."""
    await here.until(lambda: len([one for one in here.slack.files.values() if one.shared]) == number)
    return list(here.slack.files.values())[-1]


async def form(here: Here) -> View:
    await here.until(lambda: here.slack.team.views)
    return next(iter(here.slack.team.views.values()))


async def test_clear_story(here: Here, database: str) -> None:
    """A story that fits one cause is gone ahead with; one line says as what, and its feedback becomes a label."""
    here.relay.faults = SIGNALING_SHUT
    await here.slack.command(
        "/diagnose works on mobile data but not on office wifi, ios edge=frankfurt", here.user()
    )
    verdict = await here.verdict()
    said = await here.whisper("Sounds like: connections to the signaling gateways are blocked")
    assert "No error code given, so I'm assuming 3" in said.text
    case = await here.context.store.case_of_thread(here.slack.team.id, verdict.channel.id, verdict.ts)
    assert case
    assert (case.request.platform, case.request.edge) == ("ios", "frankfurt")
    (kept,) = await stories(here)
    assert (kept["case_id"], kept["chosen"]) == (case.id, "")
    grace = here.user("grace")
    await here.slack.vote(verdict, "positive", grace)
    await here.whisper("Thank you")
    assert read_labels(parse_database(database)) == [(kept["story"], "signaling-blocked")]


async def test_close_story(here: Here, database: str, capsys) -> None:
    """A story that fits several causes is a choice of three and none; the one chosen is looked into and kept."""
    await here.slack.command("/diagnose my phone does not ring", here.user())
    which = await here.whisper("It may be one of these")
    assert [one for one in which.actions() if one.startswith("lm_reading")] == [
        "lm_reading_1",
        "lm_reading_2",
        "lm_reading_3",
    ]
    assert here.ours() == []
    await here.slack.click(which, "lm_reading_2", here.user())
    await here.verdict()
    (kept,) = await stories(here)
    assert kept["chosen"] in which.text or kept["chosen"] == "client-asleep"
    assert main(["labels", database]) == 0
    assert capsys.readouterr().out.splitlines() == ["phrase\tcauses", "my phone does not ring\tclient-asleep"]


async def test_none_of_these(here: Here, database: str) -> None:
    """None of the readings opens the form with what was told; a story there is read like any other."""
    await here.slack.mention("on android the app does not ring any more", here.user())
    which = await here.reply("It may be one of these")
    await here.slack.click(which, "lm_none", here.user("grace"))
    view = await form(here)
    assert '"initial_option": {' in str(view.content).replace("'", '"')
    (kept,) = await stories(here)
    assert kept["chosen"] == NONE
    assert read_labels(parse_database(database)) == [("on android the app does not ring any more", "-")]
    filled = {"code": "any", "story": "no audio on VPN", "platform": "android", "vpn": "any"}
    answer = await here.slack.submit(view, filled, here.user("grace"))
    assert answer.answer is None
    await here.verdict(1)
    found = await here.context.store.recent(here.slack.team.id, here.user("grace").id)
    assert found[0][0].request.platform == "android"


async def test_form_wants_a_code_or_a_story(here: Here) -> None:
    """With neither, the form stays open; so it does for a version alone. No code is preselected."""
    await here.slack.command("/diagnose", here.user())
    view = await form(here)
    neither = await here.slack.submit(view, {}, here.user())
    assert "describe below what happens" in neither.answer["errors"]["code"]
    said = {"code": "any", "story": "no audio", "platform": "any", "sdk-version": "6.1.0"}
    alone = await here.slack.submit(view, said, here.user())
    assert list(alone.answer["errors"]) == ["sdk-version"]
    assert here.ours() == []


async def test_form_takes_both(here: Here) -> None:
    """A code and a description count together: the code is the chosen one, the rest comes from the words."""
    for story, platform in (
        ("in the Android app with 53405, edge dublin, not on a VPN", "any"),
        ("no audio", "ios"),
    ):
        await here.slack.command("/diagnose", here.user())
        filled = {"code": "31009", "story": story, "platform": platform}
        answer = await here.slack.submit(await form(here), filled, here.user())
        assert answer.answer is None
    await here.verdict(1)
    found = [case.request for case, _ in await here.context.store.recent(here.slack.team.id, here.user().id)]
    assert {(one.code, one.platform, one.edge) for one in found} == {
        ("31009", "android", "dublin"),
        ("31009", "ios", "roaming"),
    }
    assert {one.answers.get("vpn") for one in found} == {"no", None}


async def test_hostile_story_in_the_form(here: Here) -> None:
    """A story in the form keeps no secret, pings nobody, and nothing of it is obeyed."""
    for text in (f"no audio on VPN {TOKEN} <!channel>", "my phone *does* not ring <@U1> `x` " + "y" * 1_900):
        await here.slack.command("/diagnose", here.user())
        answer = await here.slack.submit(await form(here), {"code": "any", "story": text}, here.user())
        assert answer.answer is None
    await here.whisper("It may be one of these")
    await here.verdict()
    assert TOKEN not in str(await stories(here)) + str(here.slack.records.outgoing)
    assert here.slack.pings() == []


async def test_story_in_a_direct_message(here: Here) -> None:
    """In direct messages a story is read too, and the choice goes on in its thread."""
    said = await here.slack.tell("calls do not work on the hotel wifi", here.user())
    which = await here.reply("It may be one of these")
    assert which.thread_ts == said.ts
    await here.slack.click(which, "lm_reading_1", here.user())
    await here.until(lambda: [one for one in here.ours() if "lm_again" in one.actions()])


async def test_stories_keep_no_secrets(here: Here) -> None:
    """What is kept of a story is without its secrets; the choice of another workspace's story is refused."""
    await here.slack.mention("my phone +4915112345678 does not ring", here.user())
    which = await here.reply("It may be one of these")
    (kept,) = await stories(here)
    assert "4915112345678" not in str(kept) + str(which.blocks) + which.text
    await here.context.store.labels._change("UPDATE readings SET team = ? WHERE id = ?", "TOTHER", kept["id"])
    await here.slack.click(which, "lm_reading_1", here.user())
    await here.whisper("choice has expired")
    assert (await stories(here))[0]["chosen"] == ""


async def test_meaning(here: Here) -> None:
    """A code that is only asked about is explained, with what it is confused with, and can be diagnosed from there."""
    await here.slack.command("/diagnose meaning 31005", here.user())
    said = await here.whisper("31005 Connection error")
    assert "Not the same as 31009" in said.text
    assert here.ours() == []
    await here.slack.click(said, "lm_meaning_2", here.user())
    await here.whisper("53000 Signaling connection error")
    await here.slack.click(said, "lm_start", here.user())
    assert "31005" in (await here.verdict()).history[0]


async def test_meaning_elsewhere(here: Here) -> None:
    """A code of another product says whose it is; one that nobody knows offers the nearest as buttons."""
    await here.slack.mention("what does 31901 mean?", here.user())
    foreign = await here.reply("31901 Stream - WebSocket")
    assert "not a code of the Voice SDKs" in str(foreign.blocks)
    assert "lm_start" not in foreign.actions()
    await here.slack.mention("what does 31006 mean", here.user())
    unknown = await here.reply("31006 is not an error code that I know")
    await here.slack.click(unknown, "lm_meaning_1", here.user())
    await here.reply("31005 Connection error. The")
    await here.slack.command("/diagnose 31006", here.user())
    await here.slack.click(await here.whisper("31006 is not an error"), "lm_start_2", here.user())
    verdict = await here.verdict(3)
    assert "31007" in verdict.history[0]


async def test_question_outside_a_thread(here: Here) -> None:
    """A question that is typed is answered to the person alone; a mention in its thread, which goes on."""
    await here.slack.command("/diagnose why does TURN help?", here.user())
    told = await here.whisper("TURN helps when")
    assert "knowledge/answers/turn-why.md" in str(told.blocks)
    assert '"url"' in str(told.blocks).replace("'", '"')
    assert "why does TURN help?" in str(told.blocks)
    asked = await here.slack.mention("how do I set the edge on android?", here.user("grace"))
    first = await here.reply("knowledge/answers/edge-set-android.md")
    assert first.thread_ts == asked.ts
    await here.slack.mention("and on iOS?", here.user("linus"), thread=asked.ts)
    await here.reply("knowledge/answers/edge-set-ios.md")
    assert here.relay.plans == []


async def test_question_nobody_answers(here: Here) -> None:
    """What is not known is owned up to, with the nearest as buttons that answer."""
    await here.slack.command("/diagnose how much does a TURN elephant weigh in gold?", here.user())
    said = await here.whisper("I don't know")
    assert [one for one in said.actions() if one.startswith("lm_nearest")]
    await here.slack.click(said, "lm_nearest_1", here.user())
    await here.whisper("Sources: [1] knowledge/")


async def test_where_we_may_not_write(here: Here) -> None:
    """In a channel that we are not in, the answer to a message's shortcut reaches the person alone."""
    here.slack.team.scopes.discard("chat:write.public")
    outside = here.slack.add_channel("outside", bot=False)
    pasted = here.slack.paste("what does 53405 mean?", here.user("grace"), outside)
    await here.slack.shortcut("diagnose_message", pasted, here.user())
    await here.whisper("53405 Media connection failed")
    assert here.ours() == []


async def test_several_codes_with_a_question(here: Here) -> None:
    """A question about two codes is answered, and each can be diagnosed."""
    await here.slack.mention("what is the difference between 31005 and 31009?", here.user())
    said = await here.reply("31009: the SDK had something to send")
    assert said.actions().count("lm_start_1") == said.actions().count("lm_start_2") == 1


async def test_allow_list(here: Here) -> None:
    """The list comes as a message, the file below it; another form by its button, any word that is wrong told."""
    await here.slack.command("/diagnose allowlist ios edge=frankfurt turn=yes", here.user())
    file = await uploaded(here)
    assert file.name == "allowlist-ios-frankfurt-turn.txt"
    assert "168.86.128.0/18" in file.content.decode()
    (table, *_) = here.ours()
    assert "TCP 443 chunderm.de1.gll.twilio.com" in table.text
    assert table.thread_ts is None
    csv = next(one for _, one in table.elements() if one["text"]["text"] == "csv")
    await here.slack.click(table, csv["action_id"], here.user("grace"))
    assert (await uploaded(here, 2)).content.startswith(b"direction,transport")
    await here.slack.command("/diagnose allowlist ios edge=frankfrt", here.user())
    await here.whisper("did you mean frankfurt")
    await here.slack.command("/diagnose allowlist ios --network /etc/passwd", here.user())
    await here.whisper("is not an option of allowlist")
    assert len(here.slack.files) == 2


async def test_allow_list_for_which_platform(here: Here) -> None:
    """Without a platform it is asked for, the rest of what was said is kept, and a form for addresses says so."""
    await here.slack.command(
        "/diagnose allowlist edge=frankfurt format=nft any-address=yes", here.user("grace")
    )
    which = await here.whisper("for which platform?")
    await here.slack.click(which, "lm_list_2", here.user("grace"))
    file = await uploaded(here)
    assert file.name.endswith("frankfurt.nft")
    assert b"0.0.0.0/0" in file.content
    assert "Where there is only a name" in str([one.text for one in here.ours()])


async def test_allow_list_without_files(here: Here) -> None:
    """Where files are not allowed the list's text stands in the message below."""
    here.slack.team.scopes.discard("files:write")
    await here.slack.mention("allowlist ios frankfurt", here.user())
    told = await here.reply("files are not allowed here")
    assert "168.86.128.0/18" in str(told.blocks)


class Watched(dict[str, str]):
    """Names that note in which thread they are looked up."""

    threads: ClassVar[set[str]] = set()

    def __contains__(self, name: object) -> bool:
        Watched.threads.add(threading.current_thread().name)
        return super().__contains__(name)


async def test_the_bench_reads(here: Here) -> None:
    """Understanding and answering run in the worker thread: however long the text, the event loop is not blocked."""
    words = here.context.relay_directory.vocabulary
    here.context.relay_directory.vocabulary = replace(words, platforms=Watched(words.platforms))
    actor = Actor(here.slack.team.id, here.user().id, here.slack.channel().id)
    Watched.threads.clear()
    for text in (
        "why does TURN help?",
        "my phone does not ring",
        "meaning 31005",
        "why does TURN help " * 2_000,
    ):
        await handle_text(here.context, actor, text)
    assert Watched.threads == {"bench"}
