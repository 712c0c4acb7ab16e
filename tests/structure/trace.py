"""Record which function of ours calls which, across threads and tasks, and what that means for packages.

The rules of the count:

- A call is the start of a function of `bot`, `knowledge` or `probes`, a property or a generator included. Going on
  after an `await` or a `yield` is none. A value without code of its own (a dataclass's constructor) is none either.
- Its caller is the nearest function of ours on the stack, so that a call through a library (a context manager, a sort
  key, Bolt on its way to a listener) counts as one. A function of the tests in between is the caller: then the call is
  not ours. The coroutine of a task is called by whoever made it.
- A package is a node of the import graph: each package and module directly below `bot`, `knowledge`, and `probes`.
- A call is upward if the layer of its function lies above the caller's. What a module cannot import, it can only have
  been given: such a function is a callback.
"""

import asyncio
import dis
import inspect
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final, NamedTuple, TypeAlias

from tests.structure.imports import WHOLE, node_of, read_layers
from tests.structure.source import OURS, ROOT, module_of

ORIGIN_DEPTH: Final = 30  # frames to search for whoever made the coroutine of a task

_OUR_FOLDERS: Final = tuple(f"{ROOT / package}/" for package in OURS)
_TESTS: Final = f"{ROOT / 'tests'}/"


class Function(NamedTuple):
    """A function, by the module it is in and its qualified name."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}:{self.name}"


Call: TypeAlias = tuple[Function, Function]  # caller, called


@dataclass
class Trace:
    """What was called between `recording`'s beginning and end."""

    entered: set[str] = field(default_factory=set)  # modules
    calls: Counter[Call] = field(default_factory=Counter)  # between two modules

    @property
    def packages(self) -> set[str]:
        return {_package(module) for module in self.entered}

    @property
    def file_pairs(self) -> set[tuple[str, str]]:
        return {(caller.module, called.module) for caller, called in self.calls}

    @property
    def package_pairs(self) -> Counter[tuple[str, str]]:
        """The pairs of packages that calls cross, with the number of calls."""
        pairs: Counter[tuple[str, str]] = Counter()
        for (caller, called), times in self.calls.items():
            pair = (_package(caller.module), _package(called.module))
            if pair[0] != pair[1]:
                pairs[pair] += times
        return pairs

    @property
    def upward(self) -> Counter[Call]:
        """The calls of a function in a higher layer, or beside the caller's in the same."""
        ranks = _ranks()
        found: Counter[Call] = Counter()
        for (caller, called), times in self.calls.items():
            above, below = _package(called.module), _package(caller.module)
            if above != below and ranks[above] >= ranks[below]:
                found[caller, called] = times
        return found


@contextmanager
def profiling(trace: Trace, recording: threading.Event) -> Iterator[None]:
    """Note the calls in this thread and in every one begun inside, while *recording* is set."""
    profile = _Profile(trace, recording)
    depth = sys.get_coroutine_origin_tracking_depth()
    threading.setprofile(profile)
    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
        sys.set_coroutine_origin_tracking_depth(depth)


class _Profile:
    """A profile function in the sense of `sys.setprofile`."""

    def __init__(self, trace: Trace, recording: threading.Event) -> None:
        self._trace = trace
        self._recording = recording
        self._threads: set[int] = set()

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        if event != "call":
            return
        thread = threading.get_ident()
        if thread not in self._threads:  # the depth is set for each thread apart
            self._threads.add(thread)
            sys.set_coroutine_origin_tracking_depth(ORIGIN_DEPTH)
        if self._recording.is_set() and _is_ours(frame.f_code) and frame.f_lasti <= _start(frame.f_code):
            self._note(frame)

    def _note(self, frame: FrameType) -> None:
        called = _function(frame.f_code)
        self._trace.entered.add(called.module)
        caller = _caller(frame) or _maker(frame)
        if caller and caller.module != called.module:
            self._trace.calls[caller, called] += 1


def _caller(frame: FrameType) -> Function | None:
    """Give the nearest function of ours that is still running; None if a test comes first, or nobody."""
    back = frame.f_back
    while back:
        if _is_ours(back.f_code):
            return _function(back.f_code)
        if back.f_code.co_filename.startswith(_TESTS):
            return None
        back = back.f_back
    return None


def _maker(frame: FrameType) -> Function | None:
    """Give the function of ours that made the coroutine of the current task, if it begins with *frame*."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no event loop in this thread
        return None
    coroutine = task.get_coro() if task else None
    if not inspect.iscoroutine(coroutine) or coroutine.cr_frame is not frame:
        return None
    for file, _, name in coroutine.cr_origin or ():
        if file.startswith(_OUR_FOLDERS):
            return Function(_module(file), name)
        if file.startswith(_TESTS):
            return None
    return None


@cache
def _is_ours(code: CodeType) -> bool:
    return code.co_filename.startswith(_OUR_FOLDERS) and code.co_name != "<module>"


@cache
def _start(code: CodeType) -> int:
    """Give the offset at which a function starts; a generator or coroutine that goes on is past it."""
    if not code.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        return sys.maxsize
    return next(step.offset for step in dis.get_instructions(code) if step.opname == "RESUME")


@cache
def _function(code: CodeType) -> Function:
    return Function(_module(code.co_filename), code.co_qualname)


@cache
def _module(file: str) -> str:
    return module_of(Path(file).relative_to(ROOT))


@cache
def _ranks() -> Mapping[str, int]:
    return read_layers()[WHOLE]


@cache
def _package(module: str) -> str:
    return node_of(module, _ranks())
