"""Find the hop at which a flow is dropped: which routers answer for its packets when their TTL expires.

A flow that is open shows which routers answer at all. What follows from both, the bot decides.
"""

import asyncio
from contextlib import suppress
from typing import Any, Final

from probes.checks.context import ProbeContext
from probes.checks.targets import addresses_of
from probes.net.hop_trace import Attempt, HopTrace, PairedTrace, hello_attempt, tcp_attempt, udp_attempt
from probes.net.stun import StunAttribute, StunClass, StunMethod, make_message, pack_message
from probes.net.tls_stream import client_hello
from probes.protocol.failures import Failure, NetworkError
from probes.protocol.model import Facts, Step, Target

# Ends before the step's budget, so that a trace without an end is a result and no timeout.
_SHARE_OF_BUDGET: Final = 0.9
# What media looks like: version 2, payload type 0 (RFC 3550 section 5.1).
_RTP: Final = b"\x80\x00" + bytes(10)
_UDP: Final = (17).to_bytes(4, "little")  # REQUESTED-TRANSPORT: the protocol number and three reserved bytes


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Trace the flow to the step's target: its SYN, its ClientHello if `hello` is set, or its datagrams.

    `control` names an open flow; that of a ClientHello is the SYN to the same port. Silence is no failure.
    Facts: hello, address, hops (router by TTL; "" if unknown), and reached (the TTL at which the target answered).
    The same of the open flow: control_address, control_hops, control_reached. Hops that only it reached: missed.
    """
    address = await _address(step.target, step.params, context)
    place, hello = step.params.get("control"), bool(step.params.get("hello"))
    if hello:
        attempt = hello_attempt(address, step.target.port, client_hello(step.target.host))
        control, other = HopTrace(tcp_attempt(address, step.target.port)), address
    else:
        attempt, control, other = _attempt(step.target, address), None, ""
        if place:
            target = Target("", str(place["host"]), int(place["port"]), str(place["transport"]))
            other = await _address(target, place, context)
            control = HopTrace(_attempt(target, other))
    paired = PairedTrace(HopTrace(attempt), control, same_path=other == address)

    def note() -> None:
        context.note(address=address, hello=hello, **_facts(paired.dropped), missed=paired.missed)
        if control:
            context.note(control_address=other, **_facts(control, "control_"))

    note()
    with suppress(TimeoutError):
        async with asyncio.timeout(step.budget * _SHARE_OF_BUDGET):
            await paired.run(note)
    note()
    return None


def _facts(flow: HopTrace, prefix: str = "") -> dict[str, Any]:
    hops = {str(ttl): router for ttl, router in sorted(flow.hops.items())}
    return {f"{prefix}hops": hops, f"{prefix}reached": flow.reached}


def _attempt(target: Target, address: str) -> Attempt:
    """Send what the flow sends, since some firewalls judge by content."""
    if target.transport != "udp":
        return tcp_attempt(address, target.port)
    match target.service:
        case "turn":
            wanted = [(StunAttribute.REQUESTED_TRANSPORT, _UDP)]
            payload = pack_message(make_message(StunMethod.ALLOCATE, StunClass.REQUEST, wanted))
        case "media":
            payload = _RTP
        case _:
            payload = pack_message(make_message(StunMethod.BINDING, StunClass.REQUEST))
    return udp_attempt(address, target.port, payload)


async def _address(target: Target, params: Facts, context: ProbeContext) -> str:
    """The address that the flow went to if the name still has it, else the first one."""
    v4, v6 = await addresses_of(Step("", "", target, 0.0, params), context)
    known = (*v4, *v6)
    if not known:
        raise NetworkError(Failure.NO_ADDRESS)
    preferred = str(params.get("address", ""))
    return preferred if preferred in known else known[0]
