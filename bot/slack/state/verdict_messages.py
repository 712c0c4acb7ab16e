"""Convert a finished run to its verdict, and to what More shows.

Pure: no network, no clock. Rendering a verdict takes about 20 ms, so callers use the WorkerThread.
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.diagnosis.engine import Engine
from bot.rendering.blocks import fixes
from bot.rendering.blocks.message import Message
from bot.rendering.blocks.verdict import verdict
from bot.rendering.blocks.verdict_controls import VerdictOptions, more
from bot.slack.state.finished_run import EVERY, FinishedRun, view_of
from bot.slack.state.run_messages import header_of_finished, platforms


def verdict_message(
    engine: Engine,
    finished: FinishedRun,
    *,
    platform: str = "",
    others: Sequence[str] = (),
    earlier: bool = False,
    resolved: bool = False,
    judged: str = "",
    link: bool = False,
) -> Message:
    """Render the verdict, with the steps for *platform* (default: the requested one); *others* are usable relays.

    *link*: check links can be made.
    """
    choices = _options(engine, finished, platform, others, earlier=earlier, link=link)
    choices = replace(choices, judged=judged, resolved=resolved and finished.outcome == "clear")
    view = view_of(engine, finished, platform if platform != fixes.ALL else EVERY)
    return verdict(header_of_finished(engine, finished), view, finished.record.diagnosis, choices)


def more_message(
    engine: Engine,
    finished: FinishedRun,
    platform: str,
    others: Sequence[str],
    *,
    earlier: bool,
    link: bool,
) -> Message:
    """Render what else can be done with a run, for the person who pressed More."""
    choices = _options(engine, finished, platform, others, earlier=earlier, link=link)
    return more(header_of_finished(engine, finished), finished.record.diagnosis, choices)


def _options(
    engine: Engine,
    finished: FinishedRun,
    platform: str,
    others: Sequence[str],
    *,
    earlier: bool,
    link: bool,
) -> VerdictOptions:
    chosen = "" if platform == fixes.ALL else platform or finished.record.request.platform or EVERY
    return VerdictOptions(
        platforms(engine),
        chosen,
        relays=tuple(name for name in others if (name,) != finished.relays),
        earlier=earlier,
        views=tuple(record.relay for record in finished.parts),
        part=bool(finished.of),
        link=link,
        checked=finished.is_checked,
    )
