"""Resolve host names like a stub resolver, and cache the answers for one run."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import dns.message

from probes.net.addresses import is_address, split_families
from probes.net.dns_exchange import CADENCE, Server, ask
from probes.net.dns_message import DnsAnswer, make_query
from probes.net.guard import GUARD
from probes.net.host_files import parse_hosts, parse_servers, read_text
from probes.net.sockets import has_ipv6
from probes.protocol.failures import Failure, NetworkError
from probes.protocol.frozen import frozen
from probes.protocol.special_addresses import is_public, read_address

# A resolver with a cached answer has replied by then. Stub resolvers wait five seconds here.
_STAGGER: Final = 0.2
# How long an IPv4 answer waits for the IPv6 one: some middleboxes never answer AAAA.
_V6_GRACE: Final = 0.25

# When all resolvers fail, report the most informative failure: the first of these.
_TELLING: Final = (
    Failure.DNS_SERVFAIL_ERROR,
    Failure.DNS_REFUSED_ERROR,
    Failure.DNS_SERVER_MISBEHAVING,
    Failure.DNS_TIMEOUT_ERROR,
    Failure.DNS_UNREACHABLE_ERROR,
)


class DnsFailed(NetworkError):  # noqa: N818 - a result of the lookup, not a bug
    """The lookup found no address; `failure` has the reason."""


@frozen
class DnsLookup:
    """The result of looking up one name."""

    failure: Failure | None = None
    addresses: tuple[str, ...] = ()
    addresses6: tuple[str, ...] = ()
    resolver: str = ""  # the address of the server that answered; "hosts" for /etc/hosts
    rcode: str = ""
    ms: float = 0.0
    ttl: int | None = None  # seconds
    cnames: tuple[str, ...] = ()
    subnet_scope: int | None = None
    truncated: bool = False
    tries: tuple[dict[str, object], ...] = ()  # {resolver, failure, ms} of each server asked


class Resolver:
    """This host's name lookup: /etc/hosts and its resolvers, each name once per run."""

    def __init__(
        self,
        servers: Sequence[Server] | None = None,
        cadence: Sequence[float] = CADENCE,
        hosts: Path = Path("/etc/hosts"),
        configuration: Path = Path("/etc/resolv.conf"),
        ipv6: bool | None = None,
    ) -> None:
        self.servers = tuple(servers if servers is not None else parse_servers(read_text(configuration)))
        self.cadence = tuple(cadence)
        self.configuration = configuration
        self.ipv6 = has_ipv6() if ipv6 is None else ipv6
        self._hosts = hosts
        self._known: dict[str, DnsLookup] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def addresses(self, host: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The IPv4 and IPv6 addresses of *host*; raises DnsFailed."""
        lookup = await self.look_up(host)
        if lookup.failure is not None:
            raise DnsFailed(lookup.failure)
        return lookup.addresses, lookup.addresses6

    async def look_up(self, host: str) -> DnsLookup:
        """Look up *host* in /etc/hosts, then at this host's resolvers; cached for all callers."""
        if is_address(host):
            v4, v6 = split_families([host])
            return DnsLookup(addresses=v4, addresses6=v6)
        name = host.rstrip(".").lower()
        async with self._locks.setdefault(name, asyncio.Lock()):
            if name not in self._known:
                self._known[name] = self._from_hosts(name) or await look_up(
                    name, self.servers, self.cadence, ipv6=self.ipv6
                )
            return self._known[name]

    def _from_hosts(self, name: str) -> DnsLookup | None:
        v4, v6 = split_families(parse_hosts(read_text(self._hosts), name))
        GUARD.get().grant(name, (*v4, *v6))
        return DnsLookup(addresses=v4, addresses6=v6, resolver="hosts", rcode="NOERROR") if v4 or v6 else None


async def look_up(
    host: str,
    servers: Sequence[Server],
    cadence: Sequence[float] = CADENCE,
    *,
    subnet: str = "",
    tcp: bool = False,
    ipv6: bool = True,
) -> DnsLookup:
    """Ask *servers* for the addresses of *host*, starting the next one as soon as one fails or is slow.

    The first conclusive answer wins. NXDOMAIN is conclusive; SERVFAIL and REFUSED are not. Without *ipv6*, only a name
    that has no IPv4 address is asked for another one, as stub resolvers do (getaddrinfo(3), AI_ADDRCONFIG).
    """
    tries: list[dict[str, object]] = []
    asked: set[asyncio.Task[DnsLookup]] = set()
    waiting = list(servers)
    last = DnsLookup(Failure.DNS_UNREACHABLE_ERROR)
    try:
        queries = make_query(host, "A", subnet=subnet), make_query(host, "AAAA", subnet=subnet)
    except NetworkError as error:
        return DnsLookup(error.failure)
    try:
        while waiting or asked:
            if waiting:
                asked.add(asyncio.create_task(_ask_both(waiting.pop(0), queries, cadence, tcp, ipv6)))
            done, asked = await asyncio.wait(
                asked, timeout=_STAGGER if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                found = task.result()
                tries.append({"resolver": found.resolver, "failure": found.failure, "ms": found.ms})
                if found.failure not in _TELLING:
                    GUARD.get().grant(host, (*found.addresses, *found.addresses6))
                    return replace(found, tries=tuple(tries))
                last = min(found, last, key=lambda lookup: _TELLING.index(lookup.failure or _TELLING[-1]))
    finally:
        await _cancel(asked)
    return replace(last, tries=tuple(tries))


async def _cancel(tasks: set[asyncio.Task[DnsLookup]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _ask_both(
    server: Server, queries: Sequence[dns.message.Message], cadence: Sequence[float], tcp: bool, ipv6: bool
) -> DnsLookup:
    """Ask one *server* for IPv4 and, with *ipv6*, for IPv6 addresses at the same time."""
    clock = asyncio.get_running_loop().time
    start = clock()
    if not ipv6:
        only = await _try(server, queries[0], cadence, tcp)
        if not isinstance(only, DnsAnswer) or only.addresses or only.failure:
            return _combine(server[0], only, None, round((clock() - start) * 1000, 2))
    async with asyncio.TaskGroup() as group:
        v4 = group.create_task(_try(server, queries[0], cadence, tcp))
        v6 = group.create_task(_try(server, queries[1], cadence, tcp))
        first = await v4
        if isinstance(first, DnsAnswer) and first.addresses and not v6.done():
            await asyncio.wait([v6], timeout=_V6_GRACE)
            v6.cancel()
    second = None if v6.cancelled() else v6.result()
    return _combine(server[0], first, second, round((clock() - start) * 1000, 2))


async def _try(
    server: Server, query: dns.message.Message, cadence: Sequence[float], tcp: bool
) -> DnsAnswer | Failure:
    try:
        return await ask(server, query, cadence, tcp=tcp)
    except NetworkError as error:
        return error.failure


def _combine(resolver: str, v4: DnsAnswer | Failure, v6: DnsAnswer | Failure | None, ms: float) -> DnsLookup:
    """Merge the two answers: the IPv4 one decides, unless only the IPv6 one has addresses."""
    other = v6 if isinstance(v6, DnsAnswer) else None
    if not isinstance(v4, DnsAnswer):
        if other is None or not other.addresses:
            return DnsLookup(v4, resolver=resolver, ms=ms)
        v4 = replace(other, addresses=())
    addresses6 = other.addresses if other else ()
    failure = v4.failure
    if v4.addresses or addresses6:
        failure = None
    elif failure is None:
        failure = Failure.DNS_NO_ANSWER
    speaker = other if other and addresses6 and not v4.addresses else v4
    return DnsLookup(
        failure=failure,
        addresses=v4.addresses,
        addresses6=addresses6,
        resolver=resolver,
        rcode=speaker.rcode,
        ms=ms,
        ttl=speaker.ttl,
        cnames=speaker.cnames,
        subnet_scope=speaker.subnet_scope,
        truncated=v4.truncated,
    )


def is_bogon(address: str) -> bool:
    """Whether *address* cannot belong to a public service: private, loopback, unspecified, reserved, multicast."""
    real = read_address(address)
    return real is None or not is_public(real)
