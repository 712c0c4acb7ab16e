"""The words for what goes wrong, and the one place where an exception becomes a word.

The names are OONI's (df-007-errors) where OONI has one. They are stored: add, never rename.
"""

import errno
import ssl
from enum import StrEnum
from typing import Final


class Failure(StrEnum):
    """How a look at one target ended badly; success is None."""

    # The network said no, or nothing.
    CONNECTION_REFUSED = "connection_refused"  # TCP RST to our SYN
    CONNECTION_RESET = "connection_reset"  # RST after the connection stood
    CONNECTION_ABORTED = "connection_aborted"
    EOF_ERROR = "eof_error"  # FIN where an answer was due
    GENERIC_TIMEOUT_ERROR = "generic_timeout_error"  # nothing came back: dropped
    HOST_UNREACHABLE = "host_unreachable"  # ICMP 3/1, or no neighbour answers
    NETWORK_UNREACHABLE = "network_unreachable"  # ICMP 3/0, or no route here
    NETWORK_DOWN = "network_down"
    ADMIN_PROHIBITED = "admin_prohibited"  # ICMP 3/9, 3/10, 3/13: a filter says so
    PORT_UNREACHABLE = "port_unreachable"  # ICMP 3/3 to a datagram
    PERMISSION_DENIED = "permission_denied"  # this host's own firewall

    # Names.
    DNS_NXDOMAIN_ERROR = "dns_nxdomain_error"
    DNS_SERVFAIL_ERROR = "dns_servfail_error"
    DNS_REFUSED_ERROR = "dns_refused_error"
    DNS_NO_ANSWER = "dns_no_answer"  # NOERROR without an address
    DNS_BOGON_ERROR = "dns_bogon_error"  # an address that cannot be the service's
    DNS_SERVER_MISBEHAVING = "dns_server_misbehaving"  # any other rcode, or junk
    DNS_TIMEOUT_ERROR = "dns_timeout_error"  # the resolver stays silent
    DNS_UNREACHABLE_ERROR = "dns_unreachable_error"  # the resolver cannot be reached, says the network

    # TLS.
    SSL_UNKNOWN_AUTHORITY = "ssl_unknown_authority"  # neither public nor locally trusted
    SSL_LOCAL_AUTHORITY = "ssl_local_authority"  # trusted on this host only: interception
    SSL_INVALID_HOSTNAME = "ssl_invalid_hostname"
    SSL_EXPIRED_CERTIFICATE = "ssl_expired_certificate"
    SSL_NOT_YET_VALID_CERTIFICATE = "ssl_not_yet_valid_certificate"
    SSL_FAILED_HANDSHAKE = "ssl_failed_handshake"  # an alert, or a protocol error
    SSL_NOT_TLS = "ssl_not_tls"  # something else speaks on this port

    # HTTP and WebSocket.
    HTTP_UNEXPECTED_STATUS = "http_unexpected_status"
    HTTP_MALFORMED_RESPONSE = "http_malformed_response"
    WEBSOCKET_UPGRADE_REFUSED = "websocket_upgrade_refused"  # a 4xx or 5xx answer
    WEBSOCKET_UPGRADE_STRIPPED = "websocket_upgrade_stripped"  # a 2xx or 3xx: somebody took Upgrade out
    PROXY_AUTH_REQUIRED = "proxy_auth_required"  # 407
    PROXY_REFUSED = "proxy_refused"  # CONNECT answered by another status
    PROXY_UNREACHABLE = "proxy_unreachable"

    # STUN and TURN (RFC 8489, RFC 8656).
    STUN_MALFORMED_RESPONSE = "stun_malformed_response"
    TURN_UNAUTHORIZED = "turn_unauthorized"  # 401 or 441 although credentials were given
    TURN_FORBIDDEN = "turn_forbidden"  # 403
    TURN_QUOTA_REACHED = "turn_quota_reached"  # 486
    TURN_INSUFFICIENT_CAPACITY = "turn_insufficient_capacity"  # 508
    TURN_STALE_NONCE = "turn_stale_nonce"  # 438 again and again
    TURN_UNSUPPORTED_TRANSPORT = "turn_unsupported_transport"  # 442
    TURN_SERVER_ERROR = "turn_server_error"  # any other error answer

    # Media proof.
    UDP_OUTBOUND_LOST = "udp_outbound_lost"  # at least one port: nothing we sent arrived
    UDP_INBOUND_LOST = "udp_inbound_lost"  # out it went, the way back is shut

    # Nobody looked, or nobody could: never to be read as "fine", nor as "broken".
    SKIPPED = "skipped"  # the step it comes after failed
    CANCELLED = "cancelled"  # nobody needed the answer any more
    OUT_OF_TIME = "out_of_time"  # the plan's hard cap came first
    NO_CREDENTIALS = "no_credentials"  # TURN asked for them, nobody gave any
    NO_PROXY = "no_proxy"  # neither the plan nor this host's own settings name one
    NO_ADDRESS = "no_address"  # no address of the family in question
    INCONCLUSIVE = "inconclusive"  # the probe ran, its control did not hold
    NOT_SUPPORTED = "not_supported"  # the peer or this host cannot do this test
    PROBE_CRASHED = "probe_crashed"  # a bug of ours, logged with its traceback
    NOT_ALLOWED = "not_allowed"  # outside the relay's own fence
    RELAY_LOST = "relay_lost"  # the relay was gone before it said what it saw


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
    """A failure whose word is known better than an errno can tell it."""

    def __init__(self, failure: Failure, icmp_from: str = "") -> None:
        super().__init__(failure.value)
        self.failure = failure
        self.icmp_from = icmp_from  # the router or host whose ICMP said so, if one did


class EgressDenied(Exception):  # noqa: N818 - an outcome, and no error of the network's
    """The relay's own fence forbids it. Not an OSError: no probe may take it for what the network did."""


def classify(error: BaseException) -> Failure:
    """The word for *error*, by type and errno and never by its text; a bug if there is none."""
    match error:
        case NetworkError():
            return error.failure
        case TimeoutError():
            return Failure.GENERIC_TIMEOUT_ERROR
        case ssl.SSLError():
            return Failure.SSL_FAILED_HANDSHAKE
        case EOFError():  # asyncio.IncompleteReadError among them
            return Failure.EOF_ERROR
        case OSError():
            return _ERRNO.get(error.errno or 0, Failure.PROBE_CRASHED)
        case EgressDenied():
            return Failure.NOT_ALLOWED
        case BaseExceptionGroup() if error.subgroup(EgressDenied):  # it ended a task group of the probe's
            return Failure.NOT_ALLOWED
    return Failure.PROBE_CRASHED
