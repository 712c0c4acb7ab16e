"""Run one check on one target, as the runner does, and return its failure and facts."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from probes.checks.context import ProbeContext, RunContext
from probes.net.resolver import Resolver
from probes.protocol.failures import Failure, classify
from probes.protocol.model import Observation, Plan, Step, Target


async def see(
    probe: Callable[[Step, ProbeContext], Awaitable[Failure | None]],
    host: str,
    port: int,
    *,
    transport: str = "tcp",
    budget: float = 2.0,
    servers: Sequence[tuple[str, int]] = (),
    cadence: Sequence[float] = (0.05, 0.05, 0.1),
    roots: tuple[str, ...] = (),
    proxy_url: str = "",
    earlier: Mapping[str, Observation] | None = None,
    names: Resolver | None = None,
    secrets: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
    media_is_silent: bool = False,
    **params: Any,
) -> tuple[Failure | None, dict[str, Any]]:
    """Names are asked for at *servers* and nowhere else; *more* are params whose names are taken here."""
    params |= more or {}
    step = Step(
        "look", "any", Target("signaling", host, port, transport), budget, params, secrets=secrets or {}
    )
    names = names or Resolver(servers=servers, cadence=cadence, ipv6=True)
    context = ProbeContext(RunContext(Plan((step,), budget, roots, proxy_url), names), earlier or {})
    if media_is_silent:
        context.shared.silence.set()
    limit = asyncio.timeout(budget)
    try:
        async with limit:
            failure = await probe(step, context)
    except Exception as error:
        failure = Failure.INCONCLUSIVE if limit.expired() and context.judges_silence else classify(error)
        if failure is Failure.PROBE_CRASHED:
            raise
    return failure, context.facts
