"""The lab's authoritative name server, and a resolver that always gives the same bad answer.

`python -m tests.lab.authoritative zone STEER` serves the root zone of the lab: roaming names by client subnet
(RFC 7871) or by the address of the resolver, as latency routing does. `... rcodes ADDRESS` answers all
queries with one rcode for each port. STEER is a JSON file, read at each query, that may pin `roaming` to an edge.
"""

import asyncio
import ipaddress
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from tests.lab import addresses as at

TTL = 60
SOA = f"ns.{at.ZONE}. hostmaster.{at.ZONE}. 1 3600 600 86400 5"
Answer = Callable[[dns.message.Message, str], dns.message.Message]


def answer_zone(query: dns.message.Message, peer: str, steer: Path) -> dns.message.Message:
    """The authoritative answer to *query* from the resolver at *peer*."""
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.AA
    question = query.question[0]
    name = question.name.to_text(omit_final_dot=True).lower()
    subnet = next((o for o in query.options if isinstance(o, dns.edns.ECSOption)), None)
    texts = {at.CLIENT_SUBNET_NAME: _subnet_text(subnet), at.WHOAMI_NAME: peer}
    if name in texts:
        _put(reply, question, "TXT", f'"{texts[name]}"', ttl=0)
    elif name in at.FIXED_NAMES:
        _put(reply, question, "A", at.FIXED_NAMES[name])
    elif name in at.ROAMING_NAMES:
        pinned = json.loads(steer.read_text()).get("roaming")
        _put(reply, question, "A", at.ROAMING_NAMES[name][pinned or _nearest(subnet, peer)])
    else:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    if (
        subnet
    ):  # without the option in the answer a resolver asks again and sends no subnet (RFC 7871 section 7.3)
        scope = 0 if name in at.FIXED_NAMES else subnet.srclen
        reply.use_edns(0, options=[dns.edns.ECSOption(subnet.address, subnet.srclen, scope)])
    if not reply.answer:
        reply.authority.append(dns.rrset.from_text(at.ZONE + ".", 5, "IN", "SOA", SOA))
    return reply


def answer_rcode(query: dns.message.Message, _peer: str, word: str) -> dns.message.Message:
    """The same answer to everything.

    `bogon` is a loopback address, `alike` a host without the service, `portal` the gateway of the LAN.
    """
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.RA
    if address := {"bogon": "127.0.0.1", "alike": at.FAR, "portal": at.GATEWAY}.get(word):
        _put(reply, query.question[0], "A", address)
    else:
        reply.set_rcode(dns.rcode.from_text(word))
    return reply


def _put(
    reply: dns.message.Message, question: dns.rrset.RRset, kind: str, value: str, ttl: int = TTL
) -> None:
    if question.rdtype == dns.rdatatype.from_text(kind):
        reply.answer.append(dns.rrset.from_text(question.name, ttl, "IN", kind, value))


def _nearest(subnet: dns.edns.ECSOption | None, peer: str) -> str:
    address = ipaddress.ip_address(subnet.address if subnet else peer)
    fitting = (edge for net, edge in at.NEAREST.items() if address in ipaddress.ip_network(net))
    return next(fitting, at.NEAREST_ELSE)


def _subnet_text(subnet: dns.edns.ECSOption | None) -> str:
    if subnet is None:
        return "{'ecs':'False'}"
    return f"{{'ecs_payload':{{'family':'{subnet.family}','cc':'{subnet.address}'}},'ecs':'True'}}"


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        try:
            reply = self.answer(dns.message.from_wire(data), addr[0])
        except dns.exception.DNSException:
            return
        self.transport.sendto(reply.to_wire(), addr)


async def _tcp(answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while size := await reader.readexactly(2):
            query = dns.message.from_wire(await reader.readexactly(int.from_bytes(size, "big")))
            wire = answer(query, writer.get_extra_info("peername")[0]).to_wire()
            writer.write(len(wire).to_bytes(2, "big") + wire)
    except (OSError, EOFError, dns.exception.DNSException):
        pass
    finally:
        writer.close()


async def serve(places: dict[tuple[str, int], Answer]) -> None:
    """Answer on every (address, port), by UDP and TCP, until killed."""
    loop = asyncio.get_running_loop()
    for (address, port), answer in places.items():
        await loop.create_datagram_endpoint(partial(_Udp, answer), local_addr=(address, port))
        await asyncio.start_server(partial(_tcp, answer), address, port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    if sys.argv[1] == "zone":
        zone = partial(answer_zone, steer=Path(sys.argv[2]))
        asyncio.run(serve({(at.AUTHORITATIVE, 53): zone}))
    else:
        rcodes: dict[tuple[str, int], Answer] = {
            (sys.argv[2], port): partial(answer_rcode, word=word) for word, port in at.RCODE_PORTS.items()
        }
        asyncio.run(serve(rcodes))
