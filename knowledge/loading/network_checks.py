"""Check what a JSON Schema cannot: that names in a network file exist, and that addresses are valid.

Pure: no network, no clock, no files.
"""

import ipaddress
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from knowledge.model.network import ALL
from knowledge.model.problems import Complaint, nearest

# RFC 7064 (stun) and RFC 7065 (turn).
_ICE_URL: Final = re.compile(
    r"(stuns?|turns?):(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:(\d{1,5}))?(\?transport=(udp|tcp))?"
)
_ROAMING: Final = "roaming"


def check(value: Mapping[str, Any], platforms: Collection[str]) -> Iterator[Complaint]:
    """Yield everything wrong in *value*, which has passed the schema; *platforms* are the known ones."""
    yield from _names(value)
    yield from _platforms(value, platforms)
    yield from _addresses(value)
    yield from _ports(value)
    yield from _push(value)
    yield from _known_pages(value)
    yield from _ice(value)
    yield from _sources(value, value.get("sources", {}), ())


def _names(value: Mapping[str, Any]) -> Iterator[Complaint]:
    edges = [*value["edges"], *value.get("interconnect", {})]
    for name in {ALL, _ROAMING} & set(edges):
        yield Complaint(("edges", name), f"an edge cannot be called {name}: that word is taken")
    for name in set(value["edges"]) & set(value.get("interconnect", {})):
        yield Complaint(("interconnect", name), f"{name} is under `edges` already")
    for index, name in enumerate(value.get("allowed_edges", ())):
        if name not in edges:
            yield Complaint(("allowed_edges", index), _no_edge(name, edges))
    for index, service in enumerate(value["services"]):
        for name in service["hosts"]:
            if name not in (*edges, _ROAMING, ALL):
                yield Complaint(("services", index, "hosts", name), _no_edge(name, edges))
    if not any(service["id"] == "signaling" for service in value["services"]):
        yield Complaint(("services",), "no service has the id signaling: without it nothing can be diagnosed")


def _platforms(value: Mapping[str, Any], known: Collection[str]) -> Iterator[Complaint]:
    for group in ("services", "push"):
        for index, service in enumerate(value.get(group, ())):
            for number, name in enumerate(service.get("platforms", ())):
                if name not in known:
                    sentence = f"there is no platform {name!r}{nearest(name, known)}"
                    yield Complaint((group, index, "platforms", number), sentence)


def _no_edge(name: str, edges: Iterable[str]) -> str:
    return f"{name} is neither an edge of this file nor {_ROAMING} nor {ALL}{nearest(name, edges)}"


def _addresses(value: Mapping[str, Any]) -> Iterator[Complaint]:
    ranges: list[tuple[str, ...]] = [("media", "ranges")]
    ranges += [("turn_ranges", region) for region in value.get("turn_ranges", {})]
    ranges += [
        (group, edge, "ranges") for group in ("edges", "interconnect") for edge in value.get(group, {})
    ]
    for place in ranges:
        for path, text in _listed(value, place):
            yield from _range(path, text)
    for place in [("resolvers",), *(("addresses", host) for host in value.get("addresses", {}))]:
        for path, text in _listed(value, place):
            yield from _address(path, text)


def _listed(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for part in path:
        value = value.get(part, ())
    for index, text in enumerate(value):
        yield (*path, index), text


def _range(path: tuple[str | int, ...], text: str) -> Iterator[Complaint]:
    try:
        net = ipaddress.ip_network(text, strict=False)
    except ValueError:
        yield Complaint(path, f"{text} is not an address range such as 198.51.100.0/24")
        return
    if str(net.network_address) != str(ipaddress.ip_address(text.split("/")[0])):
        yield Complaint(path, f"{text} does not start where its range starts: write {net}")


def _address(path: tuple[str | int, ...], text: str) -> Iterator[Complaint]:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        yield Complaint(path, f"{text} is not an address such as 198.51.100.7")


def _ports(value: Mapping[str, Any]) -> Iterator[Complaint]:
    low, high = value["media"]["ports"]
    if low > high:
        yield Complaint(("media", "ports"), f"the first port {low} is above the last one {high}: swap them")


def _push(value: Mapping[str, Any]) -> Iterator[Complaint]:
    for index, service in enumerate(value.get("push", ())):
        for number, text in enumerate(service.get("ranges", ())):
            yield from _range(("push", index, "ranges", number), text)
        for number, ports in enumerate(service["ports"]):
            if ports[0] > ports[-1]:
                sentence = f"the first port {ports[0]} is above the last one {ports[-1]}: swap them"
                yield Complaint(("push", index, "ports", number), sentence)
        for number, host in enumerate(service["hosts"]):
            if "*" in host and not service.get("ranges"):
                sentence = f"many firewalls take no wildcard such as {host}: add `ranges`"
                yield Complaint(("push", index, "hosts", number), sentence)


def _known_pages(value: Mapping[str, Any]) -> Iterator[Complaint]:
    for index, page in enumerate(value.get("known_pages", ())):
        _, _, port = page["url"].removeprefix("http://").partition("/")[0].partition(":")
        if int(port or 80) > 65535:
            yield Complaint(("known_pages", index, "url"), f"{port} is not a port: the highest is 65535")


def _ice(value: Mapping[str, Any]) -> Iterator[Complaint]:
    for index, server in enumerate(value.get("ice_servers", ())):
        urls = [server["urls"]] if isinstance(server["urls"], str) else server["urls"]
        for url in urls:
            match = _ICE_URL.fullmatch(url)
            if match is None or not 0 < int(match[4] or 1) < 65536:
                sentence = "an address of an ICE server must look like turn:turn.example:3478?transport=udp"
                yield Complaint(("ice_servers", index, "urls"), sentence)


def _sources(value: Any, known: Mapping[str, str], path: tuple[str | int, ...]) -> Iterator[Complaint]:
    """Yield each `source`, at any depth, that is not a key of `sources`."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _sources(item, known, (*path, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "source":
                for name in [item] if isinstance(item, str) else item:
                    if name not in known:
                        sentence = f"the source {name} is not listed under `sources`{nearest(name, known)}"
                        yield Complaint((*path, key), sentence)
            elif key not in ("sources", "hosts"):
                yield from _sources(item, known, (*path, key))
