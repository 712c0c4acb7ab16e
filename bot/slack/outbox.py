"""Messages that Slack is owed: kept before they are sent, so that a crash neither loses nor doubles one.

The store keeps which run a message is about and in which state; how it looks is made anew each time.
"""

import logging
from typing import TYPE_CHECKING

from bot.replies.blocks.buttons import Asked
from bot.replies.blocks.message import Message
from bot.rows import CaseRow, PostRow, RunRow
from bot.slack import shown
from bot.slack.deliver import find, land, post
from bot.slack.installation import Workspace
from bot.slack.shown import Ending

if TYPE_CHECKING:
    from bot.slack.office import Office

log = logging.getLogger(__name__)


async def owe_run(office: "Office", case: CaseRow, run: RunRow, first: Message, workspace: Workspace) -> str:
    """Post the message of a run that begins, exactly once; gives its timestamp. Raises `SlackError`."""
    row = PostRow(run.id, run.id, case.team, case.channel, case.thread_ts, {"state": "running"})
    owed = await office.store.owe(row)
    ts = await post(workspace.poster, case.channel, first, thread=case.thread_ts, key=run.id)
    await office.store.delivered(owed.key, ts, owed.version)
    return ts


async def settle_run(office: "Office", run_id: str, workspace: Workspace) -> None:
    """Bring the last state of a run into its message; if it ran again, into the message of its case too."""
    run = await office.store.run(run_id)
    case = await office.store.case(run.case) if run else None
    owed = await office.store.post(run_id)
    if run is None or case is None or owed is None:
        return
    changed = await office.store.owe(_with_state(owed, run.status))
    await deliver(office, changed, workspace)
    if run.status == "done" and case.message_ts and case.message_ts != changed.message_ts:
        row = PostRow(
            f"case {case.id}",
            run.id,
            case.team,
            case.channel,
            case.thread_ts,
            {"run": run.id},
            case.message_ts,
        )
        await deliver(office, await office.store.owe(row), workspace)


async def deliver(office: "Office", owed: PostRow, workspace: Workspace) -> None:
    """Send *owed* and keep that it was sent. Raises `SlackError`."""
    message = await _made(office, owed)
    if message is None:
        await office.store.drop_post(owed.key)
        return
    ts = owed.message_ts or await find(workspace.client, owed.channel, owed.key, owed.thread_ts)
    if ts:
        await land(workspace.client, owed.channel, ts, owed.thread_ts, message)
    else:
        ts = await post(workspace.poster, owed.channel, message, thread=owed.thread_ts, key=owed.key)
    await office.store.delivered(owed.key, ts, owed.version)


async def _made(office: "Office", owed: PostRow) -> Message | None:
    """Make the message as it should be now."""
    run = await office.store.run(str(owed.payload.get("run", owed.run)))
    case = await office.store.case(run.case) if run else None
    if run is None or case is None:
        return None
    if run.status != "done":
        kept = run.summary
        told = Ending(
            int(kept.get("done", 0)),
            int(kept.get("total", 0)),
            str(kept.get("by", "")),
            str(kept.get("reference", "")),
            run.started,
        )
        asked = Asked(case.id, run.id)
        return shown.ended_without(office.desk, run.request, asked, case.user, run.status, told)
    seen = await office.records.get(run.id)
    if seen is None:
        return None
    before = await office.records.before(seen)
    if before and owed.key == run.id:
        return await office.bench.call(shown.the_change, office.desk, before, seen)
    resolved = before is not None and before.outcome == "found"
    return await office.bench.call(
        shown.the_verdict, office.desk, seen, earlier=before is not None, resolved=resolved
    )


def _with_state(owed: PostRow, state: str) -> PostRow:
    return PostRow(
        owed.key,
        owed.run,
        owed.team,
        owed.channel,
        owed.thread_ts,
        {"state": state},
        owed.message_ts,
    )
