"""Run plans on a relay on another host: sign them here, and send them through the hub."""

import asyncio
import logging
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from typing import Final

from bot.relays.hub.messages import HubClient, HubEvent, HubJob, PlanLost, RelayStatus
from bot.relays.hub.remote_hub import HubTroubleError
from bot.relays.older_relays import without_checks, without_later_services
from probes.protocol.failures import Failure
from probes.protocol.json_codec import observation_from_json
from probes.protocol.json_fields import Json, WireError
from probes.protocol.keys import Identity, fingerprint
from probes.protocol.messages import Done, ObservationMessage, Refusal
from probes.protocol.model import USER_NETWORK, Observation, Plan, Step
from probes.protocol.order import LONGEST_ORDER, OLD_VERSION, VERSION, make_order, sign_order
from probes.protocol.report import digest_of, open_refusal, open_report

log: Final = logging.getLogger(__name__)

# The first release whose relays read plans of `VERSION`, and the first whose relays read `OLD_VERSION`.
_HPKE_SINCE: Final = (0, 2)
_OLDEST: Final = (0, 1)

# Refusals that mean `not_allowed`: outside the relay's policy, or an unknown probe. Others mean `relay_lost`.
_FENCED = ("target_not_allowed", "unknown_probe")


@dataclass(frozen=True, slots=True)
class RemoteRelay:
    """A relay of the hub, used by one user for one case."""

    name: str
    hub: HubClient
    signer: Identity | None
    vantage: str = USER_NETWORK
    requester: str = "terminal"
    case_label: str = ""

    def run(self, plan: Plan) -> AbstractAsyncContextManager[AsyncIterator[Observation]]:
        """Run *plan* on the relay. Checks without a result fail as `relay_lost`, with the reason in the facts."""
        return aclosing(self._observe(plan))

    async def _observe(self, plan: Plan) -> AsyncGenerator[Observation, None]:
        left = {step.id: step for step in plan.steps}
        ending = _Ending()
        try:
            health = await self._health()
            plan, lacking = without_checks(plan, health.probes)
            for step in lacking:
                because = f"{self.name} runs version {health.version[:20]}, which does not have this check"
                yield _without_result(left.pop(step.id), Failure.NOT_SUPPORTED, because)
            if not plan.steps:
                return
            async with aclosing(self._run(plan, health, left, ending)) as coming:
                async for observation in coming:
                    yield observation
            smaller, later = without_later_services(plan)
            if ending.failure is Failure.NOT_ALLOWED and later and smaller.steps:
                for step in later:
                    yield _without_result(left.pop(step.id), Failure.NOT_ALLOWED, ending.because)
                async with aclosing(self._run(smaller, health, left, ending)) as coming:
                    async for observation in coming:
                        yield observation
        except UnreachableError as error:
            ending.because = str(error)
        for step in left.values():
            because = ending.because or f"{self.name} ended the plan without running a check"
            yield _without_result(step, ending.failure, because)

    async def _run(
        self, plan: Plan, health: RelayStatus, left: dict[str, Step], ending: "_Ending"
    ) -> AsyncGenerator[Observation, None]:
        """Run *plan*: yield observations of the steps *left*, which are removed there, and note its *ending*."""
        job = self.sign(plan, health)
        received: list[Json] = []
        async with self.hub.run(job) as replies:
            async for reply in replies:
                if isinstance(reply, ObservationMessage):
                    observation = _read(reply, left)
                    if observation:
                        received.append(reply.observation)
                        del left[observation.step]
                        yield observation
                    continue
                ending.failure, ending.because = _end(reply, job, health, received)
                if ending.because:
                    log.warning("plan %s: %s", job.plan, ending.because)
                break

    async def _health(self) -> RelayStatus:
        try:
            health = await self.hub.relay(self.name)
        except HubTroubleError as error:
            raise UnreachableError(str(error)) from None
        except (OSError, WireError):
            raise UnreachableError(self.hub.absent) from None
        if health is None:
            raise UnreachableError(f"relay {self.name} does not exist on this hub")
        return health

    def sign(self, plan: Plan, health: RelayStatus) -> HubJob:
        """Sign *plan* for the relay; `UnreachableError` says why that is not possible."""
        if self.signer is None:
            raise UnreachableError("there is no key to sign plans with")
        order = make_order(
            plan, fingerprint(health.key), self.requester[:200], time.time(), case=self.case_label
        )
        envelope = sign_order(order, self.signer, health.sealing, _order_version(health))
        if len(envelope) > LONGEST_ORDER:
            raise UnreachableError(f"the plan is longer than {LONGEST_ORDER} characters")
        return HubJob(order.id, self.name, envelope, self.requester, self.case_label, plan.budget)


@dataclass(slots=True)
class _Ending:
    """Why a plan ended, for the steps without an observation."""

    failure: Failure = Failure.RELAY_LOST
    because: str = ""


class UnreachableError(Exception):
    """The relay cannot run plans. The message is part of a sentence."""


def _order_version(health: RelayStatus) -> int:
    """Choose the plan version that the relay reads; `UnreachableError` if it is too old for both.

    Remove `OLD_VERSION` here with 0.3.0: from then on relays before 0.2 are too old.
    """
    numbers = re.match(r"(\d+)\.(\d+)", health.version)
    release = (int(numbers[1]), int(numbers[2])) if numbers else _HPKE_SINCE  # unknown: assume current
    if release >= _HPKE_SINCE:
        return VERSION
    if release >= _OLDEST:
        return OLD_VERSION
    raise UnreachableError(f"{health.name} runs {health.version[:20]}; update it")


def _without_result(step: Step, failure: Failure, because: str) -> Observation:
    return Observation(step.id, step.probe, step.target, failure, {"because": because})


def _read(reply: ObservationMessage, left: Mapping[str, Step]) -> Observation | None:
    """Read an observation of a step without a result. Drop everything else."""
    try:
        observation = observation_from_json(reply.observation)
    except WireError:
        return None
    step = left.get(observation.step)
    if step is None or (step.probe, step.target) != (observation.probe, observation.target):
        return None
    return observation


def _end(reply: HubEvent, job: HubJob, health: RelayStatus, received: list[Json]) -> tuple[Failure, str]:
    """Return why the plan ended early, and the failure word for it."""
    match reply:
        case PlanLost():
            return Failure.RELAY_LOST, reply.because
        case Refusal():
            return _refused(reply, job, health)
        case Done():
            return _done(reply, job, health, received)
    return Failure.RELAY_LOST, ""


def _refused(reply: Refusal, job: HubJob, health: RelayStatus) -> tuple[Failure, str]:
    try:
        verdict = open_refusal(reply.signed, health.key)
    except WireError:
        return Failure.RELAY_LOST, "received a refusal that the relay did not sign"
    if verdict.order not in ("", job.plan):
        return Failure.RELAY_LOST, "received a refusal for another plan"
    word = Failure.NOT_ALLOWED if verdict.reason in _FENCED else Failure.RELAY_LOST
    return word, f"{health.name} refuses: {verdict.sentence}"


def _done(reply: Done, job: HubJob, health: RelayStatus, received: list[Json]) -> tuple[Failure, str]:
    try:
        report = open_report(reply.signed, health.key)
    except WireError:
        return Failure.RELAY_LOST, "the relay did not sign the result"
    if report.order != job.plan or (report.n == len(received) and report.digest != digest_of(received)):
        return Failure.RELAY_LOST, "the result is not what the relay signed"
    if report.reason == "stopped":
        return Failure.RELAY_LOST, f"{health.name} was shut down during the plan"
    return Failure.RELAY_LOST, "some of its results were lost" if report.n > len(received) else ""


async def find_relays(exchange: HubClient) -> tuple[RelayStatus, ...]:
    """List the hub's relays, or nothing without a hub."""
    try:
        async with asyncio.timeout(2.0):
            return await exchange.relays()
    except (OSError, TimeoutError, WireError):
        return ()
