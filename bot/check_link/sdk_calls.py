"""Test calls of the service's own SDK in a customer's browser: a token for each, and its report for the case."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from bot.check_link.call_token import make_call_token
from bot.check_link.result_schema import CallBody, CallReportBody, InvalidResultError
from bot.check_link.service import LinkClosedError
from bot.check_link.settings import CheckSettings
from bot.check_link.targets import BROWSER, VERSION, CheckTargets
from bot.diagnosis.device_evidence import observations_of
from bot.diagnosis.engine import Engine
from bot.diagnosis.run_record import BROWSER_RELAY
from bot.intake.read import read
from bot.redaction.redact import redact
from bot.storage.links_table import RESULT_WITHIN, CheckLink, CheckStart, hash_token
from bot.storage.store import Store
from knowledge.reasoning.device import PREFLIGHT

# Test calls of one check: each edge that is in doubt, and one more try.
MOST: Final = 3
_COUNTED: Final = 1_000  # checks whose test calls are counted


@dataclass(slots=True)
class SdkCalls:
    """The test calls of one installation; there are none without an API key and a TwiML app."""

    engine: Engine
    store: Store
    settings: CheckSettings
    clock: Callable[[], float] = time.time
    _given: OrderedDict[str, int] = field(default_factory=OrderedDict)  # tokens by check
    _reports: OrderedDict[str, int] = field(default_factory=OrderedDict)

    def config(self, targets: CheckTargets) -> dict[str, Any]:
        """Return what the page needs to offer a test call: the edges; empty if none is offered."""
        return {"call": {"edges": list(self._edges(targets))}} if self._offers(targets) else {}

    def origins(self, targets: CheckTargets) -> tuple[str, ...]:
        """Return what the SDK connects to besides the targets of the check: call reports of the home region."""
        if not self._offers(targets):
            return ()
        home = self.engine.network.targets("home-insights", BROWSER)
        return tuple(f"https://{target.host}:{target.port}" for target in home)

    async def token(self, link_token: str, body: CallBody) -> dict[str, Any]:
        """Return a token for one test call of a finished check; `LinkClosedError`, `InvalidResultError`."""
        link, check = await self._check(link_token, body)
        if not self.settings.offers_calls or not _count(self._given, check.start):
            raise InvalidResultError("no test call is offered, or there were enough")
        identity = f"lineman-check-{link.name}"
        token = make_call_token(self.settings.turn, self.settings.twiml_app, identity, self.clock())
        return {"v": VERSION, "token": token}

    async def report(self, link_token: str, body: CallReportBody) -> dict[str, Any]:
        """Add the report of a test call to the run of its check; `LinkClosedError`, `InvalidResultError`."""
        _, check = await self._check(link_token, body)
        if not self._given.get(check.start) or not _count(self._reports, check.start):
            raise InvalidResultError("a report without a test call")
        run = await self.store.run(check.run)
        if run is None:
            raise LinkClosedError
        reading = read(redact(body.report).text)
        looks = observations_of(reading, self.engine.network, run.request.edge, on_device=True)
        reports = [look for look in looks if look.probe == PREFLIGHT]
        for look in reports:
            await self.store.save_observation(check.run, BROWSER_RELAY, look)
        return {"v": VERSION, "reports": len(reports)}

    async def _check(self, link_token: str, body: CallBody) -> tuple[CheckLink, CheckStart]:
        start, now = hash_token(body.key), self.clock()
        started = await self.store.started_check(link_token, start, now)
        if started is None or start[:12] != body.run:
            raise LinkClosedError
        link, check = started
        if not check.run or now >= check.started + RESULT_WITHIN:
            raise LinkClosedError
        return link, check

    def _offers(self, targets: CheckTargets) -> bool:
        return self.settings.offers_calls and bool(targets.signaling)

    def _edges(self, targets: CheckTargets) -> tuple[str, ...]:
        """The edge of the case first, then the others."""
        return tuple(dict.fromkeys(target.edge for target in targets.signaling))


def _count(counts: OrderedDict[str, int], start: str) -> bool:
    """Count one more for *start*; false if there were `MOST` of them."""
    count = counts.get(start, 0)
    if count >= MOST:
        return False
    counts[start] = count + 1
    if len(counts) > _COUNTED:
        counts.popitem(last=False)
    return True
