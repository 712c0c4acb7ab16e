"""Made-up runs on the real knowledge, for previews and tests: what a relay would have seen, and what follows.

Pure: no network, no clock.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeAlias

from bot.diagnosis.ice_servers import IceServers, TurnServer
from bot.diagnosis.new_answers import newly_answered
from bot.diagnosis.plan import make_plan, observe_known
from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.triage import Progress, prepare
from bot.model.request import Request
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge
from probes.protocol.failures import Failure
from probes.protocol.model import USER_NETWORK, Observation, Plan, Step

# What a fault does to the looks it meets: the failure word and facts, or None where the look is another one.
Fault: TypeAlias = Callable[[Step], tuple[Failure | None, Mapping[str, Any]] | None]

STARTED: Final = 1_795_339_200.0  # a day in November 2026
_ADDRESS: Final = "198.51.100.7"
_FINE: Final[Mapping[str, Mapping[str, Any]]] = {
    "route": {"gateway_answers": True, "beyond_gateway": True, "local_address": "192.0.2.10"},
    "dns": {"addresses": [_ADDRESS], "resolver": "192.0.2.53", "rcode": "NOERROR", "ms": 12.4},
    "tcp": {"open": 1, "shut": 0, "open6": 0, "shut6": 0, "address": _ADDRESS, "ms": 31.0},
    "tls": {
        "issuer": "A Public CA",
        "authority": "public",
        "stage": "done",
        "version": "TLSv1.3",
        "tls_ms": 63.0,
    },
    "websocket": {"status": 101, "upgraded": True},
    "http": {"status": 404, "date_offset_s": 0.4},
    "pac": {"script": "none"},
    "stun": {"reflexive": "203.0.113.9:4000"},
    "quality": {
        "sent": 50,
        "lost": 0,
        "loss_percent": 0.0,
        "loss_low_percent": 0.0,
        "loss_high_percent": 7.1,
        "loss_is": "below",
        "rtt_ms": 23.0,
        "rtt_min_ms": 21.4,
        "jitter_ms": 2.1,
        "mos": 4.38,
    },
    "nat": {"mapping": "endpoint_independent", "reflexive": ["203.0.113.9:4000"]},
    "turn": {"reached": True, "challenged": True, "allocated": True},
    "udp_media": {
        "in_range": True,
        "outbound_ok": 8,
        "inbound_ok": 8,
        "outbound_lost": 0,
        "inbound_lost": 0,
        "long_out": "passes",
        "long_in": "passes",
    },
    "mtu": {"tcp_out": "passes", "tcp_in": "passes", "udp_out": "passes", "path_mtu": 1500},
    "edges": {
        "open": ["ashburn", "dublin", "frankfurt"],
        "shut": [],
        "others_open": ["dublin", "frankfurt"],
        "open_count": 3,
        "shut_count": 0,
        "roaming_open": True,
        "roaming_allowed": True,
        "roaming_edge": "frankfurt",
        "roaming_ms": 12.0,
        "nearest_edge": "frankfurt",
        "nearest_ms": 12.0,
        "extra_ms": 0.0,
        "extra_ratio": 1.0,
    },
}
_TOOK: Final[Mapping[str, float]] = {
    "tcp": 0.031,
    "tls": 0.094,
    "dns": 0.012,
    "udp_media": 0.71,
    "edges": 0.4,
}


def fault(probe: str, failure: Failure | None, *, service: str = "", **facts: Any) -> Fault:
    """Let the looks of *probe* (at *service*) end with *failure* and *facts*."""

    def meet(step: Step) -> tuple[Failure | None, Mapping[str, Any]] | None:
        fits = step.probe == probe and service in ("", step.target.service)
        return (failure, facts) if fits else None

    return meet


SHUT: Final = {"open": 0, "shut": 1, "address": "", "tried": [{"address": _ADDRESS}]}
SIGNALING_SHUT: Final[tuple[Fault, ...]] = (
    fault("tcp", Failure.GENERIC_TIMEOUT_ERROR, service="signaling", **SHUT),
    fault(
        "edges",
        Failure.GENERIC_TIMEOUT_ERROR,
        open=[],
        shut=["ashburn", "dublin", "frankfurt"],
        others_open=[],
        open_count=0,
        shut_count=3,
        roaming_open=False,
        roaming_edge="",
        nearest_edge="",
    ),
)
MEDIA_LOST: Final[Fault] = fault(
    "udp_media",
    Failure.UDP_OUTBOUND_LOST,
    in_range=True,
    outbound_ok=3,
    outbound_lost=5,
    inbound_ok=3,
    inbound_lost=0,
    lost_ports=[30211, 38214, 44790, 52377, 59996],
    boundary="30000-60000",
    via="turn.example:443/tls",
)
INTERCEPTED: Final[Fault] = fault(
    "tls",
    Failure.SSL_LOCAL_AUTHORITY,
    issuer="Example Corp Web Gateway",
    authority="local",
    stage="done",
    version="TLSv1.2",
)
NAMES_FAIL: Final[Fault] = fault("dns", Failure.DNS_TIMEOUT_ERROR, addresses=[], resolver="192.0.2.53")
FAR_EDGE_SHUT: Final[Fault] = fault(
    "edges",
    Failure.GENERIC_TIMEOUT_ERROR,
    **{
        **_FINE["edges"],
        "open": ["dublin", "frankfurt"],
        "barred": ["ashburn"],
        "shut": ["ashburn"],
        "open_count": 2,
        "shut_count": 1,
        "barred_count": 1,
    },
)
INSIGHTS_SHUT: Final[Fault] = fault("tcp", Failure.CONNECTION_RESET, service="insights", **SHUT)
_ICE: Final = IceServers(
    (TurnServer("turn.example", 443, "tls", "made-up", "made-up"),), "credentials from the environment"
)


def sample(
    request: Request,
    knowledge: Knowledge,
    network: Network,
    *faults: Fault,
    relay: str = "acme-hq",
    vantage: str = USER_NETWORK,
    turn: bool = True,
) -> RunRecord:
    """Make the record of a run of *request* in which the looks met *faults*, and everything else was fine."""
    matter = prepare(request, knowledge, network)
    plan = make_plan(matter.cases, network, _ICE if turn else IceServers())
    seen = observe_known(matter.cases, network, _ICE if turn else IceServers()) | _seen(plan, faults)
    return matter.conclude(
        RunRecord(
            request=request,
            network=network.id,
            digest=knowledge.digest,
            relay=relay,
            vantage=vantage,
            turn=_ICE.because if turn else IceServers().because,
            plan=plan,
            observations=seen,
            started=STARTED,
            timings={"prepare": 12.0, "looks": 3168.0, "total": 3180.0},
        )
    )


def lost(record: RunRecord, after: int, because: str, knowledge: Knowledge, network: Network) -> RunRecord:
    """Let the relay of *record* go away *after* so many looks, for a reason that is part of a sentence."""
    matter = prepare(record.request, knowledge, network)
    gone = {"failure": Failure.RELAY_LOST, "facts": {"because": because}, "runtime": 0.0}
    seen = {
        step: look if number < after else replace(look, **gone)  # type: ignore[arg-type]  # as its fields are
        for number, (step, look) in enumerate(record.observations.items())
    }
    return matter.conclude(replace(record, observations=seen))


def retold(record: RunRecord, count: int, knowledge: Knowledge, network: Network) -> Iterator[Progress]:
    """Tell the first *count* looks of *record* as the run itself told them."""
    matter = prepare(record.request, knowledge, network)
    steps = [step.id for step in record.plan.steps]
    seen = {step: look for step, look in record.observations.items() if step not in steps}
    answers = matter.answers(seen, record.request.answers, record.vantage)
    for done, step in enumerate(steps[:count], 1):
        seen = {**seen, step: record.observations[step]}
        before, answers = answers, matter.answers(seen, record.request.answers, record.vantage)
        changed = newly_answered(before.values(), answers.values())
        diagnose = partial(matter.diagnosis, answers, seen)
        yield Progress(seen[step], done, len(steps), changed, seen, diagnose, record.relay, record.plan)


def _seen(plan: Plan, faults: tuple[Fault, ...]) -> dict[str, Observation]:
    """Observe every step; what comes after a failed one is skipped, as on a relay."""
    seen: dict[str, Observation] = {}
    for step in plan.steps:
        one = _look(step, faults)
        if any(seen[before].failure is not None for before in step.after if before in seen):
            one = replace(one, failure=Failure.SKIPPED, facts={}, runtime=0.0)
        seen[step.id] = one
    return seen


def _look(step: Step, faults: tuple[Fault, ...]) -> Observation:
    facts = dict(_FINE.get(step.probe, {}))  # a probe without an entry just succeeds
    if step.params.get("ask") == "client-subnet":
        facts = {"client_subnet_sent": True, "resolver": "192.0.2.53"}
    failure: Failure | None = None
    for meet in () if step.params.get("ask") else faults:
        if met := meet(step):
            failure, facts = met[0], {**facts, **met[1]}
    spent = 3.0 if failure is Failure.GENERIC_TIMEOUT_ERROR else _TOOK.get(step.probe, 0.05)
    return Observation(step.id, step.probe, step.target, failure, facts, STARTED, spent)
