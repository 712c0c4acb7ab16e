"""Check links of a real `lineman serve`: the page, the result, and the thread, with the process killed in between."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp

from tests.bot.check_link.conftest import config_in
from tests.bot.check_link.results import result
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Message
from tests.slack.bot import Bot, serving
from tests.slack.world import closed_world

ORIGIN = "https://check.example"
ADDRESS = re.compile(r"https://check\.example(/check/[\w-]{43})")


async def test_from_command_to_verdict(slack: FakeSlack, tmp_path: Path) -> None:
    """Over HTTP, one process serves Slack and the page. Killed after the result, the next one shows it, once."""
    ada = slack.user("ada")
    bot = Bot(slack, "http", tmp_path, closed_world(tmp_path), {"LINEMAN_CHECK_URL": ORIGIN})
    async with serving(bot), aiohttp.ClientSession() as customer:
        await slack.command("/diagnose 31009 javascript link", ada)
        path = await slack.records.until(lambda: _path(slack), 20, "the address of a link")
        async with customer.get(_at(slack, path)) as page:
            config = config_in(await page.text())
        started = await _post(customer, _at(slack, f"{path}/start"), {"v": 1, "same_network": "yes"})
        body = result(config, websocket="inconclusive", run=started["run"], key=started["key"])
        answer = await _post(customer, _at(slack, f"{path}/result"), body)
        assert answer["verdict"] == "unknown"
        await slack.records.until(lambda: not _waiting(bot), 20, "the command to be done")
        await bot.kill()
        await bot.start()
        await slack.records.until(lambda: len(_ours(slack)) > 2, 20, "the result in the thread")
        top, wait, found = _ours(slack)
        assert found.thread_ts == wait.thread_ts == top.ts
        await slack.records.until(lambda: "has arrived" in wait.text and "Could not tell" in top.text, 20)
        again = await _post(customer, _at(slack, f"{path}/result"), body)
        assert (again["reference"], again["rows"]) == (answer["reference"], answer["rows"])
        await slack.click(wait, "lm_unlink", ada)
        await slack.records.until(lambda: "was canceled" in wait.text, 20)
        async with customer.get(_at(slack, path)) as page:
            assert page.status == 404
        assert len(_ours(slack)) == 3
    assert path not in bot.log


def _path(slack: FakeSlack) -> str:
    return next((m[1] for one in slack.whispers() if (m := ADDRESS.search(json.dumps(one.blocks)))), "")


def _waiting(bot: Bot) -> int:
    """The requests that are not done. Killed before that, the next process shows the link with a new address."""
    with closing(sqlite3.connect(bot.database)) as database:
        (count,) = database.execute("SELECT count(*) FROM inbox").fetchone()
    return int(count)


def _ours(slack: FakeSlack) -> list[Message]:
    return [one for one in slack.messages() if one.bot]


def _at(slack: FakeSlack, path: str) -> str:
    """The address of the page where the proxy of the operator would send a request."""
    return slack.request_url.replace("/slack/events", path)


async def _post(customer: aiohttp.ClientSession, url: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Origin": ORIGIN, "X-Lineman-Check": "1"}
    async with customer.post(url, json=body, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return dict(await answer.json())
