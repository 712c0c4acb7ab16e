"""The page in a real Chromium: nothing before Start, known words, keyboard, screen readers."""

import json
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.check_link.result_schema import read_result
from tests.check_page.build import ROOM
from tests.check_page.chromium import ICE, Tab, chromium
from tests.check_page.site import HOST, Site
from tests.slack import tools
from tests.turnserver import SECRETS, coturn

pytestmark = [
    pytest.mark.skipif(not shutil.which("chromium"), reason="needs chromium"),
    pytest.mark.skipif(bool(tools.missing(ROOM)), reason=tools.missing(ROOM)),
]
DONE = "document.querySelector('.verdict, textarea')"


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    async with chromium(tmp_path / "profile", *ICE) as tab:
        yield tab


def free_port() -> int:
    """A port where nothing listens: it refuses."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


def by_name(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The observations of *result* by service and edge or transport."""
    return {f"{o['service']} {o['edge'] or o['transport']} {o['probe']}": o for o in result["observations"]}


async def test_healthy_network(tab: Tab, tmp_path: Path) -> None:
    """By keyboard alone: nothing runs before Start, everything works, the result is sent, and axe finds nothing."""
    with coturn(tmp_path) as server:
        turn = [
            {"host": HOST, "port": server.port, "transport": way, "url": f"turn:{HOST}:{server.port}?transport={way}"}
            for way in ("udp", "tcp")
        ]  # fmt: skip
        stun = [{"host": HOST, "port": server.port, "url": f"stun:{HOST}:{server.port}"}]
        async with Site(turn=turn, stun=stun, ice=SECRETS).run() as site:
            await tab.size(390, 844)
            await tab.open(site.url)
            assert await tab.violations() == []
            assert await tab.evaluate("document.documentElement.scrollWidth") == 390
            assert (site.started, site.requests.count("page.js")) == ([], 1)
            await tab.evaluate("document.querySelector('button.primary').click()")
            assert (await tab.evaluate("document.querySelector('.error').textContent")).startswith(
                "Please choose"
            )
            await tab.press(" ", 32, " ")  # the focus is on the first answer
            await tab.press("Tab", 9)
            await tab.press("Enter", 13, "\r")
            await tab.wait_until("document.querySelector('.waiting')")
            assert await tab.violations() == []
            await tab.wait_until(DONE)
            assert await tab.violations() == []
            assert await tab.evaluate("document.activeElement.tagName") == "H1"
            assert await tab.evaluate("document.querySelector('b')") is None  # texts are never markup
            assert await tab.evaluate("document.cookie + localStorage.length + sessionStorage.length") == "00"
    assert site.started == [{"v": 1, "same_network": "yes", "language": "en"}]
    [result] = site.results
    read_result(json.dumps(result).encode())  # the server accepts it
    observations = by_name(result)
    assert {name: o["failure"] for name, o in observations.items()} == dict.fromkeys(observations)
    assert len(observations) == 8
    media = observations["media udp udp_media"]["facts"]
    assert len(media["open"]) == 3
    assert all(10000 <= port <= 60000 for port in media["open"])
    assert media["via"].endswith("/tcp")
    assert result["measurements"]["sent"] == 100
    assert abs(result["clock_offset_s"]) < 5
    assert len(json.dumps(result)) < 60_000
    assert tab.errors == []


async def test_blocked_network(tab: Tab) -> None:
    """Resets count twice while our server answers; media without TURN are unknown. An unsent result can be copied."""
    edges = {"roaming": "resets", "dublin": "strips", "tokyo": "closes", "sydney": "opens"}
    port = free_port()
    turn = [{"host": HOST, "port": port, "transport": "tcp", "url": f"turn:{HOST}:{port}?transport=tcp"}]
    async with Site(edges=edges, insights="resets", turn=turn, stores=False).run() as site:
        await tab.open(site.url, language="fr-FR")
        assert await tab.evaluate("document.documentElement.lang") == "fr"
        await tab.start("unsure")
        await tab.wait_until(DONE)
        assert await tab.violations() == []
        text = await tab.evaluate("document.querySelector('textarea').value")
    read_result(json.dumps(site.results[0]).encode())
    observations = by_name(site.results[0])
    failures = {
        name.split()[1]: o["failure"] for name, o in observations.items() if o["probe"] == "websocket"
    }
    assert failures == {
        "roaming": "connection_aborted",
        "dublin": "connection_aborted",
        "tokyo": "websocket_closed",
        "sydney": None,
    }
    reachable = {
        edge: observations[f"signaling {edge} websocket"]["facts"]["host_reachable"]
        for edge in edges
        if edge != "sydney"
    }
    assert reachable == {"roaming": False, "dublin": True, "tokyo": True}
    assert observations["insights tcp http"]["failure"] == "connection_aborted"
    assert observations["turn tcp turn"]["failure"] == "connection_aborted"
    assert observations["media udp udp_media"]["failure"] == "no_credentials"
    copied = json.loads(text.splitlines()[-1].removeprefix("lineman-check: "))
    assert copied == {name: value for name, value in site.results[0].items() if name != "key"}
    assert "Connexion au service d\N{RIGHT SINGLE QUOTATION MARK}appel: Bloqué" in text


async def test_links_that_do_not_work(tab: Tab) -> None:
    """An expired link has a friendly page without a start; a refused start says why and runs nothing."""
    async with Site(error="expired").run() as site:
        await tab.open(site.url, language="ja")
        assert await tab.violations() == []
        assert "有効期限" in await tab.evaluate("document.body.innerText")
        assert await tab.evaluate("document.querySelector('form, button')") is None
    async with Site(refuses="used_up").run() as site:
        await tab.open(site.url, language="de")
        await tab.start()
        await tab.wait_until("document.body.innerText.includes('so oft benutzt')")
    assert (len(site.started), site.results) == (1, [])
