"""Faults of guest networks, filters, and proxies that answer in place of websites. Pure."""

from typing import Final

from tests.lab import addresses as at
from tests.lab.faults import fault
from tests.lab.world import World

HOWS: Final = ("redirect", "511", "dns", "certificate", "content", "dropped")


@fault
def captive_portal(world: World, how: str = "redirect", udp: bool = False) -> None:
    """A guest network lets nothing out before sign-in, or UDP only: redirect, 511, dns, content, …."""
    if how not in HOWS:
        raise ValueError(f"no portal of the kind {how}; there are: {', '.join(HOWS)}")
    page = how if how in at.PORTALS else "redirect"
    _divert(world, 80, at.PORTALS[page])
    match how:
        case "dns":
            port = at.RCODE_PORTS["portal"]
            world.add_redirect(f"meta l4proto {{ tcp, udp }} th dport 53 redirect to :{port}", "lan")
            _divert(world, 443, at.PORTAL_TLS)
        case "certificate":
            _divert(world, 443, at.PORTAL_TLS)
        case "511":
            _divert(world, 443, at.PORTALS["511"])
        case "redirect":
            world.add_forward(f"ip saddr {at.RELAY} meta l4proto tcp reject with tcp reset")
    world.add_forward(
        f"ip saddr {at.RELAY} meta l4proto {{ tcp, icmp }} drop" if udp else f"ip saddr {at.RELAY} drop"
    )


@fault
def clear_text(world: World) -> None:
    """A device answers HTTP in clear text on 443; port 80 is as it should be."""
    _divert(world, 443, at.PORTAL)


@fault
def known_pages(world: World, which: list[int] | None = None, how: str = "blocked") -> None:
    """A filter answers in place of the pages whose content is known, all of them or some by number."""
    for number in [0, 1] if which is None else which:
        rule = f'iifname "lan" ip daddr {at.KNOWN_PAGES[number]} tcp dport 80 redirect to :{at.PORTALS[how]}'
        world.add_redirect(rule)


@fault
def other_proxy(world: World, kind: str = "refusing") -> None:
    """No fault: the network file names a proxy that wants a negotiate or ntlm login, or refuses the service's hosts."""
    world.network["proxy"] = f"http://{at.NEAR}:{at.PROXY_PORTS[kind]}"


@fault
def proxy_script(world: World) -> None:
    """No fault: the LAN offers browsers a proxy script (WPAD) that names the LAN's proxy."""
    world.search = at.OFFICE


@fault
def no_direct_https(world: World) -> None:
    """TCP 443 from the relay is dropped; others on its LAN, a proxy for example, are not affected."""
    world.add_forward(f"ip saddr {at.RELAY} tcp dport 443 drop")


@fault
def ipv6_alone(world: World, nat64: bool = True) -> None:
    """The relay has IPv6 and no IPv4; NAT64 and DNS64 lead to IPv4, or DNS translates nothing."""
    world.ipv6_alone = True
    world.resolver = at.DNS64 if nat64 else at.NEAR6


def _divert(world: World, port: int, portal: int) -> None:
    world.add_redirect(f'iifname "lan" tcp dport {port} redirect to :{portal}')
