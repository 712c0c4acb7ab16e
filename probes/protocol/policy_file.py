"""The policy file of a relay, read with every mistake told by its place."""

import ipaddress
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from probes.protocol.json_fields import Fields, Json, WireError
from probes.protocol.policy import SYSTEM, IpNetwork, Policy, PolicyRule, RelayLimits, authority, read_address

VERSION: Final = 1


class PolicyError(ValueError):
    """The policy file is wrong; the message names the place."""


def load_policy(path: Path) -> Policy:
    """Read the YAML file at *path*; `PolicyError`."""
    import yaml  # once, at the start; a relay that idles has no need of it

    try:
        return parse_policy(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise PolicyError(f"{path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        raise PolicyError(f"{path}{f':{mark.line + 1}' if mark else ''}: this is not YAML") from None
    except WireError as error:
        raise PolicyError(f"{path}: {error}") from None


def parse_policy(value: object) -> Policy:
    """Read what the file holds; `WireError`."""
    fields = Fields({"resolvers": [SYSTEM], "proxies": [], "limits": {}, **_mapping(value)}, "policy")
    if fields.take("version") != VERSION:
        raise fields.error("version", f"only {VERSION} is understood here")
    policy = Policy(
        allow=fields.each("allow", _rule),
        resolvers=tuple(_resolver(text) for text in fields.texts("resolvers")),
        proxies=tuple(_proxy(text) for text in fields.texts("proxies")),
        limits=_limits(fields.take("limits")),
    )
    fields.end()
    return policy


def policy_to_json(policy: Policy) -> Json:
    """Write *policy* so that `parse_policy` reads it; its proxies without user and password."""
    return {
        "version": VERSION,
        "allow": [
            {
                "names": list(rule.names),
                "ranges": [str(net) for net in rule.ranges],
                "ports": [f"{low}-{high}" for low, high in rule.ports],
                "transports": list(rule.transports),
            }
            for rule in policy.allow
        ],
        "resolvers": list(policy.resolvers),
        "proxies": [f"http://{authority(proxy)}" for proxy in policy.proxies],
        "limits": {name: getattr(policy.limits, name) for name in RelayLimits.__slots__},
    }


def _rule(value: object, where: str) -> PolicyRule:
    usual = {"names": [], "ranges": [], "transports": ["tcp", "udp"]}
    fields = Fields({**usual, **_mapping(value)}, where)
    rule = PolicyRule(
        names=tuple(_name(text, where) for text in fields.texts("names")),
        ranges=tuple(_net(text, where) for text in fields.texts("ranges")),
        ports=tuple(_ports(item, where) for item in _list(fields.take("ports"))),
        transports=fields.texts("transports"),
    )
    fields.end()
    if not rule.ports or not set(rule.transports) <= {"tcp", "udp"}:
        raise WireError(f"{where}: needs ports, and transports among tcp and udp")
    return rule


def _name(text: str, where: str) -> str:
    name = text.rstrip(".").lower()
    if not name or not name.isascii() or set(name.replace(".", "")) <= {"*"} or read_address(name):
        raise WireError(f"{where}.names: “{text[:80]}” is no name, or stands for all of them")
    return name


def _net(text: str, where: str) -> IpNetwork:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise WireError(f"{where}.ranges: “{text[:80]}” is no range such as 192.0.2.0/24") from None


def _ports(value: object, where: str) -> tuple[int, int]:
    low, dash, high = str(value).partition("-")
    try:
        found = int(low), int(high if dash else low)
    except ValueError:
        found = 0, 0
    if not 1 <= found[0] <= found[1] <= 65535 or isinstance(value, bool):
        raise WireError(
            f"{where}.ports: “{str(value)[:40]}” is neither a port nor a span such as 10000-60000"
        )
    return found


def _resolver(text: str) -> str:
    address = None if text == SYSTEM else read_address(text)
    if text != SYSTEM and address is None:
        raise WireError(f"policy.resolvers: “{text[:80]}” is neither an address nor {SYSTEM}")
    return str(address) if address else text


def _proxy(text: str) -> str:
    if not authority(text):
        raise WireError("policy.proxies: each must look like http://host:port")
    return text


def _limits(value: object) -> RelayLimits:
    usual = RelayLimits()
    names = RelayLimits.__slots__
    fields = Fields({**{name: getattr(usual, name) for name in names}, **_mapping(value)}, "policy.limits")
    found: dict[str, Any] = {name: fields.seconds(name) for name in names}
    fields.end()
    return RelayLimits(**found)


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise WireError("policy: must be a mapping")
    return value


def _list(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else [value]
