"""Check links at work: what a link shows, what a start gives, and what a result comes to.

Every link that does not work is answered alike, so that nobody can learn from the answer which links there were.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from bot.check_link.browser_checks import BrowserChecks
from bot.check_link.link_posts import ARRIVED, changed_post, result_post
from bot.check_link.page_answer import page_answer
from bot.check_link.result_run import result_run
from bot.check_link.result_schema import BrowserResult, CheckStartBody
from bot.check_link.settings import CheckSettings
from bot.check_link.targets import VERSION, CheckTargets, page_config, targets_of
from bot.check_link.verdict import VANTAGES, record_of
from bot.diagnosis.engine import Engine
from bot.diagnosis.ice_servers import find_ice
from bot.diagnosis.run_record import BROWSER_RELAY, RunRecord
from bot.diagnosis.triage import Problem, prepare
from bot.model.records import PostRow
from bot.model.request import Request
from bot.rendering.view import View, make_view
from bot.storage.links_table import CheckLink, CheckStart, hash_token, new_token
from bot.storage.store import Store
from probes.protocol.json_codec import dump
from probes.protocol.model import USER_NETWORK

_PREPARED: Final = 64  # requests whose questions stay prepared; a few ms and 100 kB each
_ANSWERS: Final = 1_000  # answers that a repeated result gets without being judged again


class LinkClosedError(Exception):
    """A link that is forged, expired, used up, or revoked; or a check that is not one of its own."""


@dataclass(frozen=True, slots=True)
class PreparedCheck:
    """What every check of one request shares."""

    targets: CheckTargets
    problem: Problem


@dataclass(slots=True)
class CheckService:
    """The check links of one installation. *new_run* makes the id of a stored run."""

    engine: Engine
    store: Store
    settings: CheckSettings
    new_run: Callable[[], str]
    clock: Callable[[], float] = time.time
    _prepared: OrderedDict[str, PreparedCheck] = field(default_factory=OrderedDict)
    _answers: OrderedDict[str, dict[str, Any]] = field(default_factory=OrderedDict)
    _judging: dict[str, tuple[asyncio.Lock, int]] = field(default_factory=dict)

    async def config(self, token: str) -> tuple[dict[str, Any], CheckTargets]:
        """Return the configuration of the page for an open link, and what it checks; `LinkClosedError`."""
        link = await self.store.link_of_token(token)
        if link is None or not link.is_open(self.clock()):
            raise LinkClosedError
        prepared = await self._prepare(link)
        shared = page_config(prepared.targets, self.engine, self.settings.support)
        return {**shared, "expires": link.expires, "runs_left": link.runs - link.used}, prepared.targets

    async def start(self, token: str, body: CheckStartBody, address: str) -> dict[str, Any]:
        """Count one run of an open link, and return the key for its result and TURN credentials."""
        key = new_token()
        link = await self.store.start_check(token, hash_token(key), self.clock())
        if link is None:
            raise LinkClosedError
        ice = await find_ice(self.engine.network, self.settings.turn)
        first = next(iter(ice.servers), None)
        known = {"username": first.username, "credential": first.credential} if first else None
        return {
            "v": VERSION,
            "run": hash_token(key)[:12],
            "key": key,
            "server_time": self.clock(),
            "address": address,
            "ice": known,
            "runs_left": link.runs - link.used,
        }

    async def finish(self, token: str, result: BrowserResult, body: bytes) -> dict[str, Any]:
        """Judge and store the result of a check that was started with this link; once, however often it is sent."""
        start = hash_token(result.key)
        started = await self.store.started_check(token, start, self.clock())
        if started is None or start[:12] != result.run:
            raise LinkClosedError
        link, check = started
        async with self._only_one(start):  # a result that arrives twice at once is stored once
            if start in self._answers:
                answer = self._answers[start]
            elif check.run or (check := await self._check(token, start)).run:
                answer = await self._again(link, result, check.run)
            else:
                answer = await self._finish(link, start, result, hashlib.sha256(body).hexdigest())
                self._remember(start, answer)
        return {**answer, "runs_left": max(0, link.runs - link.used)}

    @asynccontextmanager
    async def _only_one(self, start: str) -> AsyncIterator[None]:
        """Hold one check, so that its result is judged once at a time."""
        lock, waiting = self._judging.get(start, (asyncio.Lock(), 0))
        self._judging[start] = lock, waiting + 1
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._judging.pop(start)
            if waiting > 1:
                self._judging[start] = lock, waiting - 1

    async def _check(self, token: str, start: str) -> CheckStart:
        started = await self.store.started_check(token, start, self.clock())
        if started is None:
            raise LinkClosedError
        return started[1]

    async def _finish(
        self, link: CheckLink, start: str, result: BrowserResult, digest: str
    ) -> dict[str, Any]:
        prepared, now = await self._prepare(link), self.clock()
        checks = BrowserChecks(result, prepared.targets, self.engine.network)
        record = self._record(checks, prepared, VANTAGES[result.same_network], now)
        view = self._view(record)
        run = result_run(record, link.case_id, self.new_run(), view.headline, now)
        owed = await self._posts(link, run.id)
        looks = {BROWSER_RELAY: tuple(record.observations.values())}
        done = await self.store.finish_check(start, digest, run, looks, owed)
        if done is None:  # deleted with its case
            raise LinkClosedError
        return self._answer(checks, prepared, (record, view), done.run, now)

    async def _again(self, link: CheckLink, result: BrowserResult, run: str) -> dict[str, Any]:
        """Answer a result that is stored already, after a restart; what was stored stays."""
        prepared, now = await self._prepare(link), self.clock()
        checks = BrowserChecks(result, prepared.targets, self.engine.network)
        record = self._record(checks, prepared, VANTAGES[result.same_network], now)
        return self._answer(checks, prepared, (record, self._view(record)), run, now)

    def _view(self, record: RunRecord) -> View:
        return make_view(record, self.engine.knowledge, self.engine.network)

    def _answer(
        self,
        checks: BrowserChecks,
        prepared: PreparedCheck,
        judged: tuple[RunRecord, View],
        run: str,
        now: float,
    ) -> dict[str, Any]:
        record, view = judged
        if record.vantage != USER_NETWORK:
            # The customer asks about the network that was tested, wherever it is.
            view = self._view(self._record(checks, prepared, USER_NETWORK, now))
        return page_answer(checks, view, self.engine.network, run, now)

    def _record(self, checks: BrowserChecks, prepared: PreparedCheck, vantage: str, now: float) -> RunRecord:
        request, digest = prepared.targets.request, self.engine.knowledge.digest
        return record_of(checks, prepared.problem, request, digest, vantage, now)

    async def _posts(self, link: CheckLink, run: str) -> tuple[PostRow, ...]:
        """Return the messages that a case in Slack owes its thread for a result."""
        case = await self.store.case(link.case_id)
        if case is None or not case.channel:
            return ()
        waiting = await changed_post(self.store, link.name, ARRIVED, run)
        return (result_post(case, run, link.name), *([waiting] if waiting else []))

    async def _prepare(self, link: CheckLink) -> PreparedCheck:
        case = await self.store.case(link.case_id)
        if case is None:  # past its retention
            raise LinkClosedError
        request = replace(case.request, relays=())
        key = dump(asdict(request))
        if key not in self._prepared:
            self._prepared[key] = self._prepared_for(request)
            if len(self._prepared) > _PREPARED:
                self._prepared.popitem(last=False)
        return self._prepared[key]

    def _prepared_for(self, request: Request) -> PreparedCheck:
        targets = targets_of(request, self.engine.network, self.settings.turn)
        return PreparedCheck(targets, prepare(targets.request, self.engine.knowledge, self.engine.network))

    def _remember(self, start: str, answer: dict[str, Any]) -> None:
        self._answers[start] = answer
        if len(self._answers) > _ANSWERS:
            self._answers.popitem(last=False)
