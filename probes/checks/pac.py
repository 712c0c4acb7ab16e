"""Look for a proxy script (PAC) that this network offers to browsers. The script is not evaluated.

Which proxy it gives for a host is the result of a JavaScript function. Lineman has no JavaScript engine, and runs no
code from the network.
"""

import asyncio
import os
import re
from typing import Final
from urllib.parse import urlsplit

from probes.checks.context import ProbeContext
from probes.checks.targets import usable
from probes.net.http1 import make_request, read_head
from probes.net.search_domains import search_domains
from probes.net.sockets import connect_tcp
from probes.protocol.failures import EgressDenied, Failure, NetworkError, classify
from probes.protocol.frozen import frozen
from probes.protocol.model import Step

_VARIABLE: Final = "auto_proxy"  # where GNOME, KDE, and Chromium read the address of a PAC file
_HTTP: Final = 80
_PORTS: Final = {"http": _HTTP, "https": 443}
_DOMAINS: Final = 2  # search domains that are tried; browsers do not go up to parent domains
_MOST: Final = 262_144  # bytes of a script that are read
_READ: Final = 65_536
_FUNCTION: Final = b"FindProxyForURL"  # each PAC file defines it; a login page does not
_ENTRY: Final = re.compile(
    rb"\b(PROXY|HTTPS?|SOCKS[45]?)[ \t]+((?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):[0-9]{1,5})\b"
)
_NAMED: Final = 3  # proxies that are listed
_SHARE: Final = 0.8  # of the budget, for each place
_NO_SCRIPT: Final = frozenset(
    {
        Failure.DNS_NXDOMAIN_ERROR,
        Failure.DNS_NO_ANSWER,
        Failure.CONNECTION_REFUSED,
        Failure.CONNECTION_RESET,
        Failure.EOF_ERROR,
        Failure.HTTP_UNEXPECTED_STATUS,
        Failure.HTTP_OTHER_ANSWER,
        Failure.HTTP_MALFORMED_RESPONSE,
    }
)


@frozen
class ScriptAddress:
    """Where a script may be, and who named it."""

    host: str
    port: int
    path: str = "/wpad.dat"
    scheme: str = "http"
    source: str = "dns"  # or: environment

    @property
    def url(self) -> str:
        """The address as text, without a user's name, a password, and a query."""
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.path.partition('?')[0]}"


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Facts: script (found, none), url, source (environment, dns), and proxies, those that the script names."""
    context.judges_silence = True  # a silent host says nothing about a script
    named = named_by(os.environ.get(_VARIABLE, ""))
    if named is not None:
        context.note(script="found", url=named.url, source=named.source)
    names = [f"wpad.{domain}" for domain in search_domains(context.shared.resolver.configuration)[:_DOMAINS]]
    port = step.target.port or _HTTP
    places = [named] if named else [ScriptAddress(name, port) for name in (*names, "wpad")]
    patience = step.budget * _SHARE
    results = await asyncio.gather(*(_look_at(place, context, patience) for place in places))
    for place, result in zip(places, results, strict=True):
        if isinstance(result, bytes):
            context.note(script="found", url=place.url, source=place.source)
            if proxies := proxies_in(result):
                context.note(proxies=proxies)
            return None
    if named is not None:
        return None
    failures = [result for result in results if isinstance(result, Failure)]
    if all(failure is Failure.NOT_ALLOWED for failure in failures):
        return Failure.NOT_ALLOWED
    if all(failure in _NO_SCRIPT for failure in failures if failure is not Failure.NOT_ALLOWED):
        context.note(script="none")
        return None
    return Failure.INCONCLUSIVE


def named_by(value: str) -> ScriptAddress | None:
    """The script that *value* of the environment variable names; None if it names none by HTTP."""
    try:
        url = urlsplit(value.strip())
        if url.scheme not in _PORTS or not url.hostname:
            return None
        port = url.port or _PORTS[url.scheme]
    except ValueError:
        return None
    path = re.sub(r"[^!-~]", "", url.path or "/") + (f"?{url.query}" if url.query else "")
    return ScriptAddress(url.hostname, port, path, url.scheme, "environment")


async def _look_at(place: ScriptAddress, context: ProbeContext, patience: float) -> bytes | Failure:
    """The script at *place*, or why there is none after *patience* seconds."""
    if place.scheme != "http":
        return Failure.NOT_SUPPORTED
    try:
        async with asyncio.timeout(patience):
            v4, v6 = await usable(*await context.shared.resolver.addresses(place.host), context)
            return await _fetch(place, (v4 or v6)[0])
    except (OSError, EOFError, EgressDenied, ExceptionGroup) as error:
        failure = classify(error)
        if failure is Failure.PROBE_CRASHED:
            raise
        return failure


async def _fetch(place: ScriptAddress, address: str) -> bytes:
    """The script; NetworkError if something else answers. Redirects are not followed."""
    loop = asyncio.get_running_loop()
    headers = {"Host": place.host, "Connection": "close", "Accept": "*/*"}
    with await connect_tcp(address, place.port) as sock:
        await loop.sock_sendall(sock, make_request("GET", place.path, headers))
        head = await read_head(lambda: loop.sock_recv(sock, _READ))
        body = bytearray(head.rest)
        while head.status == 200 and len(body) < _MOST:
            chunk = await loop.sock_recv(sock, _READ)
            if not chunk:
                break
            body += chunk
    if head.status != 200:
        raise NetworkError(Failure.HTTP_UNEXPECTED_STATUS)
    if _FUNCTION not in body:
        raise NetworkError(Failure.HTTP_OTHER_ANSWER)
    return bytes(body)


def proxies_in(script: bytes) -> list[str]:
    """The first proxies that *script* names. Which of them it gives for a host is not known."""
    entries = (f"{kind.decode()} {place.decode()}" for kind, place in _ENTRY.findall(script))
    return list(dict.fromkeys(entries))[:_NAMED]
