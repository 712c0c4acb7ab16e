"""Whole runs without a network: the results of every check on a healthy network, and the changes by a fault."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.model.conclusions import Diagnosis
from knowledge.model.schema import CaseModel, ProbeSpec
from knowledge.reasoning.answers import answer
from knowledge.reasoning.selection import select_causes
from knowledge.reasoning.tree import compile_tree, walk
from probes.protocol.failures import Failure
from probes.protocol.model import Observation

KNOWLEDGE = load_knowledge()
TWILIO = load_network()

# The results of checks on a healthy network. A change replaces failure and facts of the checks that it names.
Change: TypeAlias = Callable[[ProbeSpec], tuple[Failure | None, Mapping[str, Any]] | None]

FINE: Mapping[str, Mapping[str, Any]] = {
    "route": {"gateway_answers": True, "beyond_gateway": True, "local_address": "192.0.2.10"},
    "dns": {"addresses": ["198.51.100.1"], "resolver": "192.0.2.53", "rcode": "NOERROR"},
    "tcp": {"open": 1, "shut": 0, "open6": 0, "shut6": 0, "address": "198.51.100.1", "ms": 9.0},
    "tls": {"issuer": "Public CA", "authority": "public", "stage": "done"},
    "websocket": {"status": 101, "upgraded": True},
    "http": {"status": 404, "date_offset_s": 0.4},
    "stun": {"reflexive": "203.0.113.9:4000"},
    "quality": {"sent": 50, "lost": 0, "loss_is": "below", "rtt_ms": 23.0, "jitter_ms": 2.0, "mos": 4.4},
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
    "portal": {"answer": "expected", "status": 204},
    "ip_version": {"versions": "ipv4", "own_translation": False},
    "pac": {"script": "none"},
    "mtu": {"tcp_out": "passes", "tcp_in": "passes", "udp_out": "passes", "path_mtu": 1500},
    "edges": {
        "open": ["ashburn", "dublin"],
        "shut": [],
        "others_open": ["dublin"],
        "open_count": 2,
        "shut_count": 0,
        "roaming_open": True,
        "roaming_allowed": True,
        "roaming_edge": "ashburn",
        "roaming_ms": 12.0,
        "nearest_edge": "ashburn",
        "nearest_ms": 12.0,
        "extra_ms": 0.0,
        "extra_ratio": 1.0,
    },
}
BEHIND = {
    "tcp": ("dns",),
    "tls": ("dns", "tcp"),
    "http": ("dns", "tcp"),
    "websocket": ("dns", "tcp", "tls"),
    "mtu": ("dns", "tcp"),
}
SILENT = Failure.GENERIC_TIMEOUT_ERROR


def observe(case: CaseModel, *changes: Change) -> dict[str, Observation]:
    """Make an observation for every check of *case*; as in the runner, a failure skips later checks of that host."""
    seen: dict[str, Observation] = {}
    for wanted in (one for looks in case.probes.values() for one in looks):
        failure, facts = None, dict(FINE.get(wanted.probe, {}))
        if wanted.params.get("ask") == "client-subnet":
            facts = {"client_subnet_sent": True, "resolver": "192.0.2.53"}
        for change in changes:
            changed = change(wanted)
            if changed:
                failure, facts = changed[0], {**facts, **changed[1]}
        seen[wanted.step] = Observation(wanted.step, wanted.probe, wanted.target, failure, facts)
    return {step: _skip(one, seen) for step, one in seen.items()}


def diagnose(
    platform: str, *changes: Change, edge: str = "", code: str = "31009", **told: str
) -> tuple[Diagnosis, dict[str, Observation]]:
    """The diagnosis on *platform* with *changes*; told options have underscores for hyphens."""
    case = select_causes(KNOWLEDGE, TWILIO, code, platform, edge)
    seen = observe(case, *changes)
    said = {option.replace("_", "-"): value for option, value in told.items()}
    return walk(compile_tree(case), answer(case, seen, said), seen), seen


def found(diagnosis: Diagnosis) -> set[str]:
    return {one.cause for one in diagnosis.found}


def at(probe: str, failure: Failure | None, *, service: str = "", port: int = 0, **facts: Any) -> Change:
    """Let the checks of *probe* (at *service*, on *port*) end with *failure* and *facts*."""

    def change(wanted: ProbeSpec) -> tuple[Failure | None, Mapping[str, Any]] | None:
        fits = (
            wanted.probe == probe
            and service in ("", wanted.target.service)
            and port in (0, wanted.target.port)
            and not wanted.params
        )
        return (failure, facts) if fits else None

    return change


def shut(service: str = "", port: int = 0, failure: Failure = SILENT) -> Change:
    """Let TCP fail as if a firewall blocked it."""
    return at(
        "tcp",
        failure,
        service=service,
        port=port,
        open=0,
        shut=1,
        address="",
        tried=[{"address": "198.51.100.1"}],
    )


def _skip(one: Observation, seen: Mapping[str, Observation]) -> Observation:
    for before in BEHIND.get(one.probe, ()) if one.probe in BEHIND else ("dns",):
        for other in seen.values():
            same_port = before == "dns" or other.target.port == one.target.port
            fits = other.probe == before and other.target.host == one.target.host and same_port
            if fits and other.failure is not None and one.probe not in ("dns", "route", "udp_media", "edges"):
                return replace(one, failure=Failure.SKIPPED, facts={})
    return one
