"""Sentences with {names} in them: which names there are, and how they are filled in.

Pure. `{name}` is a fact about the network and the case; `{probe.fact}` is a fact of a look of that probe, and `{fact}`
of whatever look decided. `[[…]]` is a clause that is left out when a name in it is not known.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from knowledge.schema import Knowledge
from probes.failures import Failure
from probes.model import Observation

UNKNOWN: Final = "unknown"

# What is filled in from the network file, the case and the run; `knowledge/names.py` makes them.
NAMES: Final = frozenset(
    {
        "allowed_edges",
        "chosen_hosts",
        "current_version",
        "edge",
        "insights_hosts",
        "insights_rules",
        "legacy_hosts",
        "legacy_port",
        "legacy_rules",
        "media_ports",
        "media_ranges",
        "media_rules",
        "nearest_edge",
        "platform",
        "registration_hosts",
        "registration_rules",
        "resolver",
        "roaming_edge",
        "signaling_host",
        "signaling_hosts",
        "signaling_port",
        "signaling_rules",
        "stun_hosts",
        "tls_rules",
        "turn_host",
        "turn_hosts",
        "turn_ports",
        "turn_ranges",
        "turn_rules",
    }
)

# What each probe notes, as far as sentences may use it, besides labels and `failure`. The last ones are made here.
FACTS: Final[Mapping[str, frozenset[str]]] = {
    "route": frozenset({"local_address"}),
    "preflight": frozenset(
        {
            "detour_candidates",
            "relay_server",
            "relay_transport",
            "direct_address",
            "direct_port",
            "dns_code",
            "insights_warning",
        }
    ),
    "pasted": frozenset({"tool", "bad"}),
    "dns": frozenset(
        {"resolver", "rcode", "ms", "addresses", "bogons", "cnames", "client_subnet", "other_resolver"}
    ),
    "tcp": frozenset({"address", "ms", "icmp_from", "tried_addresses"}),
    "tls": frozenset(
        {
            "address",
            "issuer",
            "subject",
            "names",
            "authority",
            "stage",
            "not_before",
            "not_after",
            "skew_s",
            "alert",
        }
    ),
    "websocket": frozenset(
        {"status", "server", "proxy", "open_proxy", "asking_proxy", "failing_proxy", "auth_schemes"}
    ),
    "http": frozenset(
        {"status", "server", "date_offset_s", "proxy", "open_proxy", "asking_proxy", "auth_schemes"}
    ),
    "stun": frozenset({"reflexive", "ms"}),
    "nat": frozenset({"mapping", "filtering", "varying"}),
    "turn": frozenset({"ms", "software", "relayed", "mapped"}),
    "udp_media": frozenset(
        {
            "via",
            "relayed_address",
            "outbound_ok",
            "outbound_lost",
            "inbound_ok",
            "inbound_lost",
            "boundary",
            "icmp_from",
            "ephemeral_lost",
        }
    ),
    "edges": frozenset(
        {
            "open",
            "shut",
            "barred",
            "others_open",
            "roaming_edge",
            "roaming_ms",
            "nearest_edge",
            "nearest_ms",
            "extra_ms",
        }
    ),
}
# Which outcome of a look through the proxy each name stands for.
_PROXY_SAID: Final[Mapping[str, Callable[[Failure | None], bool]]] = {
    "open_proxy": lambda failure: failure is None,
    "asking_proxy": lambda failure: failure is Failure.PROXY_AUTH_REQUIRED,
    "failing_proxy": lambda failure: failure not in (None, Failure.PROXY_AUTH_REQUIRED),
}
LABELS: Final = frozenset({"host", "port", "transport", "edge", "service", "failure"})

_NAME: Final = re.compile(r"\{([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)\}")
_CLAUSE: Final = re.compile(r"\[\[((?:(?!\[\[|\]\]).)*)\]\]", re.DOTALL)
_MOST: Final = 8  # entries of a list of facts that a sentence shows
_LONGEST: Final = 200  # characters of a fact; strangers write certificates and headers


def names_in(template: str) -> tuple[str, ...]:
    """Every name in *template*, those of clauses included."""
    return tuple(dict.fromkeys(_NAME.findall(template)))


def needed_in(template: str) -> tuple[str, ...]:
    """List the names that *template* cannot do without: those outside of clauses."""
    return names_in(_clauses_out(template))


def fill(template: str, values: Mapping[str, str], missing: str = UNKNOWN) -> str:
    """Fill *values* in; a clause with a name that has none goes, elsewhere *missing* stands for it."""
    while match := _CLAUSE.search(template):
        known = all(values.get(name) for name in names_in(match[1]))
        template = template[: match.start()] + (match[1] if known else "") + template[match.end() :]
    return fill_code(template, values, missing)


def fill_code(code: str, values: Mapping[str, str], missing: str = UNKNOWN) -> str:
    """Fill *values* in where clauses have no meaning: brackets stay as they are."""
    return _NAME.sub(lambda match: values.get(match[1]) or missing, code)


def written(value: Any) -> str:
    """Write a fact as a sentence shows it; empty where there is nothing to show, and for a count of none."""
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value) if value else ""
        case float():
            text = f"{value:.0f}" if abs(value) >= 10 else f"{value:.1f}"
            return "" if text in ("0.0", "-0.0") else text
        case list() | tuple():
            shown = [text for text in map(written, value) if text]
            more = len(shown) - _MOST
            return ", ".join(shown[:_MOST]) + (f" and {more} more" if more > 0 else "")
        case str():
            return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
    return ""


def fact(observation: Observation, name: str) -> str:
    """Give a label or fact of *observation* as text; empty when it has none."""
    if name in ("host", "port", "transport", "edge", "service"):
        return written(getattr(observation.target, name))
    match name:
        case "tried_addresses":
            tried = observation.facts.get("tried")
            entries = tried if isinstance(tried, list) else []
            return written([one.get("address", "") for one in entries if isinstance(one, dict)])
        case "varying":
            mapping = str(observation.facts.get("mapping", ""))
            return mapping.replace("_", " ") if mapping.startswith("address") else ""
        case "ephemeral_lost":
            ephemeral = str(observation.facts.get("ephemeral", ""))
            return ephemeral.replace("_", " ") if ephemeral.endswith("_lost") else ""
        case "other_resolver":
            named = observation.facts.get("named_resolver") and observation.failure is None
            return written(observation.facts.get("resolver")) if named else ""
        case "open_proxy" | "asking_proxy" | "failing_proxy":
            return written(observation.facts.get("proxy")) if _PROXY_SAID[name](observation.failure) else ""
        case "client_subnet":
            return "kept back" if observation.facts.get("client_subnet_sent") is False else ""
    return written(observation.facts.get(name))


def of_a_look(name: str) -> bool:
    """Whether *name* is filled in from one look, and not from the network or the case."""
    return name not in NAMES


def is_known(name: str, observed: Collection[str] = ()) -> bool:
    """Whether a template may use *name*; a probe of *observed* that is not in FACTS may note anything."""
    probe, _, field = name.partition(".")
    if not field:
        return name in NAMES or name in LABELS or any(name in facts for facts in FACTS.values())
    return field in LABELS or field in FACTS[probe] if probe in FACTS else probe in observed


def template_problems(knowledge: Knowledge) -> Iterator[str]:
    """Yield `file:line: sentence` for each name in the knowledge's texts that nothing ever fills in."""
    observed = {one.probe for question in knowledge.questions.values() for one in question.observe}
    for where, text, may_look in _texts(knowledge):
        for name in names_in(text):
            if not is_known(name, observed):
                yield f"{where}: nothing fills in {{{name}}}"
            elif of_a_look(name) and not may_look:
                yield f"{where}: {{{name}}} belongs to one look, and may stand in evidence only"


def _texts(knowledge: Knowledge) -> Iterator[tuple[str, str, bool]]:
    for cause in knowledge.causes.values():
        for number, text in enumerate(cause.evidence):
            yield cause.origin.at("evidence", number), text, True
        yield cause.origin.at("customer"), cause.customer, False
        for key, fixes in cause.fixes.items():
            for number, fix in enumerate(fixes):
                yield cause.origin.at("fixes", key, number, "do"), fix.do, False
                yield cause.origin.at("fixes", key, number, "code"), fix.code or "", False
    for platform in knowledge.platforms.values():
        for name, snippet in platform.snippets.items():
            yield platform.origin.at("snippets", name), snippet.code, False


def _clauses_out(template: str) -> str:
    while _CLAUSE.search(template):
        template = _CLAUSE.sub("", template)
    return template
