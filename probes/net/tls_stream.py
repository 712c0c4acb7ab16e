"""TLS over our own socket, without verification. Shows where a handshake broke, which asyncio's TLS hides."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import Final

from probes.net.tcp_info import TcpInfo, tcp_info
from probes.protocol.failures import Failure, NetworkError

_RECORDS: Final = {0x15, 0x16}  # alert and handshake: the first record of a TLS server (RFC 8446 section 5.1)
_MOST: Final = 262_144  # bytes of a handshake; long certificate chains have 10 kB
_CHUNK: Final = 65_536

_ALERTS: Final = {  # RFC 8446 6, RFC 5246 7.2
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    22: "record_overflow",
    40: "handshake_failure",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    116: "certificate_required",
    120: "no_application_protocol",
}


class TlsStream:
    """A TLS session over a connected socket, which it owns. The server's certificate is not verified."""

    def __init__(self, sock: socket.socket, host: str, alpn: Sequence[str] = ("http/1.1",)) -> None:
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = _context(tuple(alpn)).wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self.stage = "hello"  # then "mid" from the first byte received, then "done"
        self.received = 0  # bytes
        self.alert = ""  # the name of the server's alert, if it ended the handshake with one

    def __enter__(self) -> "TlsStream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the socket at once, without a TLS close_notify."""
        self._sock.close()

    async def handshake(self, *, writes_next: bool = False) -> None:
        """Complete the TLS handshake; raises EOFError, OSError, ssl.SSLError or NetworkError(ssl_not_tls).

        If the caller *writes_next*, the last part of the handshake leaves with what it writes.
        """
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError as error:
                self.alert = self.alert or _alert_of(error.reason or "")
                raise
            await self._flush()
            await self._fill()
            if self.received > _MOST:
                raise NetworkError(Failure.SSL_FAILED_HANDSHAKE)
        if not writes_next:
            await self._flush()
        self.stage = "done"

    async def read(self) -> bytes:
        """Read some bytes; b"" after the peer has closed."""
        while True:
            try:
                return self._tls.read(_CHUNK)
            except ssl.SSLWantReadError:
                pass
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
            await self._flush()
            try:
                await self._fill()
            except EOFError:
                return b""

    async def write(self, content: bytes) -> None:
        """Send all of *content*."""
        self._tls.write(content)
        await self._flush()

    @property
    def tcp(self) -> TcpInfo:
        """What the kernel knows about the TCP connection."""
        return tcp_info(self._sock)

    @property
    def version(self) -> str:
        """The TLS version, such as TLSv1.3."""
        return self._tls.version() or ""

    @property
    def cipher(self) -> str:
        """The cipher suite, in OpenSSL's spelling."""
        cipher = self._tls.cipher()
        return cipher[0] if cipher else ""

    @property
    def alpn(self) -> str:
        """The negotiated application protocol; "" for none."""
        return self._tls.selected_alpn_protocol() or ""

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The certificates that the server sent, in DER, its own first."""
        public = getattr(self._tls, "get_unverified_chain", None)
        if public is not None:
            return tuple(public() or ())
        inner = self._tls._sslobj  # type: ignore[attr-defined]  # noqa: SLF001 - public from Python 3.13 on
        return tuple(
            ssl.PEM_cert_to_DER_cert(entry.public_bytes()) for entry in inner.get_unverified_chain() or ()
        )

    async def _flush(self) -> None:
        if packet := self._outgoing.read():
            await self._loop.sock_sendall(self._sock, packet)

    async def _fill(self) -> None:
        packet = await self._loop.sock_recv(self._sock, _CHUNK)
        if not packet:
            raise EOFError
        self.received += len(packet)
        if self.stage == "hello":
            self.stage = "mid"
            if packet[0] not in _RECORDS:
                raise NetworkError(Failure.SSL_NOT_TLS)
            if packet[0] == 0x15 and len(packet) >= 7:
                self.alert = _ALERTS.get(packet[6], str(packet[6]))
        self._incoming.write(packet)


def client_hello(host: str) -> bytes:
    """The first bytes of a TLS session with *host*, as a `TlsStream` sends them."""
    outgoing = ssl.MemoryBIO()
    tls = _context(("http/1.1",)).wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=host)
    with suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


def _alert_of(reason: str) -> str:
    """The alert's name in OpenSSL's reason: `SSLV3_ALERT_HANDSHAKE_FAILURE`."""
    return reason.partition("_ALERT_")[2].lower()


@cache
def _context(alpn: tuple[str, ...]) -> ssl.SSLContext:
    """One context for all sessions: making one costs more than a handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # probes/net/certificate_verdict.py judges it after the handshake
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context
