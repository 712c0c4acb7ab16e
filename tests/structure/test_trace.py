"""One `/diagnose 31009 ios` in Slack goes through few packages; `make structure` prints its way."""

import asyncio
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from bot.language.free_text import is_question
from bot.relays.local import from_each
from bot.slack.runtime.ordering import ThreadOrdering
from bot.slack.runtime.tasks import TaskSupervisor
from bot.slack.runtime.worker_thread import WorkerThread
from tests.structure.diagnose import trace_diagnosis
from tests.structure.imports import build_import_graph
from tests.structure.trace import Function, Trace, profiling

PACKAGES = 12
PAIRS = 21

FROM_EACH = Function("bot.relays.local", "from_each")
CANCEL = Function("bot.slack.runtime.tasks", "TaskSupervisor.cancel")


async def test_one_diagnosis() -> None:
    """Few packages, few pairs of them, and upward only callbacks: no caller imports what it calls."""
    trace = await trace_diagnosis()
    assert {"bot.slack", "bot.diagnosis", "bot.rendering", "bot.storage", "knowledge"} <= trace.packages
    assert len(trace.packages) <= PACKAGES, sorted(trace.packages)
    assert len(trace.package_pairs) <= PAIRS, sorted(trace.package_pairs)
    assert "bot.diagnosis.triage" in {caller.module for caller, _ in trace.upward}  # its progress
    graph = build_import_graph()
    imported = [
        f"{caller} -> {called}"
        for caller, called in trace.upward
        if graph.chain_exists(importer=caller.module, imported=called.module)
    ]
    assert imported == []


async def test_callback() -> None:
    """A function that was passed in and lies above its caller is an upward call, and a pair of packages."""
    tasks = TaskSupervisor()
    with _traced() as trace:
        await from_each(("a",), tasks.cancel)
    assert trace.upward == {(FROM_EACH, CANCEL): 1}
    assert trace.package_pairs == {("bot.relays", "bot.slack"): 1}
    assert trace.packages == {"bot.relays", "bot.slack"}


async def test_task() -> None:
    """The coroutine of a task is called by whoever made it."""
    tasks = TaskSupervisor()
    with _traced() as trace:
        await from_each(("a", "b"), tasks.cancel)
    assert [(caller.module, called) for caller, called in trace.calls] == [(FROM_EACH.module, CANCEL)]
    assert trace.calls.total() == 2


async def test_library_between() -> None:
    """A call through a library counts as one, and going on after a wait is none."""
    waiting = asyncio.Event()
    with _traced() as trace:
        async with TaskSupervisor() as tasks:
            for number in range(2):
                tasks.start(f"job {number}", _wait(waiting), turn="thread")
            await asyncio.sleep(0)
            waiting.set()
            await tasks.drain(5)
    hold = Function("bot.slack.runtime.ordering", ThreadOrdering.hold.__qualname__)
    calls = {called: times for (_, called), times in trace.calls.items()}
    assert calls[hold] == 2
    assert trace.package_pairs == {}


async def test_test_between() -> None:
    """What a function of the tests calls is not called by ours."""
    tasks = TaskSupervisor()

    async def look(_: str) -> tuple[str, ...]:
        return tasks.running()

    with _traced() as trace:
        await from_each(("a",), look)
    assert trace.entered == {FROM_EACH.module, CANCEL.module}
    assert trace.calls == Counter()


async def test_thread() -> None:
    """What another thread does is part of the trace."""
    with _traced() as trace:
        worker = WorkerThread()
        assert await worker.call(is_question, "why?")
        await worker.close()
    called = {called: times for (_, called), times in trace.calls.items()}
    assert called == {Function("bot.language.free_text", "is_question"): 1}
    assert trace.package_pairs == {("bot.slack", "bot.language"): 1}
    assert trace.upward == {}


async def test_not_recording() -> None:
    """What happens before and after is not part of the trace."""
    trace = Trace()
    with profiling(trace, threading.Event()):
        await from_each(("a",), TaskSupervisor().cancel)
    assert trace == Trace()


@contextmanager
def _traced() -> Iterator[Trace]:
    trace, recording = Trace(), threading.Event()
    recording.set()
    with profiling(trace, recording):
        yield trace


def _wait(event: asyncio.Event) -> Coroutine[Any, Any, None]:
    async def wait() -> None:
        await event.wait()

    return wait()
