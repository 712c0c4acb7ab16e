"""One TLS handshake on a connection of its own, whose fields can be read at any time."""

from dataclasses import dataclass
from typing import Final

from probes.checks.context import ProbeContext
from probes.net.clock import milliseconds_since, now
from probes.net.sockets import connect_tcp
from probes.net.tls_stream import TlsStream

STAGES: Final = ("connect", "hello", "mid", "done")  # in this order


@dataclass(slots=True)
class Handshake:
    """A handshake with *host* at *address*, without verification."""

    host: str
    address: str
    port: int
    context: ProbeContext
    stream: TlsStream | None = None
    tcp_ms: float | None = None
    tls_ms: float | None = None

    async def run(self) -> "Handshake":
        """Connect and complete the handshake; raises OSError or EOFError. The stream stays open until `close`."""
        start = now()
        sock = await connect_tcp(self.address, self.port, speaks_first=True)
        self.tcp_ms = milliseconds_since(start)
        self.context.shared.controls.learn("tcp", self.address, self.port, now() - start)
        self.stream = TlsStream(sock, self.host)
        start = now()
        await self.stream.handshake()
        self.tls_ms = milliseconds_since(start)
        return self

    def close(self) -> None:
        """Close the connection."""
        if self.stream:
            self.stream.close()

    @property
    def stage(self) -> str:
        """How far it came."""
        return self.stream.stage if self.stream else "connect"

    @property
    def is_confirmed(self) -> bool:
        """Whether the peer's TCP confirmed all that was sent: then the server may only be slow."""
        return self.stream is not None and self.stream.tcp.unacknowledged == 0

    @property
    def is_answered(self) -> bool:
        """Whether the server sent anything."""
        return self.stream is not None and self.stream.received > 0

    @property
    def hello_sent(self) -> int:
        """How often TCP sent the ClientHello, the first packet of ours, while nobody confirmed it."""
        return 0 if self.stream is None else 1 + self.stream.tcp.resent_now

    def note(self) -> None:
        """Note how far it came, and how long each part took."""
        self.context.note(stage=self.stage)
        if self.tcp_ms is not None:
            self.context.note(tcp_ms=self.tcp_ms)
        if self.stream:
            self.context.note(received=self.stream.received)
            if self.stream.received or self.stream.alert or self.tls_ms is not None:
                self.context.note(alert=self.stream.alert)
