"""A hub's URL, how its certificate is checked, and the proxy to reach it."""

import os
import ssl
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from probes.net.http1 import proxy_authorization
from probes.relay.dial_errors import LinkError

_PORTS: Final = {"ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class HubAddress:
    """The address of one hub."""

    url: str
    pin: str = ""  # SHA-256 of its certificate, hex; "" for `context`
    proxy: str = ""  # http://[user:password@]host:port
    context: ssl.SSLContext | None = None  # None: the system's roots

    @property
    def parts(self) -> SplitResult:
        """The parsed URL."""
        return urlsplit(self.url)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return self.parts.hostname or "", self.parts.port or _PORTS[self.parts.scheme]

    def tls(self) -> ssl.SSLContext | None:
        """The TLS context that verifies the hub; None for a hub without TLS, on this host."""
        if self.parts.scheme != "wss":
            return None
        if not self.pin:
            return self.context or ssl.create_default_context()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the caller compares the pin before it sends anything
        return context


def split_proxy(proxy: str) -> tuple[str, int, dict[str, str]]:
    """Host and port of *proxy*, and the header with its password (RFC 7617); raises LinkError."""
    parts = urlsplit(proxy)
    try:
        port = parts.port or 80
    except ValueError:
        port = 0
    if parts.scheme != "http" or not parts.hostname or not port:
        raise LinkError("write the proxy as http://[user:password@]host:port", "proxy", 0.0)
    return parts.hostname, port, proxy_authorization(parts)


def trust(roots: str | None) -> ssl.SSLContext | None:
    """The system's roots plus those in the PEM file *roots*; None if the system's are enough."""
    if not roots:
        return None
    context = ssl.create_default_context()
    context.load_verify_locations(os.fspath(roots))
    return context
