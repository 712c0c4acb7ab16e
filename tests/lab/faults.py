"""The table of faults: each writes one thing that goes wrong into a `World`. Pure; they combine freely.

A fault's first docstring line is what `python -m tests.lab list` prints about it.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.lab import addresses as at
from tests.lab.world import World

Fault = Callable[..., None]
FAULTS: Final[dict[str, Fault]] = {}

REJECTIONS: Final = {
    "drop": "drop",
    "reset": "reject with tcp reset",
    "admin": "reject with icmp type admin-prohibited",
    "host": "reject with icmp type host-unreachable",
    "net": "reject with icmp type net-unreachable",
    "port": "reject with icmp type port-unreachable",
}
RANGE: Final = f"{at.MEDIA_PORTS[0]}-{at.MEDIA_PORTS[1]}"


class FaultError(ValueError):
    """A scenario asks for a fault that does not exist, or with unknown parameters."""


def apply(world: World, name: str, parameters: Mapping[str, Any]) -> None:
    """Write the fault *name* into *world*; FaultError when the name or a parameter is unknown."""
    if name not in FAULTS:
        raise FaultError(f"no fault {name!r}; there are: {', '.join(FAULTS)}")
    try:
        inspect.signature(FAULTS[name]).bind(world, **parameters)
        FAULTS[name](world, **parameters)
    except (TypeError, KeyError, ValueError) as error:
        raise FaultError(f"fault {name}: {error}") from error


def about(name: str) -> str:
    """The one line that says what the fault does."""
    return (FAULTS[name].__doc__ or "").strip().splitlines()[0]


def fault(function: Fault) -> Fault:
    """Put *function* into the table; files of faults beside this one use it, too."""
    FAULTS[function.__name__] = function
    return function


def _set(words: str | list[str]) -> str:
    selectors = [words] if isinstance(words, str) else words
    addresses = dict.fromkeys(a for word in selectors for a in at.addresses_of(word))
    return f"{{ {', '.join(addresses)} }}"


# TCP


@fault
def tcp(
    world: World,
    to: str | list[str] = "signaling",
    port: int | str = 443,
    how: str = "drop",
    where: str = "fw",
) -> None:
    """TCP to a service, an edge or anything is dropped, reset or answered by ICMP, at fw, r1 or r2."""
    world.add_forward(f"ip daddr {_set(to)} tcp dport {port} {REJECTIONS[how]}", where)


@fault
def legacy_port(world: World, how: str = "drop") -> None:
    """The port that old mobile SDKs use is blocked."""
    tcp(world, to="mobile", port=at.LEGACY_PORT, how=how)


# UDP


@fault
def udp_range(world: World, ports: str = RANGE, how: str = "drop", where: str = "fw") -> None:
    """UDP to the media range is blocked in both directions, on all of its ports or some."""
    world.add_forward(f"ip daddr {at.MEDIA_NET} udp dport {ports} {REJECTIONS[how]}", where)
    world.add_forward(f"ip saddr {at.MEDIA_NET} udp sport {ports} drop", where)


@fault
def udp_inbound(world: World, ports: str = RANGE) -> None:
    """UDP from the media range goes out and does not come back."""
    world.add_forward(f"ip saddr {at.MEDIA_NET} udp sport {ports} drop")


@fault
def udp_stateless(world: World, ports: str = RANGE) -> None:
    """A rule without memory drops UDP that comes in to the media ports, answers among it."""
    world.add_forward(f"ip daddr {at.RELAY} udp dport {ports} drop")


@fault
def udp_all(world: World, how: str = "drop") -> None:
    """No UDP from the relay leaves the LAN, and none comes in to it."""
    world.add_forward(f"ip saddr {at.RELAY} meta l4proto udp {REJECTIONS[how]}")
    world.add_forward(f"ip daddr {at.RELAY} meta l4proto udp drop")


# Everything


@fault
def everything(world: World) -> None:
    """The firewall forwards nothing for anybody; it still answers for itself."""
    world.add_forward("drop")


@fault
def no_default_route(world: World) -> None:
    """The relay knows its LAN only."""
    world.default_route = False


@fault
def only_proxy(world: World, authenticated: bool = True, told: bool = True) -> None:
    """Only the LAN's HTTP proxy leads out; it may ask for a password, the network file may name it."""
    world.add_forward(f"ip saddr {at.RELAY} drop")
    if told:
        world.network["proxy"] = at.PROXY_AUTH if authenticated else at.PROXY_PLAIN


@fault
def own_proxy(world: World, authenticated: bool = True, port: int = 0) -> None:
    """No fault: the relay's environment names the LAN's HTTP proxy, with the password, or another port there."""
    url = at.PROXY_WITH_PASSWORD if authenticated else at.PROXY_PLAIN
    world.environment["HTTPS_PROXY"] = url.rpartition(":")[0] + f":{port}" if port else url


@fault
def proxy_shut(world: World) -> None:
    """Nobody listens where the LAN's HTTP proxy should."""
    world.add_incoming(f"tcp dport {{ 3128, 3129 }} {REJECTIONS['reset']}", "lan")


# NAT


@fault
def nat_random(world: World) -> None:
    """The firewall maps every flow to a random port (symmetric NAT)."""
    world.masquerade = ["masquerade fully-random"]


@fault
def nat_pool(world: World) -> None:
    """TCP and UDP leave by different public addresses."""
    world.masquerade = [f"meta l4proto udp snat to {at.WAN_POOL}", f"snat to {at.WAN}"]


# TLS and HTTP on the path


@fault
def tls_intercepted(
    world: World, to: str | list[str] = "any", trusted: bool = False, where: str = "fw"
) -> None:
    """A security product opens TLS on 443 with its own CA, which the relay trusts or not."""
    _divert(world, to, at.INTERCEPT, where)
    world.trust_interceptor = trusted


@fault
def tls_cut(
    world: World, to: str | list[str] = "signaling", how: str = "reset", names: list[str] | None = None
) -> None:
    """TCP opens, the ClientHello is answered by reset, close or silence; for some server names or all."""
    ports = {"reset": at.CUT_RESET, "close": at.CUT_CLOSE, "silent": at.CUT_SILENT}
    _divert(world, to, ports[how])
    world.cut_names = list(names or [])


@fault
def tls_dropped(world: World, to: str | list[str] = "signaling") -> None:
    """Packet inspection drops TLS handshake records on 443; nothing else changes on the connection."""
    world.add_forward(f"ip daddr {_set(to)} tcp dport 443 @ih,0,16 0x1603 drop")


@fault
def websocket(
    world: World, how: str = "strip", to: str | list[str] = "javascript", where: str = "fw"
) -> None:
    """A device with a genuine certificate takes the Upgrade out, refuses it, cuts it, or ends the WebSocket later."""
    upgrade = {"strip": at.STRIP, "refuse": at.REFUSE, "cut": at.UPGRADE_CUT}
    _divert(world, to, (upgrade | at.ENDED_ON_PATH)[how], where)


@fault
def gateway(world: World, how: str = "slow", to: str | list[str] = "javascript") -> None:
    """The service's own gateway ends each WebSocket, or is slow, answers no ping, or refuses strangers."""
    world.add_redirect(f"ip daddr {_set(to)} tcp dport 443 redirect to :{at.GATEWAYS[how]}", "svc")


@fault
def websocket_records_dropped(world: World, to: str | list[str] = "javascript") -> None:
    """Everything that a client sends inside of TLS on 443 is dropped; the handshake is not."""
    # A client's Finished is such a record, too, and the client does not wait for an answer to it (TLS 1.3).
    world.add_forward(f"ip daddr {_set(to)} tcp dport 443 @ih,0,16 0x1703 drop")


def _divert(world: World, to: str | list[str], port: int, where: str = "fw") -> None:
    """Redirect traffic to port 443 to a stand-in: on fw without delay, or in svc behind the delay."""
    device = {"fw": "lan", "svc": "service"}[where]
    world.add_redirect(f'iifname "{device}" ip daddr {_set(to)} tcp dport 443 redirect to :{port}', where)


# The service itself


@fault
def certificate(
    world: World, what: str = "expired", to: str | list[str] = "signaling", ports: str = "443"
) -> None:
    """The service shows a certificate that is expired, not yet valid, or for another name."""
    stand_in = {"expired": at.EXPIRED, "not-yet-valid": at.NOT_YET_VALID, "wrong-name": at.WRONG_NAME}[what]
    world.add_redirect(f"ip daddr {_set(to)} tcp dport {ports} redirect to :{stand_in}", "svc")


@fault
def date(world: World, to: str | list[str] = "any") -> None:
    """The service's Date header is an hour ahead of the relay's clock; certificates are fine."""
    others = _set(["signaling", "registration", "insights"] if to == "any" else to)
    world.add_redirect(f"ip daddr {others} tcp dport 443 redirect to :{at.DATE_SHIFTED}", "svc")


@fault
def server_error(world: World, to: str | list[str] = "insights") -> None:
    """The service answers every HTTP request with status 500."""
    world.add_redirect(f"ip daddr {_set(to)} tcp dport 443 redirect to :{at.SERVER_ERROR}", "svc")


@fault
def clock(world: World, offset: str = "+400d") -> None:
    """The relay's wall clock is off by this much (s, m, h or d)."""
    world.clock = offset


# TURN


@fault
def turn_shut(world: World, transports: list[str] | None = None, how: str = "drop") -> None:
    """The TURN servers cannot be reached: over UDP, over TCP 3478, over 443, or at all."""
    rules = {
        "udp": f"udp dport {{ 3478, 3479 }} {REJECTIONS['drop' if how == 'reset' else how]}",
        "tcp": f"tcp dport {{ 3478, 3479 }} {REJECTIONS[how]}",
        "443": f"tcp dport 443 {REJECTIONS[how]}",
    }
    for transport in transports or list(rules):
        world.add_forward(f"ip daddr {_set('turn')} {rules[transport]}")


@fault
def turn_credentials(world: World, given: str = "wrong") -> None:
    """The TURN credentials in the network file are wrong, or there are none."""
    world.network["credential"] = {"wrong": "not-the-password", "none": ""}[given]


@fault
def turn_forbidden(world: World) -> None:
    """TURN allocates, and answers 403 to every permission."""
    rule = f"ip daddr {{ {at.TURN}, {at.TURN_OTHER} }} meta l4proto {{ tcp, udp }} th dport {{ 443, 3478 }}"
    world.add_redirect(f"{rule} dnat to {at.TURN_STRICT}", "svc")


# Names


@fault
def dns_dead(world: World, how: str = "drop") -> None:
    """The near resolver does not answer (drop), or nobody listens there (port)."""
    world.add_incoming(f"meta l4proto {{ tcp, udp }} th dport 53 {REJECTIONS[how]}", "lan")


@fault
def other_resolver(world: World, address: str = at.FAR, answers: str = "") -> None:
    """No fault: the network file names a resolver besides the network's own, by default the remote one.

    With *answers*, such as nxdomain, somebody on the path answers in that resolver's place.
    """
    world.network["resolver"] = address
    if answers:
        port = at.RCODE_PORTS[answers]
        world.add_redirect(
            f"ip daddr {address} meta l4proto {{ tcp, udp }} th dport 53 redirect to :{port}", "lan"
        )


@fault
def dns_answers(world: World, rcode: str = "servfail") -> None:
    """The near resolver answers servfail, refused, nxdomain, a loopback address (bogon) or one other (alike)."""
    port = at.RCODE_PORTS[rcode]
    world.add_redirect(f"meta l4proto {{ tcp, udp }} th dport 53 redirect to :{port}", "lan")


@fault
def dns_name(world: World, name: str = "voice-js.roaming", how: str = "always_nxdomain") -> None:
    """One name does not resolve, all others do (an unbound local-zone type)."""
    world.local_zones.append(f"{name}.{at.ZONE} {how}")


@fault
def dns_far(world: World) -> None:
    """The relay asks a resolver far away that sends no client subnet, so roaming leads to the far edge."""
    world.resolver = at.FAR


@fault
def roaming(world: World, edge: str = "sydney") -> None:
    """The service's own DNS resolves the roaming name to this edge, for every client."""
    world.steer["roaming"] = at.EDGE[edge].name
