"""Check whether the signaling gateway's WebSocket opens and carries frames, or a device on the path ends it."""

import asyncio
from collections.abc import Sequence
from typing import Final

from probes.checks.context import ProbeContext
from probes.checks.websocket_attempt import Attempt, Patience, Stage
from probes.net.loss import attempts_needed
from probes.protocol.failures import Failure
from probes.protocol.model import Step

# Silence counts after the first attempt waited for two seconds. The other attempts start long before.
_FIRST: Final = Patience(pong=1.6, close=0.4)
_OTHERS: Final = Patience(pong=0.8, close=0.3)
_MORE: Final = 3  # attempts on new connections where the first one stalls
_STAGGER: Final = 0.05  # seconds between them
_AGREE: Final = 3  # attempts that must fall silent
_LOSS: Final = 0.2  # the loss to assume where none was measured
_MARGIN: Final = 0.1  # seconds of the budget that are left to judge

_REFUSALS: Final = frozenset(
    {
        Failure.WEBSOCKET_UPGRADE_REFUSED,
        Failure.WEBSOCKET_UPGRADE_STRIPPED,
        Failure.PROXY_AUTH_REQUIRED,
    }
)
_CUTS: Final = frozenset({Failure.EOF_ERROR, Failure.CONNECTION_RESET, Failure.CONNECTION_ABORTED})


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Request the upgrade on `path`, direct or through the plan's proxy, exchange frames, and close again."""
    attempts = [Attempt(step, context)]
    try:
        async with asyncio.timeout(max(step.budget - _MARGIN, step.budget / 2)):
            await _try(attempts)
    except TimeoutError:
        pass  # what is known by now decides
    context.note(**next((dict(attempt.context.facts) for attempt in attempts if attempt.works), {}))
    context.note(stage=str(attempts[0].stage), attempts=len(attempts))
    is_measured = context.loss.sent > context.loss.lost
    return judge(attempts, context.loss.upper() if is_measured else _LOSS)


async def _try(attempts: list[Attempt]) -> None:
    """Run the first attempt, and others beside it if it stalls or is ended."""
    first = attempts[0]
    async with asyncio.TaskGroup() as group:
        tasks = {group.create_task(first.run(_FIRST))}
        stalled = group.create_task(first.stalled.wait())
        await asyncio.wait({*tasks, stalled}, return_when=asyncio.FIRST_COMPLETED)
        stalled.cancel()
        for number in range(_more_needed(first)):
            # What another attempt notes about the path is not a fact of this step.
            aside = ProbeContext(first.context.shared, first.context.earlier)
            attempts.append(Attempt(first.step, aside))
            tasks.add(group.create_task(attempts[-1].run(_OTHERS, after=number * _STAGGER)))
        while tasks and not any(attempt.works for attempt in attempts):
            _, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()


def _more_needed(first: Attempt) -> int:
    """How many other attempts to make: one where the connection was ended, more for silence."""
    if not first.is_over:
        return _MORE
    was_cut = first.stage is Stage.UPGRADE and first.failure in _CUTS
    return 1 if was_cut or (first.is_open and not first.works) else 0


def judge(attempts: Sequence[Attempt], loss: float = _LOSS) -> Failure | None:
    """The result of *attempts*: the first one's, unless others contradict it.

    Silence may be loss or a slow server. It counts only where several new connections fall silent, too, and lose more
    packets than loss explains.
    """
    first, *others = attempts
    if any(attempt.works for attempt in attempts):
        return None
    if first.is_over and not first.is_silent:
        return first.failure
    refusal = next((other.failure for other in others if other.failure in _REFUSALS), None)
    if not first.is_open and refusal is not None:
        return refusal
    if first.stage is Stage.CONNECT:
        # TCP and TLS have checks of their own. Only a proxy's tunnel is checked nowhere else.
        is_tunnel = bool(first.step.params.get("proxy"))
        return Failure.GENERIC_TIMEOUT_ERROR if is_tunnel else Failure.INCONCLUSIVE
    dead = [attempt for attempt in attempts if attempt.is_dead]
    is_beyond_chance = sum(attempt.transmissions for attempt in dead) >= attempts_needed(loss)
    is_alive = any(other.failure is Failure.INCONCLUSIVE for other in others)
    is_blocked = len(dead) >= _AGREE and is_beyond_chance and not is_alive
    return Failure.GENERIC_TIMEOUT_ERROR if is_blocked else Failure.INCONCLUSIVE
