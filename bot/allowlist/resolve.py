"""Resolve the host names of an allow-list, and render it."""

import socket
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from bot.allowlist.formats import BY_ADDRESS, FORMS
from bot.allowlist.model import AllowList, make_list
from bot.allowlist.request import ListRequest
from bot.errors import UsageError
from knowledge.model.network import Network

ANYWHERE: Final = ("0.0.0.0/0",)


ResolveHost: TypeAlias = Callable[[str], tuple[str, ...]]


def write_list(wanted: ListRequest, network: Network) -> str:
    """Write the *wanted* list; formats without host names query the system's resolver, which may block."""
    found = make_list(network, wanted.platform, wanted.edge, turn=wanted.turn, legacy=wanted.legacy)
    if wanted.form in BY_ADDRESS:
        found = found.with_addresses(addresses(found, network, anywhere=wanted.any_address))
    return FORMS[wanted.form](found)


def addresses(
    found: AllowList, network: Network, *, anywhere: bool = False, look_up: ResolveHost | None = None
) -> Mapping[str, tuple[str, ...]]:
    """The IPv4 addresses of each name as /32: pinned, looked up, or any; `UsageError` if there is none."""
    given: dict[str, tuple[str, ...]] = {}
    for host in found.names:
        pinned = tuple(f"{item}/32" for item in network.addresses.get(host, ()) if ":" not in item)
        given[host] = pinned or (ANYWHERE if anywhere else (look_up or look_up_here)(host))
        if not given[host]:
            raise UsageError(
                f"{host} cannot be resolved from here, and this format takes only addresses. Use "
                f"--format {', '.join(form for form in FORMS if form not in BY_ADDRESS)}, which keep names, or "
                "--any-address to allow the port to any address."
            )
    return given


def look_up_here(host: str) -> tuple[str, ...]:
    """Query the system's resolver for the IPv4 addresses of *host*, each as a /32; empty if there are none."""
    try:
        found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        return ()
    return tuple(sorted({f"{families[4][0]}/32" for families in found}))
