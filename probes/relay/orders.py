"""Verify signed plans, run each one once within the egress policy, and keep the observations until the hub has them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Final, Protocol

from probes.protocol.failures import Failure
from probes.protocol.json_codec import observation_to_json
from probes.protocol.json_fields import Json
from probes.protocol.keys import Identity
from probes.protocol.log_format import add_log_ids
from probes.protocol.message_codec import write
from probes.protocol.messages import LONGEST, Done, ObservationMessage, Refusal, RelayMessage
from probes.protocol.metrics import CHECK_SECONDS, PLANS_ENDED, PLANS_REFUSED
from probes.protocol.model import Observation, Plan
from probes.protocol.order import PlanRefused, SignedPlan, open_order
from probes.protocol.policy import Policy
from probes.protocol.report import sign_refusal, sign_report
from probes.protocol.scrub import Scrubber
from probes.protocol.tally import TALLY
from probes.relay.admission import Quota, ReplayMemory, admit, remember
from probes.relay.subprocess_runner import SubprocessRunner

log: Final = logging.getLogger(__name__)

# Seconds that observations are kept while the hub is unreachable; no diagnosis waits longer for them.
KEPT: Final = 120.0
# Refusals and ended plans that wait for the hub. A flood of invalid plans must not fill the memory.
MOST_KEPT: Final = 64
_GLANCE: Final = 0.5  # seconds between tests of the kill switch while a plan runs


class PlanRunner(Protocol):
    """Runs plans: `SubprocessRunner` in a subprocess each, `InProcessRunner` in this process."""

    @property
    def probes(self) -> Collection[str]:
        """The names of the checks that it can run."""
        ...

    def run(
        self, plan: Plan, say: Callable[[str], None]
    ) -> AbstractAsyncContextManager[AsyncIterator[Observation]]:
        """Start *plan* within the egress policy and iterate over its observations; leaving the block ends the plan.

        *say* takes lines for the log.
        """
        ...


@dataclass(slots=True, eq=False)
class AcceptedPlan:
    """One plan, and the messages about it for the hub."""

    id: str
    messages: list[RelayMessage] = field(default_factory=list)  # observations, then Done; or one Refusal
    acknowledged: int = 0  # how many messages the hub has acknowledged
    observations: list[Json] = field(default_factory=list)
    task: asyncio.Task[None] | None = None
    ending: str = "cancelled"  # the outcome if its task is cancelled
    over: float | None = None  # when it ended, monotonic seconds

    @property
    def is_acknowledged(self) -> bool:
        """Whether the plan has ended and the hub has acknowledged every message."""
        return self.over is not None and self.acknowledged >= len(self.messages)


class PlanQueue:
    """All plans that a relay runs for its hub, independent of the connection."""

    def __init__(
        self,
        me: Identity,
        signers: Mapping[str, str],
        policy: Policy,
        looker: PlanRunner | None = None,
        *,
        memory: ReplayMemory | None = None,
        switch: Path | None = None,
    ) -> None:
        self.me, self.signers, self.policy = me, signers, policy
        self.memory = memory or ReplayMemory()
        self.say: Callable[[RelayMessage], None] | None = None  # sends over the current connection
        self.leaving = False
        self._looker = looker or SubprocessRunner(policy)
        self._quota = Quota(policy.limits)
        self._switch = switch
        self._duties: dict[str, AcceptedPlan] = {}

    @property
    def running(self) -> list[AcceptedPlan]:
        """The plans that are still running."""
        return [accepted for accepted in self._duties.values() if accepted.over is None]

    @property
    def held(self) -> list[AcceptedPlan]:
        """The plans with messages that the hub has not acknowledged, after removing those kept too long or too many."""
        now = monotonic()
        ended = [accepted for accepted in self._duties.values() if accepted.over is not None]
        for accepted in ended:
            late = now - (accepted.over or now) > KEPT
            if accepted.is_acknowledged or late or len(self._duties) > MOST_KEPT:
                del self._duties[accepted.id]
        return list(self._duties.values())

    def is_switched_off(self) -> bool:
        """Whether the operator's kill switch, a file, exists."""
        return self._switch is not None and self._switch.exists()

    def take(self, envelope: str, now: float) -> None:
        """Run the signed plan in *envelope*, or refuse it; *now* is the hub's time in seconds since the epoch."""
        try:
            order = open_order(envelope, self.me, self.signers, now, self.memory.has)
            remember(order, self.memory)  # even if it is refused below, it is not accepted again
            if self.leaving:
                raise PlanRefused("leaving", "this relay is shutting down", order.id)
            if self.is_switched_off():
                raise PlanRefused("switched_off", "this relay was turned off by its operator", order.id)
            plan = admit(order, self.policy, self._looker.probes)
            self._quota.take(order, len(self.running), monotonic())
        except PlanRefused as refused:
            self._refuse(refused)
            return
        log.info("plan %s for %s: %d steps", order.id, order.requester, len(plan.steps))
        accepted = self._duties[order.id] = AcceptedPlan(order.id)
        accepted.task = asyncio.create_task(self._run(accepted, order, plan), name=f"plan {order.id}")

    def cancel(self, plan: str, ending: str = "cancelled") -> None:
        """Cancel *plan* if it is running here; its report says *ending*."""
        accepted = self._duties.get(plan)
        if accepted and accepted.task and accepted.over is None:
            accepted.ending = ending
            asyncio.get_running_loop().call_soon(accepted.task.cancel)  # it begins first, so that it can end

    def acknowledge(self, plan: str, count: int) -> None:
        """Mark the first *count* messages of *plan* as acknowledged; remove the plan when all are."""
        if accepted := self._duties.get(plan):
            accepted.acknowledged = max(accepted.acknowledged, min(count, len(accepted.messages)))
            if accepted.is_acknowledged:
                del self._duties[plan]

    def connected(self, say: Callable[[RelayMessage], None]) -> None:
        """Send messages by *say* from now on, first all that the hub has not acknowledged."""
        self.say = say
        for accepted in self.held:
            for message in accepted.messages[accepted.acknowledged :]:
                say(message)

    async def end_all(self, seconds: float) -> None:
        """Let running plans finish within *seconds*, then stop them; their reports say "stopped"."""
        self.leaving = True
        tasks = [accepted.task for accepted in self.running if accepted.task]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        for accepted in self.running:
            self.cancel(accepted.id, "stopped")
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, accepted: AcceptedPlan, order: SignedPlan, plan: Plan) -> None:
        """Run *plan*, send each observation, and sign how the plan ended."""
        add_log_ids(plan=order.id)
        scrubber = Scrubber.of(plan)
        outcome = "finished"
        watch = asyncio.create_task(self._watch(accepted))
        try:
            async with self._looker.run(plan, lambda what: log.warning("%s: %s", order.id, what)) as coming:
                async for observation in coming:
                    self._saw(accepted, observation, scrubber)
        except asyncio.CancelledError:
            outcome = accepted.ending  # only `cancel` cancels this task, and the report answers it
        finally:
            watch.cancel()
            accepted.over = monotonic()  # it gives its place back, however it ends
        signed = sign_report(accepted.id, outcome, accepted.observations, self.me)
        self._tell(accepted, Done(accepted.id, len(accepted.observations), outcome, signed))
        accepted.observations.clear()
        TALLY.count(PLANS_ENDED, outcome)
        log.info("plan %s %s", order.id, outcome)

    async def _watch(self, accepted: AcceptedPlan) -> None:
        while not self.is_switched_off():  # noqa: ASYNC110 - the switch is a file, not an event
            await asyncio.sleep(_GLANCE)
        log.warning("turned off by the operator; stopping plan %s", accepted.id)
        self.cancel(accepted.id, "stopped")

    def _saw(self, accepted: AcceptedPlan, observation: Observation, scrubber: Scrubber) -> None:
        if observation.has_result:
            TALLY.time(CHECK_SECONDS, observation.runtime, observation.probe)
        n = len(accepted.observations) + 1
        message = ObservationMessage(accepted.id, n, observation_to_json(observation, scrubber))
        if len(write(message)) > LONGEST["relay"]:
            log.warning(
                "plan %s: the observation of step %s is too long to send", accepted.id, observation.step
            )
            short = replace(observation, facts={"cut": "too long to send"}, failure=Failure.INCONCLUSIVE)
            message = ObservationMessage(accepted.id, n, observation_to_json(short))
        accepted.observations.append(message.observation)
        self._tell(accepted, message)

    def _refuse(self, refused: PlanRefused) -> None:
        TALLY.count(PLANS_REFUSED, refused.reason)
        log.warning("refused: %s (%s, order %s)", refused, refused.reason, refused.order or "?")
        message = Refusal(refused.order, sign_refusal(refused, self.me))
        if not refused.order or refused.order in self._duties or len(self.held) >= MOST_KEPT:
            if self.say:
                self.say(message)  # no plan waits for it, or there are too many: sent once, not kept
            return
        accepted = self._duties[refused.order] = AcceptedPlan(refused.order, over=monotonic())
        self._tell(accepted, message)

    def _tell(self, accepted: AcceptedPlan, message: RelayMessage) -> None:
        accepted.messages.append(message)
        if self.say:
            self.say(message)
