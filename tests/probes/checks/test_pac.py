"""The search for a proxy script, against small web and name servers on loopback."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from probes.checks import pac
from probes.net.guard import GUARD
from probes.net.resolver import Resolver
from probes.net.search_domains import search_domains
from probes.protocol.failures import Failure
from probes.protocol.policy_file import parse_policy
from probes.runner.packet_budget import PacketBudget
from probes.runner.policy_guard import PolicyGuard
from tests.fakes import Talk, say, tcp_server
from tests.name_server import name_server, zone
from tests.probes.checks.run_one_probe import see

SCRIPT = b"""function FindProxyForURL(url, host) {
  if (isPlainHostName(host)) return "DIRECT";
  return "PROXY proxy.acme.example:3128; PROXY proxy.acme.example:3128; " +
    "HTTPS [2001:db8::1]:8443; SOCKS5 s:1; PROXY t:2";
}"""
PROXIES = ["PROXY proxy.acme.example:3128", "HTTPS [2001:db8::1]:8443", "SOCKS5 s:1"]


def page(status: int, body: bytes) -> bytes:
    return f"HTTP/1.1 {status} Lab\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("auto_proxy", raising=False)
    path = tmp_path / "resolv.conf"
    path.write_text("search acme.example\n")
    return path


async def look(
    configuration: Path,
    talk: Talk,
    name: str = "wpad.acme.example",
    budget: float = 2.0,
) -> tuple[Failure | None, dict[str, Any]]:
    """Search with *name* at a web server that says *talk*; its port stands for port 80."""
    async with (
        name_server(zone({f"{name} A": [f"{name} A 127.0.0.1"]})) as server,
        tcp_server(talk) as port,
    ):
        names = Resolver([server], (0.05, 0.05, 0.1), configuration=configuration)
        return await see(pac.probe, "", port, names=names, budget=budget)


@pytest.mark.parametrize("name", ["wpad.acme.example", "wpad"])
async def test_script_is_found_and_not_evaluated(configuration: Path, name: str) -> None:
    """A file that defines the function is a script; the proxies are those that its text names."""
    failure, facts = await look(configuration, say(page(200, SCRIPT)), name)
    assert failure is None
    assert (facts["script"], facts["source"], facts["proxies"]) == ("found", "dns", PROXIES)
    assert facts["url"].startswith(f"http://{name}:")
    assert facts["url"].endswith("/wpad.dat")


@pytest.mark.parametrize(
    "talk",
    [
        say(page(200, b"<html>Please sign in</html>")),  # a login page answers for every name
        say(page(404, SCRIPT)),
        say(b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/FindProxyForURL\r\n\r\n"),
        say(b"SSH-2.0-lab\r\n"),
        say(),
        say(then="reset"),
    ],
    ids=["login page", "status", "redirect", "no HTTP", "closed", "reset"],
)
async def test_other_answers_are_no_script(configuration: Path, talk: Talk) -> None:
    """A login page, a redirect, or any other server under that name offers no script."""
    assert await look(configuration, talk) == (None, {"script": "none"})


async def test_without_the_name_there_is_none(configuration: Path) -> None:
    """The resolver knows no such name, which is the usual case."""
    got = await look(configuration, say(page(200, SCRIPT)), name="other.example")
    assert got == (None, {"script": "none"})


async def test_silence_proves_nothing(configuration: Path) -> None:
    """A server that never answers costs the budget of this check, and is no answer."""
    failure, facts = await look(configuration, say(then="wait"), budget=0.3)
    assert (failure, facts) == (Failure.INCONCLUSIVE, {})


async def test_endless_file_ends(configuration: Path) -> None:
    """A server that never stops sending costs a bounded number of bytes."""
    sent = 0

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 65_536)
            sent += 65_536
            await writer.drain()

    failure, facts = await look(configuration, talk)
    assert (failure, facts) == (None, {"script": "none"})
    assert sent < 50_000_000


async def test_dead_resolver_proves_nothing(configuration: Path) -> None:
    """Without name lookup nobody knows whether there is a script."""
    names = Resolver([("127.0.0.1", 9)], (0.05,), configuration=configuration)
    assert await see(pac.probe, "", 0, names=names) == (Failure.INCONCLUSIVE, {})


@pytest.mark.parametrize(
    ("allow", "failure", "script"),
    [
        ([], Failure.NOT_ALLOWED, None),
        ([{"names": ["wpad.acme.example"]}], Failure.NOT_ALLOWED, None),  # loopback has to be named, too
        ([{"names": ["wpad.acme.example"], "ranges": ["127.0.0.1/32"]}], None, "found"),
    ],
)
async def test_policy_of_the_relay_counts(
    configuration: Path, allow: list[dict[str, Any]], failure: Failure | None, script: str | None
) -> None:
    """A relay looks for a script only where the policy file of its operator allows it."""
    rules = [{**rule, "ports": ["1-65535"]} for rule in allow]
    policy = parse_policy({"version": 1, "allow": rules, "resolvers": ["127.0.0.1"]})
    GUARD.set(PolicyGuard(policy, PacketBudget(1e9), frozenset({"127.0.0.1"})))
    got, facts = await look(configuration, say(page(200, SCRIPT)))
    assert (got, facts.get("script")) == (failure, script)


async def test_environment_names_the_script(configuration: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that the environment names is there, also if it cannot be read; its password is not noted."""
    monkeypatch.setenv("auto_proxy", "https://user:secret@files.acme.example/proxy.pac?user=ada")
    names = Resolver([], (0.05,), configuration=configuration)
    failure, facts = await see(pac.probe, "", 0, names=names)
    assert failure is None
    assert facts == {
        "script": "found",
        "url": "https://files.acme.example/proxy.pac",
        "source": "environment",
    }


@pytest.mark.parametrize(
    "value", ["", "none", "file:///etc/proxy.pac", "http://", "http://[broken", "http://a:x/"]
)
def test_other_values_name_no_script(value: str) -> None:
    """Only an address by HTTP counts."""
    assert pac.named_by(value) is None


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        ("search a.example b.example.\n", ("a.example", "b.example")),
        ("domain OLD.example\nsearch New.example\n", ("new.example",)),
        ("nameserver 192.0.2.1\n", ()),
        ("search\n", ()),
        ("search a..b -x.example " + "a." * 130 + "example .\n", ()),
    ],
)
def test_search_domains_of_the_host(tmp_path: Path, text: str, domains: tuple[str, ...]) -> None:
    """The last line counts, and what is no domain is left out."""
    path = tmp_path / "resolv.conf"
    path.write_text(text)
    assert search_domains(path) == domains
    assert search_domains(tmp_path / "none") == ()
