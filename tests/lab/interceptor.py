"""What a firewall may do to connections on 443: open the TLS, tamper with the upgrade, cut it, show a portal.

Run inside fw, and inside svc for the same at a distance: `python -m tests.lab.interceptor CERTIFICATES CUT`.
nftables redirects connections here; each listener asks the kernel where they were bound. CUT is a JSON list of
the server names to cut; empty means all.
"""

import asyncio
import contextlib
import datetime as dt
import json
import os
import socket
import ssl
import struct
import sys
from functools import partial
from pathlib import Path

from wsproto.connection import Connection, ConnectionType

from tests.lab import addresses as at
from tests.lab import endings
from tests.lab.certificates import Authority
from tests.lab.gateway import tls

SO_ORIGINAL_DST = 80  # linux/netfilter_ipv4.h
ROUND_TRIP = 0.15  # seconds; longer than to the farthest edge
PORTAL_ANSWER = b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/login\r\nContent-Length: 0\r\n\r\n"
PAGE = b"<html><body>Welcome to the guest network. Please sign in.</body></html>"
PORTAL_PAGES = {
    "redirect": b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/login?mac=1\r\nContent-Length: 0\r\n\r\n",
    "511": b"HTTP/1.1 511 Network Authentication Required\r\nContent-Length: %d\r\n\r\n%s"
    % (len(PAGE), PAGE),
    "content": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(PAGE), PAGE),
    "blocked": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nThis site is blocked.",
}
REFUSAL = b"HTTP/1.1 403 Forbidden\r\nServer: lab-filter\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Minter:
    """Server contexts made on the spot for each server name, signed by the interceptor's CA."""

    def __init__(self, certificates: Path) -> None:
        self.authority = Authority.load(certificates, "interceptor")
        self.folder = certificates
        self.contexts: dict[str, ssl.SSLContext] = {}

    def listening(self) -> ssl.SSLContext:
        context = self._context("unnamed.example")
        context.sni_callback = self._choose
        return context

    def _choose(self, tls_object: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        if name:
            tls_object.context = self._context(name)

    def _context(self, name: str) -> ssl.SSLContext:
        if name not in self.contexts:
            day = dt.timedelta(days=1)
            self.contexts[name] = tls(
                self.authority.leaf(self.folder, f"minted-{os.getpid()}-{name}", (name,), -day, 30 * day)
            )
        return self.contexts[name]


async def intercept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass the decrypted stream on through a second TLS session to where the connection was going."""
    await _splice(reader, writer, b"", through_tls=True)


async def strip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass requests on without Upgrade and Connection, as an old HTTP/1.1 gateway does."""
    head = await reader.readuntil(b"\r\n\r\n")
    kept = [
        line for line in head.split(b"\r\n") if not line.lower().startswith((b"upgrade:", b"connection:"))
    ]
    await _splice(reader, writer, b"\r\n".join(kept), through_tls=True)


async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer 403 to an upgrade; pass other requests on."""
    head = await reader.readuntil(b"\r\n\r\n")
    if b"upgrade: websocket" in head.lower():
        writer.write(REFUSAL)
        await writer.drain()
        return
    await _splice(reader, writer, head, through_tls=True)


async def cut_upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reset the connection when an upgrade is asked for; pass other requests on."""
    head = await reader.readuntil(b"\r\n\r\n")
    if b"upgrade: websocket" in head.lower():
        _reset(writer)
        return
    await _splice(reader, writer, head, through_tls=True)


async def end_websocket(ending: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass everything on until a WebSocket comes to the moment of its *ending*."""
    head = await reader.readuntil(b"\r\n\r\n")
    if b"upgrade: websocket" not in head.lower():
        await _splice(reader, writer, head, through_tls=True)
        return
    moment, _, how = ending.partition("-")
    host, port = _destination(writer)
    far_reader, far_writer = await asyncio.open_connection(host, port, ssl=ssl._create_unverified_context())
    try:
        far_writer.write(head)
        writer.write(await far_reader.readuntil(b"\r\n\r\n"))
        await writer.drain()
        copying = asyncio.create_task(_copy(far_reader, writer))
        await _pass_frames_until(moment, reader, far_writer)
        copying.cancel()
        await endings.end(how, writer)
    finally:
        far_writer.close()


async def _pass_frames_until(
    moment: str, reader: asyncio.StreamReader, far_writer: asyncio.StreamWriter
) -> None:
    """Pass a client's frames on, one by one, until *moment*; raises EOFError when the client is gone."""
    near, far = Connection(ConnectionType.SERVER), Connection(ConnectionType.CLIENT)
    while not endings.is_now(moment, None):
        chunk = await reader.read(65536)
        if not chunk:
            raise EOFError
        near.receive_data(chunk)
        for event in near.events():
            if endings.is_now(moment, event):
                await asyncio.sleep(ROUND_TRIP)  # the replies to what was passed on come back first
                return
            far_writer.write(far.send(event))


async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, how: str, names: Path) -> None:
    """Read the ClientHello; cut the connection if its server name is listed, else pass it on."""
    hello = await reader.read(16384)
    wanted = json.loads(names.read_text())  # noqa: ASYNC240  # a few bytes in memory
    if wanted and not any(name.encode() in hello for name in wanted):
        await _splice(reader, writer, hello, through_tls=False)
    elif how == "reset":
        _reset(writer)
    elif how == "silent":
        while await reader.read(16384):
            pass


async def portal_page(how: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer a request as one kind of portal does, or as a filter that blocks the site."""
    await reader.read(4096)
    writer.write(PORTAL_PAGES[how])
    await writer.drain()


async def portal(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer anything with a redirect to a login page, in clear text."""
    await reader.read(4096)
    writer.write(PORTAL_ANSWER)
    await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def _destination(writer: asyncio.StreamWriter) -> tuple[str, int]:
    raw = writer.get_extra_info("socket").getsockopt(socket.SOL_IP, SO_ORIGINAL_DST, 16)
    port, address = struct.unpack("!2xH4s8x", raw)
    return socket.inet_ntoa(address), port


async def _splice(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, first: bytes, *, through_tls: bool
) -> None:
    host, port = _destination(writer)
    context = ssl._create_unverified_context() if through_tls else None
    far_reader, far_writer = await asyncio.open_connection(host, port, ssl=context)
    try:
        far_writer.write(first)
        async with asyncio.TaskGroup() as group:
            group.create_task(_copy(reader, far_writer))
            group.create_task(_copy(far_reader, writer))
    finally:
        far_writer.close()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()
    sink.close()


async def _guarded(listener, reader, writer) -> None:  # type: ignore[no-untyped-def]  # a plain adapter
    """Run a listener's coroutine; ignores connection errors between the two ends."""
    with contextlib.suppress(OSError, EOFError, ssl.SSLError, ExceptionGroup):
        await listener(reader, writer)
    with contextlib.suppress(OSError, ssl.SSLError):
        writer.close()


async def main(certificates: Path, names: Path) -> None:
    """Open every listener on all addresses of this namespace and serve until killed."""
    genuine = tls(certificates / "genuine.pem")
    plain = {
        at.CUT_RESET: partial(cut, how="reset", names=names),
        at.CUT_CLOSE: partial(cut, how="close", names=names),
        at.CUT_SILENT: partial(cut, how="silent", names=names),
        at.PORTAL: portal,
    }
    plain |= {port: partial(portal_page, how) for how, port in at.PORTALS.items()}
    secure = {at.STRIP: strip, at.REFUSE: refuse, at.UPGRADE_CUT: cut_upgrade}
    secure |= {port: partial(end_websocket, ending) for ending, port in at.ENDED_ON_PATH.items()}
    for port, listener in plain.items():
        await asyncio.start_server(partial(_guarded, listener), "0.0.0.0", port)
    for port, listener in secure.items():
        await asyncio.start_server(partial(_guarded, listener), "0.0.0.0", port, ssl=genuine)
    minter = Minter(certificates)
    opening = partial(_guarded, intercept)
    login = partial(_guarded, partial(portal_page, "redirect"))
    await asyncio.start_server(login, "0.0.0.0", at.PORTAL_TLS, ssl=minter.listening())
    await asyncio.start_server(opening, "0.0.0.0", at.INTERCEPT, ssl=minter.listening())
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
