"""Check whether long packets get through: over TCP both ways to the signaling gateway, over UDP to a STUN server.

Where a tunnel or a line passes shorter packets only, and nobody says so (ICMP), connections open and then hang.
"""

import asyncio
from collections.abc import Iterator
from typing import Final

from probes.checks.context import ProbeContext
from probes.checks.mtu_datagrams import DatagramSizes, Reach, measure_datagrams, together
from probes.checks.mtu_streams import StreamSizes, measure_streams
from probes.checks.targets import address_of, usable
from probes.net.addresses import is_address, split_families
from probes.net.stun import TransportAddress
from probes.protocol.failures import Failure
from probes.protocol.model import Step

_ROUND_TRIP: Final = 0.1  # seconds, where the tcp check measured none


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Facts: path_mtu, tcp_out, tcp_in, udp_out, the longest packet that passed each way, and what was not checked."""
    address = await address_of(step, context)
    context.note(address=address)
    round_trip = _round_trip(context)
    sizes = DatagramSizes()
    async with asyncio.TaskGroup() as group:
        streams = group.create_task(
            measure_streams(
                address,
                step.target.port,
                step.target.host,
                lambda: together(context.loss, sizes.line),
                round_trip,
            )
        )
        group.create_task(_measure_datagrams(step, context, sizes, round_trip))
    stream = streams.result()
    reach = _handled(sizes.reach(context.loss), sizes, stream)
    context.note(**dict(_facts(sizes, stream, reach)))
    return judge(stream, reach)


def judge(stream: StreamSizes, reach: Reach) -> Failure | None:
    """The failure: long packets are lost; inconclusive where TCP was not proven and UDP shows nothing wrong."""
    if "lost" in (stream.out, stream.back, reach):
        return Failure.LARGE_PACKETS_LOST
    return None if (stream.out, stream.back) == ("passes", "passes") else Failure.INCONCLUSIVE


def _handled(reach: Reach, sizes: DatagramSizes, stream: StreamSizes) -> Reach:
    """*reach*, where a router has TCP send packets that are short enough: then the path is known to be narrow."""
    is_clamped = stream.out == "passes" and 0 < stream.largest <= sizes.largest
    return "fragmented" if reach == "partly" and is_clamped else reach


def _facts(sizes: DatagramSizes, stream: StreamSizes, reach: Reach) -> Iterator[tuple[str, object]]:
    yield "tcp_out", stream.out
    yield "tcp_in", stream.back
    yield "udp_out", reach
    yield "tcp_size", stream.largest
    yield "udp_size", sizes.largest
    datagram = sizes.largest if reach != "unknown" else 0
    is_stuck = "lost" in (stream.out, stream.back)
    known = [datagram, stream.largest if is_stuck or not datagram else 0]
    yield "path_mtu", min(filter(None, known), default=None)
    if stream.out == "lost":
        yield "lost_out", datagram or stream.largest
    if stream.back == "lost":
        yield "lost_in", stream.largest
    if reach in ("lost", "partly"):
        yield "lost_udp", sizes.largest
    if sizes.icmp_mtu:
        yield "icmp_from", sizes.icmp_from
        yield "icmp_mtu", sizes.icmp_mtu
    ways = {"outgoing TCP": stream.out, "incoming TCP": stream.back, "outgoing UDP": reach}
    yield "unchecked", [name for name, way in ways.items() if way == "unknown"] + ["incoming UDP"]


def _round_trip(context: ProbeContext) -> float:
    times = (before.facts.get("ms") for before in context.earlier.values() if before.probe == "tcp")
    return max((ms / 1000 for ms in times if isinstance(ms, int | float)), default=_ROUND_TRIP)


async def _measure_datagrams(
    step: Step, context: ProbeContext, sizes: DatagramSizes, round_trip: float
) -> None:
    """Measure with the first of the servers that is known by address or by name; without one, nothing is known."""
    try:
        for server in step.params.get("servers", ()):
            host, port = str(server["host"]), int(server["port"])
            known = (
                split_families([host]) if is_address(host) else await context.shared.resolver.addresses(host)
            )
            v4, v6 = await usable(*known, context)
            await measure_datagrams(TransportAddress((v4 or v6)[0], port), sizes, context.loss, round_trip)
            return
    except OSError:  # no name, no address, or no route: UDP is not checked
        return
