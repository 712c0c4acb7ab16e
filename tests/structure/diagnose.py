"""One `/diagnose 31009 ios` in Slack, traced from the command's arrival until the verdict is delivered."""

import importlib
import pkgutil
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from bot.errors import UsageError
from tests.bot.slack.conftest import open_app
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.fake_slack.slack import FakeSlack
from tests.previews.samples import SIGNALING_SHUT
from tests.structure.source import OURS
from tests.structure.trace import Trace, profiling

COMMAND: Final = "/diagnose 31009 ios"
PATIENCE: Final = 30.0  # seconds until the app has nothing left to do


async def trace_diagnosis() -> Trace:
    """Run the command once, on the real knowledge and with made-up observations; nothing leaves this process."""
    _import_everything()
    trace, recording = Trace(), threading.Event()
    with tempfile.TemporaryDirectory() as folder, profiling(trace, recording):
        async with (
            FakeSlack().serving() as slack,
            open_app(slack, MadeUpRelay(SIGNALING_SHUT), Path(folder) / "lineman.db") as app,
        ):
            recording.set()
            await slack.command(COMMAND, app.user())
            verdict = await app.verdict()
            left = await app.context.tasks.drain(PATIENCE)
            recording.clear()
    assert verdict.text.startswith("Blocked: "), verdict.text
    assert left == ()
    return trace


def _import_everything() -> None:
    """Import what is imported late: loading a module in the midst of the case is not a call."""
    for package in OURS:
        for module in pkgutil.walk_packages([package], f"{package}."):
            if not module.name.endswith("__main__"):
                with suppress(UsageError):  # of an optional package: what is not installed is not called
                    importlib.import_module(module.name)
