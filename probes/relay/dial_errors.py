"""Explain in one sentence why a relay cannot reach its hub. Calls take the same path."""

import os
import socket
import ssl
from typing import Final

from probes.net.http1 import Head

_NOT_SWITCHED: Final = (
    "did not switch to WebSocket (HTTP {}): a proxy removes the Upgrade header, or this is not a hub"
)
_ELSEWHERE: Final = "the hub's address redirects to {!r}, and relays do not follow redirects"


class LinkError(Exception):
    """The connection to the hub failed or ended."""

    def __init__(
        self, sentence: str, reason: str = "lost", retry: float | None = None, proof: str = ""
    ) -> None:
        super().__init__(sentence)
        self.reason = reason  # one of messages.REJECTIONS, or one of ours
        self.retry = retry  # seconds; 0: only an operator can change it; None: the usual wait
        self.proof = proof  # a signed revocation, not verified


def not_reached(error: OSError, hub: str, proxy: str) -> LinkError:
    """The *hub*, or the *proxy* if there is one, does not accept the connection."""
    if proxy:
        return LinkError(f"{via(proxy)} cannot be reached: {_why(error)}", "proxy_unreachable")
    if isinstance(error, socket.gaierror):
        return LinkError("this host's DNS server cannot resolve the hub's name", "dns")
    return LinkError(f"{hub} cannot be reached: {_why(error)}", "unreachable")


def no_tunnel(head: Head, proxy: str) -> LinkError:
    """The *proxy* refuses CONNECT."""
    if head.status == 407:
        takes = ", ".join(head.auth_schemes) or "no method"
        return LinkError(f"{via(proxy)} requires a login (407; it accepts {takes})", "proxy_auth_required")
    return LinkError(f"{via(proxy)} refused to connect to the hub (HTTP {head.status})", "proxy_refused")


def not_trusted(error: Exception) -> LinkError:
    """TLS fails, or the certificate is not trusted."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return LinkError(f"the hub's certificate is not trusted: {error.verify_message}", "not_trusted")
    return LinkError(
        "TLS with the hub fails: a device on the path closes it, or the hub does not use TLS", "tls"
    )


def not_pinned() -> LinkError:
    """The certificate is not the pinned one."""
    return LinkError(
        "the hub's certificate is not the pinned one: a device on the path may be intercepting it",
        "not_trusted",
    )


def not_switched(head: Head, hub: str) -> LinkError:
    """The server answers in HTTP but does not switch to WebSocket."""
    if 300 <= head.status < 400:
        return LinkError(_ELSEWHERE.format(head.get("location")), "redirect", 60.0)
    return LinkError(f"{hub} {_NOT_SWITCHED.format(head.status)}", "upgrade_stripped")


def cut(whom: str) -> LinkError:
    """The server was reached, but the connection closed before it was complete."""
    return LinkError(f"{whom} was reached, but the connection was closed", "cut")


def late(hub: str) -> LinkError:
    """The hub did not answer in time."""
    return LinkError(f"{hub} does not answer in time", "timeout")


def via(proxy: str) -> str:
    """Describe the *proxy* without its password."""
    return f"the proxy {proxy.rpartition('@')[2].removeprefix('http://')}"


def _why(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "its name cannot be resolved"
    return (os.strerror(error.errno) if error.errno else str(error) or type(error).__name__)[:120]
