"""Access control: signatures, limits per person, other workspaces, revoked tokens."""

import asyncio
import os
from pathlib import Path
from typing import Final
from urllib.parse import quote_plus

import aiohttp
import pytest

from tests.fake_slack.deliveries import signed
from tests.fake_slack.slack import FakeSlack
from tests.slack.bot import LINEMAN, START_LIMIT, Bot, serving
from tests.slack.world import HOST, closed_world, free_port

PRESSED: Final = '{"type": "block_actions", "actions": [{"action_id": "lm_start", "value": "{}"}]}'


async def test_signatures(slack: FakeSlack, tmp_path: Path) -> None:
    """Requests with a wrong or old signature are refused; health and readiness are public."""
    typed, now = "command=%2Fdiagnose&text=31009", slack.clock.now()
    pressed = "payload=" + quote_plus(PRESSED)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    async with (
        serving(Bot(slack, "http", tmp_path, closed_world(tmp_path))) as bot,
        aiohttp.ClientSession() as session,
    ):
        for body in (typed, pressed):
            for headers in (
                {},
                signed(body, now, "another"),
                signed(body, now - 400),
                signed(body + "x", now),
                signed(PRESSED, now),  # what is in the form, without the form
            ):
                async with session.post(slack.request_url, data=body, headers=form | headers) as response:
                    assert response.status == 401
        for page in ("healthz", "readyz"):
            async with session.get(slack.request_url.replace("slack/events", page)) as response:
                assert response.status == 200
    assert not slack.messages()
    assert bot.log.count("does not match SLACK_SIGNING_SECRET") == 1


async def test_check_links_beside_slack(slack: FakeSlack, tmp_path: Path) -> None:
    """With its address set, the page of check links is served beside Socket Mode; a forged link gets its own page."""
    address = {"LINEMAN_CHECK_URL": "https://check.example"}
    bot = Bot(slack, "socket", tmp_path, closed_world(tmp_path), address)
    async with serving(bot), aiohttp.ClientSession() as session:
        await slack.records.until(lambda: "Listening on" in bot.log)
        port = bot.log.rpartition("Listening on ")[2].split(".\n")[0]
        async with session.get(f"http://{port}/check/{'x' * 43}") as response:
            assert (response.status, response.headers["Referrer-Policy"]) == (404, "no-referrer")
            assert '"error": "unknown"' in await response.text()


async def test_rate_limit(slack: FakeSlack, tmp_path: Path) -> None:
    """A person over the limit learns when the next request is possible; others are not affected."""
    ada, grace = slack.user("ada"), slack.user("grace")
    limits = {"LINEMAN_RATE_USER": "2/600"}
    async with serving(Bot(slack, "socket", tmp_path, closed_world(tmp_path), limits)):
        for _ in range(3):
            await slack.command("/diagnose 31009", ada)
        told = await slack.records.until(lambda: slack.whispers(ada))
        await slack.command("/diagnose 31009", grace)
        await slack.records.until(lambda: len(slack.messages()) == 3)
    assert "minute" in told[0].text


async def test_uninstalled(slack: FakeSlack, tmp_path: Path) -> None:
    """After the app was taken out of the workspace, the process lives on and says nothing more there."""
    async with serving(Bot(slack, "socket", tmp_path, closed_world(tmp_path))):
        await slack.uninstall(slack.team)
        slack.may_be_down = True
        await slack.command("/diagnose 31009", slack.user("ada"))
    assert not slack.messages()


@pytest.mark.parametrize(
    ("settings", "code", "says"),
    [
        ({}, 2, "no Slack settings yet"),
        ({"SLACK_BOT_TOKEN": "xoxb-0123456789abc"}, 2, "SLACK_SIGNING_SECRET"),
        ({"SLACK_APP_TOKEN": "xoxb-0123456789abc"}, 2, "SLACK_APP_TOKEN"),
    ],
)
async def test_settings(settings: dict[str, str], code: int, says: str, tmp_path: Path) -> None:
    """With missing or wrong settings, it prints on one screen what to do, and never the content of a token."""
    process = await asyncio.create_subprocess_exec(
        LINEMAN,
        "serve",
        env={"PATH": os.environ["PATH"], "LINEMAN_HOME": str(tmp_path), **settings},
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told = (await process.communicate())[0].decode()
    assert process.returncode == code
    assert says in told
    assert len(told.splitlines()) < 40
    assert "0123456789abc" not in told


async def test_refused_at_the_start(slack: FakeSlack, tmp_path: Path) -> None:
    """A failed start prints one sentence that says what to do; the exit code says whether to retry."""
    web = {"SLACK_APP_TOKEN": "", "PORT": slack.base.rpartition(":")[2]}
    cases = {
        "Slack does not know SLACK_BOT_TOKEN": (2, {"SLACK_BOT_TOKEN": "xoxb-of-another-app"}),
        "Slack does not know SLACK_APP_TOKEN": (2, {"SLACK_APP_TOKEN": "xapp-of-another-app"}),
        "address already in use. Use PORT and HOST": (2, web),
        "connection refused. The firewall must allow HTTPS to it": (
            75,
            {"SLACK_API_URL": f"http://{HOST}:{free_port()}/api/"},
        ),
    }
    folders = [tmp_path / str(number) for number in range(len(cases))]
    for folder in folders:
        folder.mkdir()
    starts = zip(cases.values(), folders, strict=True)
    told = await asyncio.gather(
        *(refused(slack.environment | given, folder) for (_, given), folder in starts)
    )
    for (says, (code, _)), (ended, output) in zip(cases.items(), told, strict=True):
        assert says in output
        assert (ended, "Traceback" in output, "another-app" in output) == (code, False, False), output


async def refused(environment: dict[str, str], folder: Path) -> tuple[int | None, str]:
    """Start the bot; return its exit code and its output."""
    settings = {"PATH": os.environ["PATH"], "HOST": HOST, "LINEMAN_HOME": str(folder), **environment}
    out = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.STDOUT}
    process = await asyncio.create_subprocess_exec(LINEMAN, "serve", env=settings, cwd=folder, **out)
    try:
        async with asyncio.timeout(START_LIMIT * 2):
            said = (await process.communicate())[0].decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, said
