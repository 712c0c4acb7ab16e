"""What people say of a verdict: kept with its run, for the weights of the causes."""

import json
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.model.records import CaseRow, Verdict
from bot.redaction.redact import redact
from bot.rendering.blocks.modals import FEEDBACK, answers
from bot.rendering.blocks.modals import feedback as window
from bot.slack.api.actor import Asker, of_interaction
from bot.slack.delivery import inbox, outbox
from bot.slack.listeners.views import open_window
from bot.slack.state.context import Office
from bot.slack.state.event import delivered
from bot.slack.state.finished_run import Seen

OTHER = "other"  # chosen where it was none of the causes known


def register(app: AsyncApp, office: Office) -> None:
    """Listen to the window when it is sent."""

    @app.view(FEEDBACK)
    async def sent(ack: AsyncAck, body: dict[str, Any]) -> None:
        view = body.get("view", {})
        about = json.loads(view.get("private_metadata") or "{}")
        said = answers(view) | {"run": str(about.get("run", ""))}
        await inbox.take(office, delivered("judgement", of_interaction(body), body, said, ordered=False))
        await ack()


async def judge(office: Office, asker: Asker, case: CaseRow, seen: Seen, verdict: Verdict) -> None:
    """Keep *verdict* on every cause that was found, and show below the verdict that it was heard."""
    for one in seen.record.diagnosis.found:
        await office.store.save_feedback(seen.run, one.cause, verdict, asker.user)
    await outbox.refresh_case(office, case, await office.records.latest(case.id) or seen, {"judged": verdict})


async def ask_why(office: Office, asker: Asker, seen: Seen) -> None:
    """Ask what it was instead."""
    found = {one.cause for one in seen.record.diagnosis.found}
    causes = [(one.id, one.title) for one in office.desk.knowledge.causes.values() if one.id not in found]
    workspace = await office.workspace(asker)
    await open_window(workspace, asker, window(seen.asked, causes))


async def keep(office: Office, asker: Asker, said: Mapping[str, str]) -> None:
    """Keep what was written, without what should not be in it."""
    seen = await office.records.get(said.get("run", ""))
    if seen is None:
        return
    words = redact(said.get("words", "")).text
    for one in seen.record.diagnosis.found:
        await office.store.save_feedback(seen.run, one.cause, "wrong", asker.user, words)
    cause = said.get("cause", OTHER)
    if cause in office.desk.knowledge.causes:
        await office.store.save_feedback(seen.run, cause, "right", asker.user, words)
