"""One sentence per failure word.

Pure: no network, no clock.
"""

from typing import Final

from bot.diagnosis.run_record import LOCATE, STATUS_PAGE
from knowledge.reasoning.device import PASTED, PREFLIGHT
from knowledge.reasoning.line_loss import describe_loss
from probes.protocol.failures import Failure
from probes.protocol.model import Observation

# Each follows the name of the target: "TCP to 192.0.2.1:443: <sentence>".
SENTENCES: Final[dict[Failure, str]] = {
    Failure.CONNECTION_REFUSED: "the connection was refused",
    Failure.CONNECTION_RESET: "the connection was cut off (reset)",
    Failure.CONNECTION_ABORTED: "the connection was aborted on this host",
    Failure.EOF_ERROR: "the connection was closed where an answer was due",
    Failure.GENERIC_TIMEOUT_ERROR: "no answer came back: something on the way drops the packets",
    Failure.HOST_UNREACHABLE: "the network says that this host cannot be reached",
    Failure.NETWORK_UNREACHABLE: "there is no route to this network",
    Failure.NETWORK_DOWN: "the network of this host is down",
    Failure.ADMIN_PROHIBITED: "a filter on the way says that this is not allowed",
    Failure.PORT_UNREACHABLE: "the other side says that nothing listens on this port",
    Failure.PERMISSION_DENIED: "the firewall of this host itself does not allow it",
    Failure.DNS_NXDOMAIN_ERROR: "the resolver says that this name does not exist",
    Failure.DNS_SERVFAIL_ERROR: "the resolver could not find out (SERVFAIL)",
    Failure.DNS_REFUSED_ERROR: "the resolver refuses to answer",
    Failure.DNS_NO_ANSWER: "the name exists, but the resolver gives no address for it",
    Failure.DNS_BOGON_ERROR: "the resolver gives an address that cannot be the service's",
    Failure.DNS_SERVER_MISBEHAVING: "the resolver's answer makes no sense",
    Failure.DNS_TIMEOUT_ERROR: "the resolver does not answer",
    Failure.DNS_UNREACHABLE_ERROR: "the resolver cannot be reached",
    Failure.SSL_UNKNOWN_AUTHORITY: "the certificate comes from an authority that nobody trusts",
    Failure.SSL_LOCAL_AUTHORITY: "the certificate comes from an authority that only this host trusts: "
    "something in between opens the traffic",
    Failure.SSL_INVALID_HOSTNAME: "the certificate is for another name",
    Failure.SSL_EXPIRED_CERTIFICATE: "the certificate has expired, or the clock here is ahead",
    Failure.SSL_NOT_YET_VALID_CERTIFICATE: "the certificate is not valid yet, or the clock here is behind",
    Failure.SSL_FAILED_HANDSHAKE: "the TLS handshake failed",
    Failure.SSL_NOT_TLS: "something that does not speak TLS answers here",
    Failure.HTTP_UNEXPECTED_STATUS: "the HTTP answer has a status that was not expected",
    Failure.HTTP_OTHER_ANSWER: "another page came in place of the expected answer",
    Failure.HTTP_MALFORMED_RESPONSE: "the answer is not valid HTTP or WebSocket",
    Failure.WEBSOCKET_UPGRADE_REFUSED: "the change to a WebSocket was refused",
    Failure.WEBSOCKET_UPGRADE_STRIPPED: "something on the way took the change to a WebSocket out",
    Failure.WEBSOCKET_CLOSED: "the WebSocket was closed before any message got through",
    Failure.PROXY_AUTH_REQUIRED: "the proxy wants a user name and password",
    Failure.PROXY_REFUSED: "the proxy refuses the connection",
    Failure.PROXY_UNREACHABLE: "the proxy cannot be reached",
    Failure.STUN_MALFORMED_RESPONSE: "the answer is not STUN",
    Failure.TURN_UNAUTHORIZED: "the TURN server does not accept the credentials",
    Failure.TURN_FORBIDDEN: "the TURN server forbids it",
    Failure.TURN_QUOTA_REACHED: "these credentials have too many allocations already",
    Failure.TURN_INSUFFICIENT_CAPACITY: "the TURN server is full",
    Failure.TURN_STALE_NONCE: "the TURN server keeps refusing its own nonce",
    Failure.TURN_UNSUPPORTED_TRANSPORT: "the TURN server does not relay UDP",
    Failure.TURN_SERVER_ERROR: "the TURN server answered with an error",
    Failure.UDP_OUTBOUND_LOST: "media packets on the way out are lost on some ports",
    Failure.UDP_INBOUND_LOST: "media packets go out, but do not come back in",
    Failure.LARGE_PACKETS_LOST: "long packets are lost; shorter ones get through",
    Failure.SKIPPED: "not looked at, because what it needs had failed",
    Failure.CANCELLED: "not looked at, because the answer was clear without it",
    Failure.OUT_OF_TIME: "not looked at to the end: the time was over",
    Failure.NO_CREDENTIALS: "could not look without TURN credentials",
    Failure.NO_PROXY: "not looked at: nobody named a proxy",
    Failure.NO_ADDRESS: "could not look without an address",
    Failure.INCONCLUSIVE: "looked, but the result cannot be trusted",
    Failure.NOT_SUPPORTED: "this test is not possible here",
    Failure.PROBE_CRASHED: "the test itself broke; this is a fault in Lineman",
    Failure.NOT_ALLOWED: "this relay is not allowed to look there",
    Failure.RELAY_LOST: "not known: the relay was gone before it could tell",
}

# What each probe does, placed before its target.
ACTS: Final = {
    "route": "Way out towards",
    "ip_version": "IP versions towards",
    "dns": "Name lookup of",
    "tcp": "TCP connection to",
    "tls": "TLS session with",
    "websocket": "WebSocket to",
    "http": "HTTPS request to",
    "portal": "Page with a known content at",
    "pac": "Search for a proxy script (PAC) in the",
    "stun": "STUN binding with",
    "nat": "NAT behaviour seen from",
    "quality": "Loss, round trip, and jitter to",
    "turn": "TURN allocation on",
    "udp_media": "Media packets over UDP through",
    "mtu": "Long packets to",
    "edges": "Time to every edge, beside",
    "locate": "Path, hop by hop, to",
    "status_page": "Status page at",
    "preflight": "Report of the SDK's own test on",
    "pasted": "Pasted output about",
}

# Probes whose observations were read from a text, not made by a relay.
REPORTED: Final = frozenset({PREFLIGHT, PASTED})


def sentence(observation: Observation) -> str:
    """Describe an observation in one line, without a full stop."""
    act = ACTS.get(observation.probe, f"{observation.probe} to")
    return f"{act} {place(observation)}: {outcome(observation)}"


def outcome(observation: Observation) -> str:
    """Describe the result of an observation as part of a sentence."""
    if observation.probe in REPORTED:
        return "read"  # the facts have the details; the user's test itself may have failed
    if observation.probe == STATUS_PAGE:
        return "read" if "says" in observation.facts else "not read"
    if loss := describe_loss(observation):
        return f"no answer came back, but {loss}, so this proves nothing"
    if observation.probe == LOCATE and observation.failure is None:
        return "traced"  # routers that do not answer are no failure
    return "fine" if observation.failure is None else SENTENCES[observation.failure]


def place(observation: Observation) -> str:
    """Name the target of an observation: the name for a lookup, else host and port."""
    target = observation.target
    if observation.probe == "dns" or not target.port:
        return target.host or target.service
    return str(target)
