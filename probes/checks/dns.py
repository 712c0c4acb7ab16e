"""Look up a name as this network does, or find out which resolver answers and what it forwards.

The parameter `ask` selects the check: "address" (the default), "client-subnet" (whether the resolver forwards
the client's subnet, RFC 7871, as a special test name reports) or "identity" (which machine answers).
"""

import asyncio
import re
from collections.abc import Sequence
from typing import Final

import dns.message

from probes.checks.context import ProbeContext
from probes.net.clock import milliseconds_since, now
from probes.net.dns_exchange import Server, ask
from probes.net.dns_message import DnsAnswer, make_query
from probes.net.loss import attempts_needed
from probes.net.resolver import DnsLookup, is_bogon, look_up
from probes.protocol.failures import EgressDenied, Failure, NetworkError
from probes.protocol.model import Step

# The test name's TXT answer: 'ecs':'True' (Twilio's network connectivity requirements).
_SUBNET_SENT: Final = re.compile(r"""['"]?ecs['"]?\s*[:=]\s*['"]?(true|false)""", re.IGNORECASE)


# Seconds for the lookups of other names, after the target's own. Most are known by then: other checks need them, too.
_OTHERS_WAIT: Final = 0.25


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Ask the system's resolvers, or the resolver in the parameter `resolver`."""
    match step.params.get("ask", "address"):
        case "client-subnet":
            return await _client_subnet(step, context)
        case "identity":
            return await _identity(step, context)
    return await _address(step, context)


async def _address(step: Step, context: ProbeContext) -> Failure | None:
    """Look up the target's addresses. Names in the parameter `others` show whether all names get the same ones."""
    found = await _look_up(step, context)
    if found.addresses and (others := step.params.get("others")):
        context.note(same_answers=await _count_same(found.addresses, others, context))
    if step.params.get("resolver"):
        context.note(named_resolver=True)
    good = [address for address in (*found.addresses, *found.addresses6) if not is_bogon(address)]
    bogons = [address for address in (*found.addresses, *found.addresses6) if is_bogon(address)]
    if step.params.get("private_ok") or step.params.get("addresses"):
        good, bogons = [*good, *bogons], []
    texts = good or bogons
    context.note(
        addresses=[address for address in found.addresses if address in texts],
        addresses6=[address for address in found.addresses6 if address in texts],
        bogons=bogons,
        rcode=found.rcode,
        resolver=found.resolver,
        ms=found.ms,
        ttl=found.ttl,
        cnames=list(found.cnames),
        subnet_scope=found.subnet_scope,
        truncated=found.truncated,
        tries=list(found.tries),
    )
    if found.failure is Failure.DNS_TIMEOUT_ERROR and _may_be_loss(found, context):
        return Failure.INCONCLUSIVE
    if found.failure is None and not good:
        return Failure.DNS_BOGON_ERROR
    return found.failure


def _may_be_loss(found: DnsLookup, context: ProbeContext) -> bool:
    """Whether the loss that the plan measured explains the silence of every resolver; notes the loss then."""
    meter, sent = context.loss, len(found.tries) * len(context.shared.resolver.cadence)
    if not meter.lost or meter.sent == meter.lost or sent >= attempts_needed(meter.upper()):
        return False
    context.note(
        attempts=sent,
        loss_low_percent=round(100 * meter.lower(), 1),
        loss_high_percent=round(100 * meter.upper(), 1),
    )
    return True


async def _addresses_of(host: str, context: ProbeContext) -> tuple[str, ...]:
    try:
        return (await context.shared.resolver.look_up(host)).addresses
    except (OSError, EgressDenied):  # this name tells nothing
        return ()


async def _count_same(addresses: tuple[str, ...], others: Sequence[str], context: ProbeContext) -> int:
    """How many of the names *others* lead to *addresses*; 0 as soon as one leads elsewhere. Slow ones do not count."""
    waiting = {asyncio.create_task(_addresses_of(host, context)) for host in others}
    lookups, end, same = tuple(waiting), now() + _OTHERS_WAIT, 0
    try:
        while waiting and (left := end - now()) > 0:
            done, waiting = await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            answers = [set(lookup.result()) for lookup in done if lookup.result()]
            if any(answer != set(addresses) for answer in answers):
                return 0
            same += len(answers)
        return same
    finally:
        for lookup in lookups:
            lookup.cancel()
        await asyncio.gather(*lookups, return_exceptions=True)


async def _look_up(step: Step, context: ProbeContext) -> DnsLookup:
    subnet = str(step.params.get("subnet", ""))
    if not step.params.get("resolver") and not subnet:
        return await context.shared.resolver.look_up(step.target.host)
    return await look_up(
        step.target.host,
        _servers(step, context),
        context.shared.resolver.cadence,
        subnet=subnet,
        tcp=step.target.transport == "tcp",
        ipv6=context.shared.resolver.ipv6,
    )


async def _client_subnet(step: Step, context: ProbeContext) -> Failure | None:
    """Whether the resolver forwards the client's subnet: the name's own servers report it in a TXT record."""
    answer = await _ask_any(step, context, make_query(step.target.host, "TXT"))
    context.note(rcode=answer.rcode, texts=list(answer.texts))
    if answer.failure is not None:
        return answer.failure
    match_ = _SUBNET_SENT.search(" ".join(answer.texts))
    if match_ is None:
        return Failure.DNS_NO_ANSWER
    context.note(client_subnet_sent=match_[1].lower() == "true")
    return None


async def _identity(step: Step, context: ProbeContext) -> Failure | None:
    """Collect how the answering resolver identifies itself; an answer without an identity is not a failure."""
    queries = {"id.server": make_query("id.server", "TXT", chaos=True, nsid=True)}  # RFC 4892
    if step.target.host:
        queries["whoami"] = make_query(step.target.host, "TXT", nsid=True)
    identities: dict[str, str] = {}
    outcomes: list[Failure | None] = []

    async def learn(kind: str, query: dns.message.Message) -> None:
        try:
            answer = await _ask_any(step, context, query)
        except NetworkError as error:
            outcomes.append(error.failure)
            return
        outcomes.append(None)
        if answer.texts:
            identities[kind] = " ".join(answer.texts)[:200]
        if answer.nsid:
            identities["nsid"] = answer.nsid[:200]
        context.note(identities=dict(identities))

    async with asyncio.TaskGroup() as group:
        for kind, query in queries.items():
            group.create_task(learn(kind, query))
    return None if None in outcomes else outcomes[0]


async def _ask_any(step: Step, context: ProbeContext, query: dns.message.Message) -> DnsAnswer:
    """The first answer of the step's servers, asked in turn; raises NetworkError if none answers."""
    failure = NetworkError(Failure.DNS_UNREACHABLE_ERROR)
    for server in _servers(step, context):
        start = now()
        try:
            answer = await ask(
                server, query, context.shared.resolver.cadence, tcp=step.target.transport == "tcp"
            )
        except NetworkError as error:
            failure = error
            continue
        context.note(resolver=server[0], ms=milliseconds_since(start))
        return answer
    raise failure


def _servers(step: Step, context: ProbeContext) -> tuple[Server, ...]:
    named = str(step.params.get("resolver", ""))
    return ((named, step.target.port or 53),) if named else context.shared.resolver.servers
