"""Why a relay does not get to its hub, in a sentence: the way there is the way that calls take."""

import socket
from typing import Final

import aiohttp

_NOT_SWITCHED: Final = "did not switch to WebSocket (HTTP {}): a proxy strips the Upgrade, or this is no hub"


class LinkError(Exception):
    """The connection did not come about, or is over."""

    def __init__(self, sentence: str, reason: str = "lost", retry: float | None = None) -> None:
        super().__init__(sentence)
        self.reason = reason  # a word of channel.REJECTIONS, or one of ours
        self.retry = retry  # seconds; 0: no other try will do better; None: as usual


def put_in_words(error: Exception, hub: str, proxy: str) -> LinkError:
    """What *error* of aiohttp's means for whoever runs this relay."""
    via = f"the proxy {proxy.rpartition('@')[2].removeprefix('http://')}"
    match error:
        case aiohttp.ClientHttpProxyError(status=407):
            taken = _schemes(error)
            return LinkError(f"{via} wants to know who asks (407; it takes {taken})", "proxy_auth_required")
        case aiohttp.ClientHttpProxyError():
            return LinkError(f"{via} refuses to connect to the hub (HTTP {error.status})", "proxy_refused")
        case aiohttp.ClientProxyConnectionError():
            return LinkError(f"{via} cannot be reached: {_why(error)}", "proxy_unreachable")
        case aiohttp.WSServerHandshakeError():
            return LinkError(f"{hub} {_NOT_SWITCHED.format(error.status)}", "upgrade_stripped")
        case aiohttp.ClientConnectorDNSError() | socket.gaierror():
            return LinkError("the hub's name is not known to this host's resolver", "dns")
        case TimeoutError():
            return LinkError(f"{hub} does not answer in time", "timeout")
    return _of_tls(error) or _of_connection(error, hub)


def _of_tls(error: Exception) -> LinkError | None:
    match error:
        case aiohttp.ServerFingerprintMismatch():
            return LinkError(
                "the hub's certificate is not the pinned one: somebody stands in between", "not_trusted"
            )
        case aiohttp.ClientConnectorCertificateError():
            reason = getattr(error.certificate_error, "verify_message", "") or "it is for another name"
            return LinkError(f"the hub's certificate is not to be trusted: {reason}", "not_trusted")
        case aiohttp.ClientConnectorSSLError():
            return LinkError("TLS with the hub fails: something on the way cuts it, or it is no TLS", "tls")
    return None


def _of_connection(error: Exception, hub: str) -> LinkError:
    match error:
        case aiohttp.ClientConnectorError():
            return LinkError(f"{hub} cannot be reached: {_why(error)}", "unreachable")
        case aiohttp.ServerDisconnectedError() | ConnectionError():
            return LinkError(f"{hub} was reached, and the connection cut", "cut")
    return LinkError(f"the connection to {hub} fails ({type(error).__name__})", "lost")


def _schemes(error: aiohttp.ClientHttpProxyError) -> str:
    offers = error.headers.getall("Proxy-Authenticate", []) if error.headers else []
    return (
        ", ".join(sorted({offer.split()[0][:40] for offer in offers if offer.strip()})) or "nothing it names"
    )


def _why(error: aiohttp.ClientConnectorError) -> str:
    return (error.os_error.strerror or type(error.os_error).__name__)[:120]
