"""Plans in hand: each order looked at, run once inside its fence, and what was seen kept until the hub has it."""

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
from probes.protocol.message_codec import write
from probes.protocol.messages import LONGEST, Done, ObservationMessage, Refusal, RelayMessage
from probes.protocol.model import Observation, Plan
from probes.protocol.order import PlanRefused, SignedPlan, open_order
from probes.protocol.policy import Policy
from probes.protocol.report import sign_refusal, sign_report
from probes.protocol.scrub import Scrubber
from probes.relay.admission import Quota, ReplayMemory, admit
from probes.relay.subprocess_runner import SubprocessRunner

log: Final = logging.getLogger(__name__)

# Seconds that what was seen is kept for a hub that does not come back; nobody waits longer for an answer.
KEPT: Final = 120.0
# Refusals and ended plans that wait for the hub. A flood of bad orders must not fill the memory.
MOST_KEPT: Final = 64
# Seconds between looks at the kill switch while a plan runs.
_GLANCE: Final = 0.5


class PlanRunner(Protocol):
    """Runs plans: `SubprocessRunner` in processes of their own, `InProcessRunner` in this one."""

    @property
    def probes(self) -> Collection[str]:
        """The names of what it can look with."""
        ...

    def run(
        self, plan: Plan, say: Callable[[str], None]
    ) -> AbstractAsyncContextManager[AsyncIterator[Observation]]:
        """Start *plan* inside the fence and iterate over what it yields; leaving the block ends it."""
        ...


@dataclass(slots=True, eq=False)
class AcceptedPlan:
    """One order, and what is to be told about it."""

    id: str
    messages: list[RelayMessage] = field(default_factory=list)  # Seen 1, 2, …, then Done; or one Refusal
    acknowledged: int = 0  # of the messages, those that the hub has acknowledged
    observations: list[Json] = field(default_factory=list)
    task: asyncio.Task[None] | None = None
    ending: str = "cancelled"  # how it is to end when its task is cancelled
    over: float | None = None  # monotonic seconds

    @property
    def is_acknowledged(self) -> bool:
        """Whether the hub knows all there is."""
        return self.over is not None and self.acknowledged >= len(self.messages)


class PlanQueue:
    """Everything a relay does for its hub, whatever connection the hub is reached by."""

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
        self.say: Callable[[RelayMessage], None] | None = None  # the connection that stands
        self.leaving = False
        self._looker = looker or SubprocessRunner(policy)
        self._quota = Quota(policy.limits)
        self._switch = switch
        self._duties: dict[str, AcceptedPlan] = {}

    @property
    def running(self) -> list[AcceptedPlan]:
        """Those that still look."""
        return [accepted for accepted in self._duties.values() if accepted.over is None]

    @property
    def held(self) -> list[AcceptedPlan]:
        """Those of which the hub does not know all; what nobody came for is forgotten."""
        now = monotonic()
        ended = [accepted for accepted in self._duties.values() if accepted.over is not None]
        for accepted in ended:
            late = now - (accepted.over or now) > KEPT
            if accepted.is_acknowledged or late or len(self._duties) > MOST_KEPT:
                del self._duties[accepted.id]
        return list(self._duties.values())

    def is_switched_off(self) -> bool:
        """Whether the operator's kill switch, a file, is there."""
        return self._switch is not None and self._switch.exists()

    def take(self, envelope: str, now: float) -> None:
        """Run the order in *envelope*, or refuse it; *now* is the hub's time in seconds since the epoch."""
        try:
            order = open_order(envelope, self.me, self.signers, now, self.memory.has)
            self.memory.add(order)  # whatever comes of it, it is not looked at twice
            if self.leaving:
                raise PlanRefused("leaving", "this relay is being stopped", order.id)
            if self.is_switched_off():
                raise PlanRefused("switched_off", "this relay is switched off by its operator", order.id)
            plan = admit(order, self.policy, self._looker.probes)
            self._quota.take(order, len(self.running), monotonic())
        except PlanRefused as refused:
            self._refuse(refused)
            return
        log.info("plan %s for %s: %d steps", order.id, order.requester, len(plan.steps))
        accepted = self._duties[order.id] = AcceptedPlan(order.id)
        accepted.task = asyncio.create_task(self._run(accepted, order, plan), name=f"plan {order.id}")

    def cancel(self, plan: str, ending: str = "cancelled") -> None:
        """End *plan* before it is over, if it is here."""
        accepted = self._duties.get(plan)
        if accepted and accepted.task and accepted.over is None:
            accepted.ending = ending
            accepted.task.cancel()

    def acknowledge(self, plan: str, count: int) -> None:
        """Forget the first *count* messages of *plan*: the hub has them."""
        if accepted := self._duties.get(plan):
            accepted.acknowledged = max(accepted.acknowledged, min(count, len(accepted.messages)))
            if accepted.is_acknowledged:
                del self._duties[plan]

    def connected(self, say: Callable[[RelayMessage], None]) -> None:
        """Speak by *say* from now on, and begin with all that the hub has not acknowledged."""
        self.say = say
        for accepted in self.held:
            for message in accepted.messages[accepted.acknowledged :]:
                say(message)

    async def end_all(self, seconds: float) -> None:
        """Let what runs come to its end for so many *seconds*; then give it back unfinished."""
        self.leaving = True
        tasks = [accepted.task for accepted in self.running if accepted.task]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        for accepted in self.running:
            self.cancel(accepted.id, "stopped")
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, accepted: AcceptedPlan, order: SignedPlan, plan: Plan) -> None:
        """Look, tell, and sign how it ended."""
        scrubber = Scrubber.of(plan)
        outcome = "finished"
        watch = asyncio.create_task(self._watch(accepted))
        try:
            async with self._looker.run(plan, lambda what: log.warning("%s: %s", order.id, what)) as coming:
                async for observation in coming:
                    self._saw(accepted, observation, scrubber)
        except asyncio.CancelledError:
            outcome = accepted.ending  # asked for by `cancel`, and answered; nobody else holds this task
        finally:
            watch.cancel()
        signed = sign_report(accepted.id, outcome, accepted.observations, self.me)
        self._tell(accepted, Done(accepted.id, len(accepted.observations), outcome, signed))
        accepted.observations.clear()
        accepted.over = monotonic()
        log.info("plan %s %s", order.id, outcome)

    async def _watch(self, accepted: AcceptedPlan) -> None:
        while not self.is_switched_off():  # noqa: ASYNC110 - a file tells, and no event does
            await asyncio.sleep(_GLANCE)
        log.warning("switched off by the operator; plan %s is given back", accepted.id)
        self.cancel(accepted.id, "stopped")

    def _saw(self, accepted: AcceptedPlan, observation: Observation, scrubber: Scrubber) -> None:
        n = len(accepted.observations) + 1
        message = ObservationMessage(accepted.id, n, observation_to_json(observation, scrubber))
        if len(write(message)) > LONGEST["relay"]:
            log.warning("plan %s: what %s saw is too long to send", accepted.id, observation.step)
            short = replace(observation, facts={"cut": "too long to send"}, failure=Failure.INCONCLUSIVE)
            message = ObservationMessage(accepted.id, n, observation_to_json(short))
        accepted.observations.append(message.observation)
        self._tell(accepted, message)

    def _refuse(self, refused: PlanRefused) -> None:
        log.warning("refused: %s (%s, order %s)", refused, refused.reason, refused.order or "?")
        message = Refusal(refused.order, sign_refusal(refused, self.me))
        if not refused.order or refused.order in self._duties or len(self.held) >= MOST_KEPT:
            if self.say:
                self.say(message)  # nobody waits for it, or there are too many: said once
            return
        accepted = self._duties[refused.order] = AcceptedPlan(refused.order, over=monotonic())
        self._tell(accepted, message)

    def _tell(self, accepted: AcceptedPlan, message: RelayMessage) -> None:
        accepted.messages.append(message)
        if self.say:
            self.say(message)
