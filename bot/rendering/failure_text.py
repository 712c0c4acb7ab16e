"""One sentence per failure word.

Pure: no network, no clock.
"""

from typing import Final

from bot.diagnosis.run_record import LOCATE, STATUS_PAGE
from knowledge.reasoning.device import PASTED, PREFLIGHT
from knowledge.reasoning.line_loss import describe_doubt, describe_loss
from probes.protocol.failures import Failure
from probes.protocol.model import Observation

# Each follows the name of the target: "TCP to 192.0.2.1:443: <sentence>".
SENTENCES: Final[dict[Failure, str]] = {
    Failure.CONNECTION_REFUSED: "the connection was refused",
    Failure.CONNECTION_RESET: "the connection was reset",
    Failure.CONNECTION_ABORTED: "the connection was aborted on this host",
    Failure.EOF_ERROR: "the connection was closed before an answer",
    Failure.GENERIC_TIMEOUT_ERROR: "no reply; packets are dropped on the path",
    Failure.HOST_UNREACHABLE: "the network reports that this host cannot be reached",
    Failure.NETWORK_UNREACHABLE: "there is no route to this network",
    Failure.NETWORK_DOWN: "this host's network is down",
    Failure.ADMIN_PROHIBITED: "a firewall rejected it (ICMP prohibited)",
    Failure.PORT_UNREACHABLE: "nothing listens on this port",
    Failure.PERMISSION_DENIED: "this host's own firewall blocked it",
    Failure.DNS_NXDOMAIN_ERROR: "the DNS server reports that this name does not exist",
    Failure.DNS_SERVFAIL_ERROR: "the DNS server could not resolve it (SERVFAIL)",
    Failure.DNS_REFUSED_ERROR: "the DNS server refused to answer",
    Failure.DNS_NO_ANSWER: "the name exists, but the DNS server has no address for it",
    Failure.DNS_BOGON_ERROR: "the DNS server returned an address that cannot be the service's",
    Failure.DNS_SERVER_MISBEHAVING: "the DNS server's answer is not valid",
    Failure.DNS_TIMEOUT_ERROR: "no reply from the DNS server",
    Failure.DNS_UNREACHABLE_ERROR: "the DNS server cannot be reached",
    Failure.SSL_UNKNOWN_AUTHORITY: "the certificate comes from an untrusted authority",
    Failure.SSL_LOCAL_AUTHORITY: (
        "the certificate comes from an authority that only this host trusts: a device on the path "
        "decrypts the traffic"
    ),
    Failure.SSL_INVALID_HOSTNAME: "the certificate is for another name",
    Failure.SSL_EXPIRED_CERTIFICATE: "the certificate has expired, or this host's clock is ahead",
    Failure.SSL_NOT_YET_VALID_CERTIFICATE: "the certificate is not valid yet, or this host's clock is behind",
    Failure.SSL_FAILED_HANDSHAKE: "the TLS handshake failed",
    Failure.SSL_NOT_TLS: "the server does not use TLS on this port",
    Failure.HTTP_UNEXPECTED_STATUS: "unexpected HTTP status",
    Failure.HTTP_OTHER_ANSWER: "a different page came back",
    Failure.HTTP_MALFORMED_RESPONSE: "the answer is not valid HTTP or WebSocket",
    Failure.WEBSOCKET_UPGRADE_REFUSED: "the WebSocket upgrade was refused",
    Failure.WEBSOCKET_UPGRADE_STRIPPED: "a device on the path removed the WebSocket upgrade",
    Failure.WEBSOCKET_CLOSED: "the WebSocket was closed before any message arrived",
    Failure.PROXY_AUTH_REQUIRED: "the proxy requires a login",
    Failure.PROXY_REFUSED: "the proxy refused the connection",
    Failure.PROXY_UNREACHABLE: "the proxy cannot be reached",
    Failure.STUN_MALFORMED_RESPONSE: "the answer is not STUN",
    Failure.TURN_UNAUTHORIZED: "the TURN server rejected the credentials",
    Failure.TURN_FORBIDDEN: "the TURN server does not allow it",
    Failure.TURN_QUOTA_REACHED: "these credentials already have too many allocations",
    Failure.TURN_INSUFFICIENT_CAPACITY: "the TURN server is full",
    Failure.TURN_STALE_NONCE: "the TURN server keeps rejecting its own nonce",
    Failure.TURN_UNSUPPORTED_TRANSPORT: "the TURN server does not relay UDP",
    Failure.TURN_SERVER_ERROR: "the TURN server answered with an error",
    Failure.UDP_OUTBOUND_LOST: "outgoing media packets are lost on some ports",
    Failure.UDP_INBOUND_LOST: "media packets go out, but replies do not come back",
    Failure.LARGE_PACKETS_LOST: "long packets are lost; shorter ones get through",
    Failure.SKIPPED: "not checked, because a check that it needs failed",
    Failure.CANCELLED: "not checked, because the answer was already clear",
    Failure.OUT_OF_TIME: "not completed: out of time",
    Failure.NO_CREDENTIALS: "not checked: no TURN credentials",
    Failure.NO_PROXY: "not checked: no proxy is set",
    Failure.NO_ADDRESS: "not checked: no address",
    Failure.INCONCLUSIVE: "checked, but the result is not reliable",
    Failure.NOT_SUPPORTED: "this check is not possible here",
    Failure.PROBE_CRASHED: "the check crashed; this is a fault in Lineman",
    Failure.NOT_ALLOWED: "this relay is not allowed to check this host",
    Failure.RELAY_LOST: "not known: the relay disconnected before it could check this",
}

# What each probe does, placed before its target.
ACTS: Final = {
    "route": "Internet access toward",
    "ip_version": "IP versions toward",
    "dns": "Name lookup (DNS) of",
    "tcp": "TCP connection to",
    "tls": "TLS session with",
    "websocket": "WebSocket to",
    "http": "HTTPS request to",
    "portal": "Known page at",
    "pac": "Search for a proxy script (PAC) in the",
    "stun": "STUN binding with",
    "nat": "NAT behavior toward",
    "quality": "Loss, round trip, and jitter to",
    "turn": "TURN allocation on",
    "udp_media": "Media packets over UDP through",
    "mtu": "Long packets to",
    "edges": "Round trips to every edge, including",
    "fill": "Round trip while the line is busy, to",
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
        return f"no reply, but {loss}, so this proves nothing"
    if doubt := describe_doubt(observation):
        return f"loss not known: {doubt}"
    if observation.probe == LOCATE and observation.failure is None:
        return "traced"  # routers that do not answer are no failure
    return "fine" if observation.failure is None else SENTENCES[observation.failure]


def place(observation: Observation) -> str:
    """Name the target of an observation: the name for a lookup, else host and port."""
    target = observation.target
    if observation.probe == "dns" or not target.port:
        return target.host or target.service
    return str(target)
