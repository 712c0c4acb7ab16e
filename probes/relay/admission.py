"""Decide whether a relay runs a correctly signed plan, by its checks, targets, and size, and the number of plans.

Pure: the caller passes the clock. A refusal is a `PlanRefused`, whose sentence is for people.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from probes.protocol.model import Plan, Step
from probes.protocol.order import PlanRefused, SignedPlan
from probes.protocol.policy import SYSTEM, Policy, RelayLimits
from probes.protocol.sliding_window import SlidingWindow
from probes.protocol.special_addresses import read_address
from probes.relay.fill_limit import check_fill

NONCES: Final = 256  # nonces that a relay remembers
OLD: Final = 120.0  # seconds
_HOUR: Final = 3600.0
_MANY: Final = 2_000  # destinations in one plan; our largest plan has some hundred

StepPlace: TypeAlias = tuple[str, int, str]  # host, port, transport


def admit(order: SignedPlan, policy: Policy, probes: Collection[str]) -> Plan:
    """Return the plan of *order* as it will run, with the operator's own proxy settings, or raise PlanRefused.

    A plan that names no proxy gets the operator's first one: the operator may know more of the network than the bot.
    """
    plan = order.plan
    for step in plan.steps:
        if step.probe not in probes:
            raise PlanRefused("unknown_probe", f"this relay has no probe named “{step.probe[:40]}”", order.id)
    _check_size(order, policy.limits)
    check_fill(order, policy.limits)
    try:
        forbidden = _first_forbidden(plan, policy)
    except (TypeError, ValueError, KeyError, AttributeError):
        raise PlanRefused("malformed", "a step has params that its probe does not accept", order.id) from None
    if forbidden:
        raise PlanRefused("target_not_allowed", f"{forbidden} is not in this relay's policy file", order.id)
    return replace(plan, proxy=policy.proxy(plan.proxy) if plan.proxy else policy.own_proxy)


def _check_size(order: SignedPlan, limits: RelayLimits) -> None:
    plan = order.plan
    if len(plan.steps) > limits.steps:
        raise PlanRefused(
            "too_large", f"{len(plan.steps)} steps, and the maximum is {limits.steps}", order.id
        )
    longest = max((plan.budget, *(step.budget for step in plan.steps)))
    if longest > limits.seconds:
        raise PlanRefused(
            "too_large", f"{longest:g} seconds, and the maximum is {limits.seconds:g}", order.id
        )


def _first_forbidden(plan: Plan, policy: Policy) -> str:
    """Return the first destination of *plan* that the policy does not allow; "" when all are allowed."""
    if plan.proxy and not policy.proxy(plan.proxy):
        return "the proxy in the plan"
    count = 0
    for step in plan.steps:
        resolver = step.params.get("resolver")
        if resolver and not _resolves(str(resolver), step.target.port, policy):
            return f"the resolver {str(resolver)[:80]}"
        for hub in _places(step):
            count += 1
            if count > _MANY or not _allows(policy, hub):
                return f"{hub[0][:80]}:{hub[1]}/{hub[2][:9]}"
    return ""


def _resolves(resolver: str, port: int, policy: Policy) -> bool:
    address = str(read_address(resolver) or "")
    return (address in policy.resolvers and port in (0, 53)) or policy.allows_address(
        resolver, port or 53, "udp"
    )


def _places(step: Step) -> Iterator[StepPlace]:
    """Yield every destination that *step* names: its target, addresses pinned to it, and further servers."""
    target, params = step.target, step.params
    if target.host:
        # The dns check only looks the name up and does not connect to it, so port and transport do not count.
        port = 0 if step.probe == "dns" else target.port
        yield target.host, port, "" if step.probe == "dns" else target.transport
    pinned = params.get("addresses") or ()
    lists = pinned.values() if isinstance(pinned, Mapping) else [pinned]
    for addresses in lists:
        for address in addresses:
            yield _literal(address), target.port, target.transport
    for host in (params.get("hosts") or {}).values():
        yield str(host), target.port, target.transport
    for server in params.get("servers") or ():
        yield str(server["host"]), int(server["port"]), "udp"
    for server in (params.get("turn_servers") or {}).values():
        yield str(server["host"]), int(server["port"]), "tcp"
    for way in params.get("turn") or ():
        yield from _way(way)
    if control := params.get("control"):
        yield from _way(control)


def _way(way: Mapping[str, Any]) -> Iterator[StepPlace]:
    port, transport = int(way["port"]), str(way["transport"])
    yield str(way["host"]), port, transport
    for address in way.get("addresses") or ():
        yield _literal(address), port, transport


def _literal(address: Any) -> str:
    if read_address(str(address)) is None:
        raise ValueError("pinned, but no address")
    return str(address)


def _allows(policy: Policy, hub: StepPlace) -> bool:
    host, port, transport = hub
    if read_address(host) is not None:
        return policy.allows_address(host, port, transport) if transport else True
    return policy.allows_name(host, port, transport)


@dataclass(slots=True)
class Quota:
    """Count the plans accepted within the last hour, per requester and in total."""

    limits: RelayLimits
    _all: SlidingWindow = field(default_factory=lambda: SlidingWindow(_HOUR))
    _by_requester: dict[str, SlidingWindow] = field(default_factory=dict)

    def take(self, order: SignedPlan, running: int, now: float) -> None:
        """Count *order* at *now* (monotonic seconds), or raise PlanRefused."""
        mine = self._by_requester.get(order.requester) or SlidingWindow(_HOUR)
        if running >= self.limits.concurrent_plans:
            raise PlanRefused("too_many", f"{running} plans are already running here", order.id)
        if mine.count(now) >= self.limits.plans_per_hour:
            most = f"{self.limits.plans_per_hour:g} plans"
            raise PlanRefused(
                "too_many", f"at most {most} in an hour per requester are allowed here", order.id
            )
        if self._all.count(now) >= self.limits.plans_per_hour_in_all:
            raise PlanRefused(
                "too_many",
                f"at most {self.limits.plans_per_hour_in_all:g} plans in an hour are allowed here",
                order.id,
            )
        self._all.add(now)
        mine.add(now)
        # Requesters without a plan within the hour are removed, so the number of entries is bounded by that of plans.
        recent = {who: window for who, window in self._by_requester.items() if window.count(now)}
        self._by_requester = recent | {order.requester: mine}


@dataclass(slots=True)
class ReplayMemory:
    """The nonces of accepted plans: no plan runs twice, even if a clock is wrong.

    A signed plan is valid for a minute. One that is more than two minutes older than the newest is refused, unless it
    is fresh by this host's own clock. In that case, the newest was signed by a clock that was ahead. Only the latest
    `NONCES` are kept. Once one is dropped, plans signed up to its time are refused. A subclass stores all this.
    """

    newest: float = 0.0  # the latest `iat` accepted
    floor: float = 0.0  # plans signed up to this time are refused: they may have run before
    nonces: dict[str, float] = field(default_factory=dict)  # nonce -> `iat`
    clock: Callable[[], float] = time.time  # this host's own

    def has(self, order: SignedPlan) -> bool:
        """Whether *order* was, or may have been, accepted before."""
        too_old = order.iat < self.newest - OLD and abs(self.clock() - order.iat) > OLD
        return too_old or order.iat <= self.floor or order.nonce in self.nonces

    def add(self, order: SignedPlan) -> None:
        """Remember *order* as accepted."""
        self.newest = max(self.newest, order.iat)
        self.nonces[order.nonce] = order.iat
        while len(self.nonces) > NONCES:
            nonce = min(self.nonces, key=self.nonces.__getitem__)
            self.floor = max(self.floor, self.nonces.pop(nonce))
        self.keep()

    def keep(self) -> None:
        """Store what must survive a restart; the base class stores nothing."""


def describe(policy: Policy) -> dict[str, str]:
    """Describe the egress policy and the quotas, for the hub's operators."""
    names = sorted({name for rule in policy.allow for name in rule.names})
    ranges = [str(net) for rule in policy.allow for net in rule.ranges]
    resolvers = [resolver for resolver in policy.resolvers if resolver != SYSTEM]
    limits = policy.limits
    return {
        "names": _some(names), "ranges": _some(ranges), "resolvers": _some(resolvers),
        "proxies": str(len(policy.proxies)), "concurrent_plans": f"{limits.concurrent_plans:g}",
        "plans_per_hour": f"{limits.plans_per_hour:g}", "packets_per_second": f"{limits.packets_per_second:g}",
    }  # fmt: skip


def _some(texts: list[str]) -> str:
    visible = ", ".join(texts[:12])
    return f"{visible} and {len(texts) - 12} more" if len(texts) > 12 else visible or "none"


def remember(order: SignedPlan, memory: ReplayMemory) -> None:
    """Store that *order* was received; `PlanRefused` if that is impossible, because it might run twice then."""
    try:
        memory.add(order)
    except OSError as error:
        because = f"it cannot write to its disk ({error.strerror}), so a plan might run twice"
        raise PlanRefused("disk", because, order.id) from error
