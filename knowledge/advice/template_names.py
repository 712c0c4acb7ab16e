"""The placeholders that templates of the knowledge may use, and a check that there are no others.

Pure.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from knowledge.advice.knowledge_texts import filled_codes, filled_sentences, plain_texts
from knowledge.model.problems import nearest
from knowledge.model.schema import Knowledge
from knowledge.model.templates import malformed, names_in, unclosed_in_code

# Filled in from the network file, the case and the run; made in `knowledge/advice/names.py`.
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

# What a device measured on its line, and the limits that this exceeds.
_LINE: Final = frozenset({"packets", "lost", "loss_percent", "exceeded_loss_percent"}) | frozenset(
    f"{limit}{name}" for limit in ("", "exceeded_") for name in ("rtt_ms", "jitter_ms", "mos")
)

# The facts of each probe that templates may use, besides labels and `failure`; `templates.fact` derives some
# of them.
FACTS: Final[Mapping[str, frozenset[str]]] = {
    "route": frozenset({"local_address"}),
    "ip_version": frozenset({"versions", "nat64_prefix", "resolver"}),
    "status_page": frozenset({"says", "trouble"}),
    "pac": frozenset({"url", "proxies"}),
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
    )
    | _LINE,
    "pasted": frozenset({"tool", "bad"}) | _LINE,
    "dns": frozenset(
        {
            "resolver",
            "rcode",
            "ms",
            "addresses",
            "bogons",
            "cnames",
            "client_subnet",
            "other_resolver",
            "same_answers",
        }
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
            "other_name",
            "hello_sent",
        }
    ),
    "websocket": frozenset(
        {
            "status",
            "server",
            "proxy",
            "open_proxy",
            "asking_proxy",
            "failing_proxy",
            "auth_schemes",
            "ended_at",
            "unavailable_at",
            "hidden_at",
            "close_code",
            "close_reason",
            "attempts",
        }
    ),
    "http": frozenset(
        {"status", "server", "date_offset_s", "proxy", "open_proxy", "asking_proxy", "auth_schemes"}
    ),
    "portal": frozenset({"status", "server", "answer", "login_page", "page_status", "address"}),
    "stun": frozenset({"reflexive", "ms"}),
    "quality": frozenset(
        {
            "sent",
            "lost",
            "loss_percent",
            "loss_low_percent",
            "loss_high_percent",
            "rtt_ms",
            "jitter_ms",
            "mos",
            "exceeded_loss_percent",
            "exceeded_rtt_ms",
            "exceeded_jitter_ms",
            "exceeded_mos",
            "other_host",
            "other_sent",
            "other_lost",
        }
    ),
    "fill": frozenset({"rtt_ms", "loaded_rtt_ms", "seconds", "kilobytes", "exceeded_loaded_rtt_ms"}),
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
            "lost_long_out",
            "lost_long_in",
        }
    ),
    "mtu": frozenset({"path_mtu", "lost_out", "lost_in", "lost_udp", "icmp_from", "icmp_mtu", "unchecked"}),
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
            "early_edge",
            "early_ms",
            "turn_ms",
        }
    ),
}
LABELS: Final = frozenset({"host", "port", "transport", "edge", "service", "failure"})


def is_check_fact(name: str) -> bool:
    """Whether *name* comes from one observation, not from the network or the case."""
    return name not in NAMES


def is_known(name: str, observed: Collection[str] = ()) -> bool:
    """Whether a template may use *name*; a probe in *observed* without an entry in FACTS may have any fact."""
    probe, _, field = name.partition(".")
    if not field:
        return name in NAMES or name in LABELS or any(name in facts for facts in FACTS.values())
    return field in LABELS or field in FACTS[probe] if probe in FACTS else probe in observed


def template_problems(knowledge: Knowledge) -> Iterator[str]:
    """Yield `file:line: sentence` for each placeholder in the knowledge that nothing fills in."""
    observed = {observe.probe for question in knowledge.questions.values() for observe in question.observe}
    for where, text, may_look in filled_sentences(knowledge):
        if problem := malformed(text):
            yield f"{where}: {problem}"
        yield from _unfilled(where, text, observed, may_look=may_look)
    for where, code in filled_codes(knowledge):
        if name := unclosed_in_code(code, NAMES):
            yield f"{where}: the placeholder {{{name} is not closed: write {{{name}}}"
        yield from _unfilled(where, code, observed, may_look=False)
    for where, text in plain_texts(knowledge):
        if names := names_in(text):
            yield f"{where}: nothing fills in {{{names[0]}}} here: this text is shown as it is"
        elif problem := malformed(text):
            yield f"{where}: {problem}"


def _unfilled(where: str, text: str, observed: Collection[str], *, may_look: bool) -> Iterator[str]:
    for name in names_in(text):
        if not is_known(name, observed):
            yield f"{where}: nothing fills in {{{name}}}{nearest(name, NAMES)}"
        elif is_check_fact(name) and not may_look:
            yield f"{where}: {{{name}}} belongs to one check, so only evidence can use it"
