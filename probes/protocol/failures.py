"""Failure words, and the one place where an exception is mapped to a failure word.

The names are OONI's (df-007-errors) where OONI has one. They are stored: add, never rename.
"""

import errno
import ssl
from enum import StrEnum
from typing import Final


class Failure(StrEnum):
    """Why a check of one target failed; success is None."""

    # The network refused, or did not reply.
    CONNECTION_REFUSED = "connection_refused"  # TCP RST to our SYN
    CONNECTION_RESET = "connection_reset"  # RST on an established connection
    CONNECTION_ABORTED = "connection_aborted"
    EOF_ERROR = "eof_error"  # FIN before the expected reply
    GENERIC_TIMEOUT_ERROR = "generic_timeout_error"  # no reply: packets are dropped
    HOST_UNREACHABLE = "host_unreachable"  # ICMP 3/1, or no reply from the next hop (ARP, NDP)
    NETWORK_UNREACHABLE = "network_unreachable"  # ICMP 3/0, or no route on this host
    NETWORK_DOWN = "network_down"
    ADMIN_PROHIBITED = "admin_prohibited"  # ICMP 3/9, 3/10, 3/13: rejected by a firewall
    PORT_UNREACHABLE = "port_unreachable"  # ICMP 3/3 to a datagram
    PERMISSION_DENIED = "permission_denied"  # this host's own firewall

    # Name lookup (DNS).
    DNS_NXDOMAIN_ERROR = "dns_nxdomain_error"
    DNS_SERVFAIL_ERROR = "dns_servfail_error"
    DNS_REFUSED_ERROR = "dns_refused_error"
    DNS_NO_ANSWER = "dns_no_answer"  # NOERROR without an address
    DNS_BOGON_ERROR = "dns_bogon_error"  # an address that the service cannot have
    DNS_SERVER_MISBEHAVING = "dns_server_misbehaving"  # any other rcode, or a malformed reply
    DNS_TIMEOUT_ERROR = "dns_timeout_error"  # no reply from the resolver
    DNS_UNREACHABLE_ERROR = "dns_unreachable_error"  # an ICMP error, or no route to the resolver

    # TLS.
    SSL_UNKNOWN_AUTHORITY = "ssl_unknown_authority"  # neither public nor locally trusted
    SSL_LOCAL_AUTHORITY = "ssl_local_authority"  # trusted on this host only: interception
    SSL_INVALID_HOSTNAME = "ssl_invalid_hostname"
    SSL_EXPIRED_CERTIFICATE = "ssl_expired_certificate"
    SSL_NOT_YET_VALID_CERTIFICATE = "ssl_not_yet_valid_certificate"
    SSL_FAILED_HANDSHAKE = "ssl_failed_handshake"  # an alert, or a protocol error
    SSL_NOT_TLS = "ssl_not_tls"  # the server on this port does not use TLS

    # HTTP and WebSocket.
    HTTP_UNEXPECTED_STATUS = "http_unexpected_status"
    HTTP_OTHER_ANSWER = "http_other_answer"  # a known answer was expected; a page of another site came
    HTTP_MALFORMED_RESPONSE = "http_malformed_response"
    WEBSOCKET_UPGRADE_REFUSED = "websocket_upgrade_refused"  # 4xx or 5xx
    WEBSOCKET_UPGRADE_STRIPPED = (
        "websocket_upgrade_stripped"  # 2xx or 3xx: a device removed the Upgrade header
    )
    WEBSOCKET_CLOSED = "websocket_closed"  # a close frame before any of our frames was answered
    PROXY_AUTH_REQUIRED = "proxy_auth_required"  # 407
    PROXY_REFUSED = "proxy_refused"  # CONNECT answered by another status
    PROXY_UNREACHABLE = "proxy_unreachable"

    # STUN and TURN (RFC 8489, RFC 8656).
    STUN_MALFORMED_RESPONSE = "stun_malformed_response"
    TURN_UNAUTHORIZED = "turn_unauthorized"  # 401 or 441 although credentials were given
    TURN_FORBIDDEN = "turn_forbidden"  # 403
    TURN_QUOTA_REACHED = "turn_quota_reached"  # 486
    TURN_INSUFFICIENT_CAPACITY = "turn_insufficient_capacity"  # 508
    TURN_STALE_NONCE = "turn_stale_nonce"  # 438 on every attempt
    TURN_UNSUPPORTED_TRANSPORT = "turn_unsupported_transport"  # 442
    TURN_SERVER_ERROR = "turn_server_error"  # any other error response

    # Media ports.
    UDP_OUTBOUND_LOST = "udp_outbound_lost"  # on at least one port, no packet that we sent arrived
    UDP_INBOUND_LOST = "udp_inbound_lost"  # packets arrive, replies are blocked

    # Long packets.
    LARGE_PACKETS_LOST = "large_packets_lost"  # shorter ones pass, and no router says that they are too long

    # Not checked, or could not be checked: neither "fine" nor "broken".
    SKIPPED = "skipped"  # a step that must succeed first failed
    CANCELLED = "cancelled"  # the result was no longer needed
    OUT_OF_TIME = "out_of_time"  # the plan's time limit was reached
    NO_CREDENTIALS = "no_credentials"  # TURN requires credentials, and none were given
    NO_PROXY = "no_proxy"  # neither the plan nor this host's settings name a proxy
    NO_ADDRESS = "no_address"  # no address of the family in question
    INCONCLUSIVE = "inconclusive"  # the check ran, but its control measurement failed
    NOT_SUPPORTED = "not_supported"  # the peer or this host cannot do this test
    PROBE_CRASHED = "probe_crashed"  # a bug in Lineman, logged with its traceback
    NOT_ALLOWED = "not_allowed"  # denied by the relay's egress policy
    RELAY_LOST = "relay_lost"  # the relay went offline before it reported a result


NO_RESULT: Final = frozenset(
    {
        Failure.SKIPPED,
        Failure.CANCELLED,
        Failure.OUT_OF_TIME,
        Failure.NO_CREDENTIALS,
        Failure.NO_PROXY,
        Failure.NO_ADDRESS,
        Failure.INCONCLUSIVE,
        Failure.NOT_SUPPORTED,
        Failure.PROBE_CRASHED,
        Failure.NOT_ALLOWED,
        Failure.RELAY_LOST,
    }
)

_ERRNO: Final = {
    errno.ECONNREFUSED: Failure.CONNECTION_REFUSED,
    errno.ECONNRESET: Failure.CONNECTION_RESET,
    errno.EPIPE: Failure.CONNECTION_RESET,
    errno.ECONNABORTED: Failure.CONNECTION_ABORTED,
    errno.EHOSTUNREACH: Failure.HOST_UNREACHABLE,
    errno.EHOSTDOWN: Failure.HOST_UNREACHABLE,
    errno.ENETUNREACH: Failure.NETWORK_UNREACHABLE,
    errno.ENETDOWN: Failure.NETWORK_DOWN,
    # No address of that family on any interface: for the user the same as no route.
    errno.EADDRNOTAVAIL: Failure.NETWORK_UNREACHABLE,
    errno.EAFNOSUPPORT: Failure.NETWORK_UNREACHABLE,
    errno.ETIMEDOUT: Failure.GENERIC_TIMEOUT_ERROR,
    errno.EACCES: Failure.PERMISSION_DENIED,
    errno.EPERM: Failure.PERMISSION_DENIED,
}


class NetworkError(OSError):
    """A failure with a more specific word than its errno gives."""

    def __init__(self, failure: Failure, icmp_from: str = "") -> None:
        super().__init__(failure.value)
        self.failure = failure
        self.icmp_from = icmp_from  # the router or host that sent the ICMP error; "" if none did


class EgressDenied(Exception):  # noqa: N818 - an outcome, not a network error
    """The relay's egress policy denies it. Not an OSError, so that no check mistakes it for a network failure."""


def classify(error: BaseException) -> Failure:
    """Map *error* to a failure word by type and errno, never by its text; PROBE_CRASHED if no word fits."""
    match error:
        case NetworkError():
            return error.failure
        case TimeoutError():
            return Failure.GENERIC_TIMEOUT_ERROR
        case ssl.SSLError():
            return Failure.SSL_FAILED_HANDSHAKE
        case EOFError():  # includes asyncio.IncompleteReadError
            return Failure.EOF_ERROR
        case OSError():
            return _ERRNO.get(error.errno or 0, Failure.PROBE_CRASHED)
        case EgressDenied():
            return Failure.NOT_ALLOWED
        case BaseExceptionGroup() if error.subgroup(EgressDenied):  # it ended a task group of the check
            return Failure.NOT_ALLOWED
    return Failure.PROBE_CRASHED
