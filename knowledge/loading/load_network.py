"""Read a network file, or report file and line of what is wrong with it.

The form is `knowledge/schemas/network.schema.json`; `docs/network-files.md` describes how to write one.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from knowledge.loading.cache import digest_of, load, store
from knowledge.loading.platform_likes import platform_files, read_likes, widen_platforms
from knowledge.model.network import Edge, IceServer, KnownPage, Network, PushService, Service
from knowledge.model.problems import Complaint, KnowledgeError, at_line

TWILIO: Final = Path(__file__).parents[1] / "networks" / "twilio.yaml"
NAME: Final = "network"  # its name in the cache

# The shipped file has 10 kB. A file a hundred times as large is the wrong file.
_LARGEST: Final = 1024 * 1024  # bytes
# A file of the wrong kind fails everywhere; nobody reads more than this at once.
_MOST: Final = 20


class NetworkFileError(KnowledgeError):
    """A network file that cannot be used; `problems` has the places and the fixes."""


def load_network(path: str | Path | None = None) -> Network:
    """Read the network file at *path*, by default Twilio's own; raises `NetworkFileError`."""
    if path is not None:
        return make_network(*_checked(Path(path), _read(Path(path))))
    source = _read(TWILIO)
    digest = _digest(source)
    value = load(NAME, digest)
    if value is None:
        value, _ = _checked(TWILIO, source)
        store(NAME, digest, value)
    return make_network(value, ())


def compile_network() -> tuple[str, Any]:
    """The digest of the shipped file, and its value for the cache; raises `NetworkFileError`."""
    source = _read(TWILIO)
    return _digest(source), _checked(TWILIO, source)[0]


def _digest(source: bytes) -> str:
    """The digest of the shipped file and of the platforms that it counts for."""
    platforms = platform_files()
    return digest_of([source, *(name.encode() for name in platforms), *platforms.values()])


def _checked(file: Path, source: bytes) -> tuple[Any, tuple[str, ...]]:
    """Parse and check *source*; returns its value and its trust roots."""
    # Keeps the YAML parser and the validator out of a start from the cache.
    from knowledge.loading.network_checks import check
    from knowledge.loading.network_schema_errors import against_schema
    from knowledge.loading.yaml_lines import parse_yaml

    try:
        document = parse_yaml(source, str(file))
    except KnowledgeError as error:
        raise NetworkFileError(error.problems) from None
    value = document.value
    platforms = platform_files()
    complaints = list(islice(against_schema(value), _MOST)) or list(check(value, platforms))
    roots = [] if complaints else list(_roots(value, file.parent, complaints))
    if complaints:
        places = dict.fromkeys(at_line(str(file), document.line(c.path), c.sentence) for c in complaints)
        raise NetworkFileError(list(places)[:_MOST])
    likes = read_likes(platforms)
    services = [widen_platforms(service, likes) for service in value["services"]]
    push = [widen_platforms(service, likes) for service in value.get("push", ())]
    return {**value, "services": services, "push": push}, tuple(roots)


def make_network(value: Mapping[str, Any], roots: tuple[str, ...] = ()) -> Network:
    """Build the network from the *value* of a valid file; *roots* are PEM texts."""
    media = value["media"]
    return Network(
        id=value["id"],
        title=value["title"],
        roaming=value.get("roaming", "roaming"),
        edges={name: _edge(name, edge) for name, edge in value["edges"].items()},
        interconnect={name: _edge(name, edge) for name, edge in value.get("interconnect", {}).items()},
        services=tuple(_service(item) for item in value["services"]),
        media_ranges=tuple(media["ranges"]),
        media_ports=(media["ports"][0], media["ports"][1]),
        turn_ranges={name: tuple(ranges) for name, ranges in value.get("turn_ranges", {}).items()},
        allowed_edges=tuple(value.get("allowed_edges", ())),
        resolvers=tuple(value.get("resolvers", ())),
        dns_checks=dict(value.get("dns_checks", {})),
        known_pages=tuple(_known_page(item) for item in value.get("known_pages", ())),
        addresses={host: tuple(found) for host, found in value.get("addresses", {}).items()},
        private_addresses=value.get("private_addresses", False),
        roots=roots,
        proxy=value.get("proxy", ""),
        ice_servers=tuple(_ice_server(item) for item in value.get("ice_servers", ())),
        push=tuple(_push_service(item) for item in value.get("push", ())),
        tokens_api=value.get("tokens_api", ""),
        insights_api=value.get("insights_api", ""),
        alerts_api=value.get("alerts_api", ""),
        status_feed=value.get("status_feed", ""),
        quality={k: v for k, v in value.get("quality", {}).items() if k not in ("source", "status")},
        checked=value.get("checked", ""),
        sources=dict(value.get("sources", {})),
    )


def _edge(name: str, edge: Mapping[str, Any] | None) -> Edge:
    edge = edge or {}
    return Edge(
        id=name,
        region=edge.get("region", ""),
        place=edge.get("place", ""),
        latitude=edge.get("latitude"),
        longitude=edge.get("longitude"),
        ranges=tuple(edge.get("ranges", ())),
        sources=_several(edge.get("source", ())),
        status=edge.get("status", "verified"),
    )


def _service(item: Mapping[str, Any]) -> Service:
    return Service(
        id=item["id"],
        protocol=item["protocol"],
        transport=item["transport"],
        port=item["port"],
        hosts=dict(item["hosts"]),
        platforms=tuple(item.get("platforms", ())),
        path=item.get("path", ""),
        sources=_several(item.get("source", ())),
        status=item.get("status", "verified"),
    )


def _push_service(item: Mapping[str, Any]) -> PushService:
    return PushService(
        id=item["id"],
        hosts=tuple(item["hosts"]),
        ports=tuple((ports[0], ports[-1]) for ports in item["ports"]),
        platforms=tuple(item["platforms"]),
        ranges=tuple(item.get("ranges", ())),
        sources=_several(item.get("source", ())),
        status=item.get("status", "verified"),
    )


def _known_page(item: Mapping[str, Any]) -> KnownPage:
    url = urlsplit(item["url"])
    return KnownPage(
        host=url.hostname or "",
        port=url.port or 80,
        path=(url.path or "/") + (f"?{url.query}" if url.query else ""),
        status=item.get("answers", 204),
        text=item.get("contains", ""),
    )


def _ice_server(item: Mapping[str, Any]) -> IceServer:
    return IceServer(_several(item["urls"]), item.get("username", ""), item.get("credential", ""))


def _several(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _read(file: Path) -> bytes:
    try:
        if not file.exists():
            raise _unusable(file, "there is no such file; give the path of a network file")
        if not file.is_file():
            raise _unusable(file, "is not a file; give the path of a network file")
        with file.open("rb") as stream:
            source = stream.read(_LARGEST + 1)
    except OSError as error:
        raise _unusable(file, f"cannot be read: {error.strerror or 'no reason given'}") from None
    except ValueError:  # a NUL byte in the path
        raise _unusable(file, "is not a path; give the path of a network file") from None
    if len(source) > _LARGEST:
        raise _unusable(file, "is larger than 1 MiB; a network file has some kilobytes")
    return source


def _unusable(file: Path, sentence: str) -> NetworkFileError:
    return NetworkFileError([at_line(str(file), 1, sentence)])


def _roots(value: Mapping[str, Any], folder: Path, complaints: list[Complaint]) -> Iterator[str]:
    given = value.get("trust", {}).get("roots", ())
    if not given:
        return
    from knowledge.loading.trust_roots import RootError, read_root  # keeps cryptography out of start-up

    for index, root in enumerate(given):
        try:
            yield read_root(root, folder)
        except RootError as error:
            complaints.append(Complaint(("trust", "roots", index), str(error)))
