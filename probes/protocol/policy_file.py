"""Read a relay's policy file; an error names the place of each mistake."""

import ipaddress
import sys
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta, Struct, to_builtins
from msgspec.structs import asdict

from probes.protocol.json_fields import Json, JsonForm, WireError, read_json, take_version
from probes.protocol.policy import SYSTEM, Policy, PolicyRule, RelayLimits, authority
from probes.protocol.special_addresses import IpNetwork, read_address

VERSION: Final = 1


class PolicyError(ValueError):
    """The policy file is wrong; the message names the place."""


class _RuleEntry(Struct, forbid_unknown_fields=True):
    """One entry of `allow`."""

    ports: Any  # one or a list, each a number or a range
    names: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    transports: tuple[str, ...] = ("tcp", "udp")


class _PolicyFile(Struct, forbid_unknown_fields=True):
    """The fields of the file besides its version."""

    allow: tuple[_RuleEntry, ...]
    resolvers: tuple[str, ...] = (SYSTEM,)
    proxies: tuple[str, ...] = ()
    limits: Json = {}


# Whole numbers stay whole, because people read them. Fractions are valid.
_Limit: TypeAlias = Annotated[int, Meta(gt=0)] | Annotated[float, Meta(gt=0, le=sys.float_info.max)]
_KINDS_OF_LIMITS: Final[Json] = {
    **dict.fromkeys((field.name for field in fields(RelayLimits)), _Limit),
    "fill_bytes": Annotated[int, Meta(ge=0)],
}
_LIMITS: Final = JsonForm(RelayLimits, None, **_KINDS_OF_LIMITS).struct


def load_policy(path: Path) -> Policy:
    """Read the YAML file at *path*; raise `PolicyError` when it is not valid."""
    import yaml  # keeps yaml out of the worker processes, which import this module

    try:
        return parse_policy(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise PolicyError(f"{path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        raise PolicyError(f"{path}{(f':{mark.line + 1}' if mark else '')}: not valid YAML") from None
    except WireError as error:
        raise PolicyError(f"{path}: {error}") from None


def parse_policy(value: object) -> Policy:
    """Read the parsed content of a policy file; raise `WireError` when it is not valid."""
    _, left = take_version(value, "version", (VERSION,), "policy")
    file = read_json(left, _PolicyFile, "policy")
    return Policy(
        allow=tuple(_rule(rule, f"policy.allow[{number}]") for number, rule in enumerate(file.allow)),
        resolvers=tuple(map(_resolver, file.resolvers)),
        proxies=tuple(map(_proxy, file.proxies)),
        limits=RelayLimits(**asdict(read_json(_usual_limits() | file.limits, _LIMITS, "policy.limits"))),
    )


def policy_to_json(policy: Policy) -> Json:
    """Write *policy* in the form that `parse_policy` reads, its proxies without user and password."""
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
        "limits": to_builtins(policy.limits),
    }


def _usual_limits() -> Json:
    return dict(to_builtins(RelayLimits()))


def _rule(written: _RuleEntry, where: str) -> PolicyRule:
    rule = PolicyRule(
        names=tuple(_name(text, where) for text in written.names),
        ranges=tuple(_net(text, where) for text in written.ranges),
        ports=tuple(_ports(item, where) for item in _list(written.ports)),
        transports=written.transports,
    )
    if not rule.ports or not set(rule.transports) <= {"tcp", "udp"}:
        raise WireError(f"{where}: needs ports, and transports among tcp and udp")
    return rule


def _name(text: str, where: str) -> str:
    name = text.rstrip(".").lower()
    if not name or not name.isascii() or set(name.replace(".", "")) <= {"*"} or read_address(name):
        raise WireError(f"{where}.names: “{text[:80]}” is not a name, or matches all names")
    return name


def _net(text: str, where: str) -> IpNetwork:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise WireError(f"{where}.ranges: “{text[:80]}” is not a range such as 192.0.2.0/24") from None


def _ports(value: object, where: str) -> tuple[int, int]:
    low, dash, high = str(value).partition("-")
    try:
        found = int(low), int(high if dash else low)
    except ValueError:
        found = 0, 0
    if not 1 <= found[0] <= found[1] <= 65535 or isinstance(value, bool):
        raise WireError(f"{where}.ports: “{str(value)[:40]}” is not a port or a range such as 10000-60000")
    return found


def _resolver(text: str) -> str:
    address = None if text == SYSTEM else read_address(text)
    if text != SYSTEM and address is None:
        raise WireError(f"policy.resolvers: “{text[:80]}” is not an address or {SYSTEM}")
    return str(address) if address else text


def _proxy(text: str) -> str:
    if not authority(text):
        raise WireError("policy.proxies: each must look like http://host:port")
    return text


def _list(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else [value]
