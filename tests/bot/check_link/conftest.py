"""The check page served on loopback, with a database and the link of one case."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.check_link.links import make_link
from bot.check_link.page_files import PageFile, PageFiles
from bot.check_link.server import serving
from bot.check_link.service import CheckService
from bot.check_link.settings import CheckSettings
from bot.diagnosis.engine import Engine, load_engine
from bot.diagnosis.turn_settings import load_turn_settings
from bot.model.records import CaseRow
from bot.model.request import Request
from bot.slack.runtime.ids import new_run
from bot.storage.links_table import CheckLink
from bot.storage.store import Store
from tests.bot.check_link.results import encode

ORIGIN = "https://check.example"
PAGE = (
    '<!doctype html><script nonce="{{nonce}}" src="{{assets}}/page.js"></script>'
    '<script type="application/json" id="config" nonce="{{nonce}}">{{config}}</script>'
)
FILES = PageFiles(PAGE, {"page.js": PageFile(b"void 0", "text/javascript; charset=utf-8")})
ICE = json.dumps([{"urls": "turn:turn.example:3478?transport=udp", "username": "u", "credential": "c"}])


@dataclass
class Checked:
    """A served check page, with the requests of its page."""

    service: CheckService
    session: aiohttp.ClientSession
    base: str
    link: CheckLink
    token: str
    now: list[float] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.service.store

    async def get(self, token: str = "") -> tuple[int, str, Mapping[str, str]]:
        async with self.session.get(
            f"{self.base}/check/{token or self.token}", allow_redirects=False
        ) as answer:
            return answer.status, await answer.text(), answer.headers

    async def config(self) -> dict[str, Any]:
        status, text, _ = await self.get()
        assert status == 200
        return config_in(text)

    async def post(
        self, what: str, body: Any, *, token: str = "", headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        sent = {
            "Origin": ORIGIN,
            "X-Lineman-Check": "1",
            "Content-Type": "application/json",
            **(headers or {}),
        }
        data = body if isinstance(body, bytes) else encode(body)
        url = f"{self.base}/check/{token or self.token}/{what}"
        async with self.session.post(url, data=data, headers=sent, allow_redirects=False) as answer:
            return answer.status, await answer.json()

    async def start(self, token: str = "") -> dict[str, Any]:
        status, started = await self.post("start", {"v": 1, "same_network": "yes"}, token=token)
        assert status == 200, started
        return started

    async def new_link(
        self, code: str = "31009", platform: str | None = "javascript"
    ) -> tuple[CheckLink, str]:
        """A link of another case, and its token."""
        case = CaseRow(
            f"case-{len(await self.store.links())}", "T", "", "U", Request(code, platform), created=1.0
        )
        await self.store.open_case(case)
        link, url = await make_link(self.store, self.service.settings, case.id, self.now[0])
        return link, url.rpartition("/")[2]


def config_in(page: str) -> dict[str, Any]:
    """The configuration that a page holds."""
    match = re.search(r'id="config"[^>]*>(.*?)</script>', page)
    assert match
    config: dict[str, Any] = json.loads(match[1])
    return config


@pytest.fixture(scope="session")
def engine() -> Engine:
    return load_engine(None, None)


@pytest_asyncio.fixture
async def checked(tmp_path: Path, engine: Engine) -> AsyncIterator[Checked]:
    turn = load_turn_settings({"LINEMAN_ICE_SERVERS": ICE})
    settings = CheckSettings(url=ORIGIN, database=tmp_path / "lineman.db", turn=turn)
    store, now = Store.open(settings.database), [1_764_400_000.0]
    service = CheckService(engine, store, settings, new_run, lambda: now[0])
    async with serving(service, "127.0.0.1", 0, FILES) as port, aiohttp.ClientSession() as session:
        found = Checked(service, session, f"http://127.0.0.1:{port}", None, "", now)  # type: ignore[arg-type]
        found.link, found.token = await found.new_link()
        yield found
    await store.close()
