"""The page in a real Firefox, without TURN: `make check-link-lab` also takes it through five networks."""

import json
import shutil
from pathlib import Path

import pytest

from bot.check_link.result_schema import read_result
from tests.check_page.firefox import ICE, firefox
from tests.check_page.site import Site

pytestmark = pytest.mark.skipif(not shutil.which("firefox-esr"), reason="needs firefox-esr")


async def test_firefox(tmp_path: Path) -> None:
    """Edges that open, close, or are stripped of their upgrade are told apart, and the server accepts the result."""
    edges = {"roaming": "opens", "dublin": "strips", "tokyo": "closes"}
    async with Site(edges=edges).run() as site, firefox(tmp_path / "profile", ICE) as tab:
        await tab.open(site.url)
        assert site.started == []
        await tab.evaluate(
            "(() => { document.querySelector('input[value=yes]').click();"
            " document.querySelector('button.primary').click(); })()"
        )
        await tab.wait_until("document.querySelector('.verdict, textarea')", 20)
    [result] = site.results
    read_result(json.dumps(result).encode())
    found = {item["edge"] or item["probe"]: item["failure"] for item in result["observations"]}
    assert found == {
        "roaming": None,
        "dublin": "connection_aborted",
        "tokyo": "websocket_closed",
        "http": None,
        "udp_media": "no_credentials",
        "quality": "inconclusive",
    }
    assert result["browser"]["name"] == "Firefox"
    assert [error for error in tab.errors if "Content" in error] == []
