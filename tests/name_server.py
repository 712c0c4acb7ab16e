"""A small name server over UDP and TCP on loopback, which answers as a test tells it to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

# Gets a question and whether it came by TCP; gives the packets to send back, as many as it likes.
Script: TypeAlias = Callable[[dns.message.Message, bool], list[bytes]]


def answer(
    query: dns.message.Message, *records: str, rcode: str = "NOERROR", truncated: bool = False, **more: object
) -> bytes:
    """The packet that answers *query* with *records*, lines as in a zone: "NAME TYPE VALUE"."""
    reply = dns.message.make_response(query)
    reply.set_rcode(dns.rcode.from_text(rcode))
    question = query.question[0]
    for record in records:
        name, kind, value = record.split(" ", 2)
        rrset = reply.find_rrset(
            reply.answer,
            dns.name.from_text(name),
            question.rdclass,
            dns.rdatatype.from_text(kind),
            create=True,
        )
        rrset.add(
            dns.rdata.from_text(
                question.rdclass, rrset.rdtype, value, origin=dns.name.root, relativize=False
            ),
            60,
        )
    if truncated:
        reply.flags |= dns.flags.TC
    if options := more.get("options"):
        reply.use_edns(0, options=options)  # type: ignore[arg-type]  # a list, says the test
    return reply.to_wire()


def zone(records: dict[str, list[str]], rcode: str = "NXDOMAIN") -> Script:
    """A script that answers from *records* ({"name TYPE": [lines]}); other names get *rcode*."""
    names = {key.split()[0] for key in records}

    def script(query: dns.message.Message, tcp: bool) -> list[bytes]:
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True)
        lines = records.get(f"{name} {dns.rdatatype.to_text(question.rdtype)}", [])
        return [answer(query, *lines, rcode="NOERROR" if name in names else rcode)]

    return script


@asynccontextmanager
async def name_server(script: Script) -> AsyncIterator[tuple[str, int]]:
    """Serve *script*; gives address and port, the same for UDP and TCP."""
    loop = asyncio.get_running_loop()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            length = int.from_bytes(await reader.readexactly(2), "big")
            query = dns.message.from_wire(await reader.readexactly(length))
            for packet in script(query, True):
                writer.write(len(packet).to_bytes(2, "big") + packet)
            await writer.drain()
        finally:
            writer.close()

    class Datagrams(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # asyncio types it wider
            self.transport = transport

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            for packet in script(dns.message.from_wire(data), False):
                self.transport.sendto(packet, addr)

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        transport, _ = await loop.create_datagram_endpoint(Datagrams, ("127.0.0.1", port))
        try:
            yield "127.0.0.1", port
        finally:
            transport.close()
