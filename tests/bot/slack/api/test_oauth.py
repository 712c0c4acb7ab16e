"""Installing into workspaces and organisations, from the page to the first answer; tokens that end; farewells."""

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from bot.http_server import open_server
from bot.slack.server.http import make_pages
from bot.slack.state.health import Readiness
from tests.bot.slack.conftest import Here, Serving
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.databases import run_sql
from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import CLIENT_ID, CLIENT_SECRET, Message, Team
from tests.previews.samples import SIGNALING_SHUT
from tests.slack.bot import is_notice

# The SDK calls what aiohttp 4 will not have.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")

HOST = "127.0.0.1"
OAUTH = {"SLACK_BOT_TOKEN": "", "SLACK_CLIENT_ID": CLIENT_ID, "SLACK_CLIENT_SECRET": CLIENT_SECRET}


@dataclass
class Site:
    """The app's pages, and somebody with a browser."""

    here: Here
    base: str
    browser: aiohttp.ClientSession

    async def begin(self) -> str:
        """Open the first page; gives where its button leads."""
        async with self.browser.get(f"{self.base}/slack/install") as page:
            found = re.search(r'href="(http[^"]+)"', await page.text())
            assert found
            return found[1].replace("&amp;", "&")

    async def go(self, url: str) -> tuple[int, str]:
        async with self.browser.get(url) as page:
            return page.status, await page.text()

    async def install(self, team: Team | None) -> tuple[int, str]:
        """Go through it all; *team* agrees, or nobody."""
        self.here.slack.consent = team
        return await self.go(await self.begin())

    async def answered(self, team: Team) -> None:
        """Type a command in *team*, and wait for its verdict there."""
        slack = self.here.slack
        channel = slack.channel(team=team)

        def verdicts() -> list[Message]:
            return [one for one in slack.messages(channel) if not is_notice(one)]

        before = len(verdicts())
        await slack.command("/diagnose 31009", slack.user("ada", team), channel)
        await self.here.until(lambda: len(verdicts()) > before)
        await self.here.until(lambda: verdicts()[before].text.startswith("Blocked"))


@asynccontextmanager
async def site(slack: FakeSlack, serving: Serving, **more: str) -> AsyncIterator[Site]:
    async with serving(slack, MadeUpRelay(SIGNALING_SHUT), **OAUTH, **more) as here:
        server = await open_server(
            make_pages(Readiness(here.context), None, here.context), HOST, 0, logging.getLogger(__name__)
        )
        base = f"http://{HOST}:{server.port}"
        slack.redirect_url = f"{base}/slack/oauth_redirect"
        # browsers count loopback as secure; this one has to be told
        jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=URL(base))
        try:
            async with aiohttp.ClientSession(cookie_jar=jar) as browser:
                yield Site(here, base, browser)
        finally:
            await server.close()


def kept(database: str) -> str:
    """Everything that the tables of installations hold."""
    return str([run_sql(database, f"select * from {name}") for name in ("slack_bots", "slack_installations")])


async def test_two_workspaces(slack: FakeSlack, serving: Serving, database: str) -> None:
    """Each workspace that has installed it is answered with its own token, now and after a restart."""
    other = slack.add_team("Other")
    async with site(slack, serving) as page:
        for team in (slack.team, other):
            assert (await page.install(team))[0] == 200
            await page.answered(team)
    if not database.startswith("postgresql:"):
        assert Path(database).stat().st_mode & 0o077 == 0  # noqa: ASYNC240 - one file, in a test
    async with site(slack, serving) as page:
        await page.answered(other)
    assert {call.team for call in slack.records.made("chat.postMessage")} == {slack.team.id, other.id}


async def test_redirect_address_is_the_one_that_is_set(slack: FakeSlack, serving: Serving) -> None:
    """Slack is asked to send the browser back to `SLACK_REDIRECT_URI`, and to its own default without it."""
    address = "https://lineman.example/slack/oauth_redirect"
    for more, expected in (({"SLACK_REDIRECT_URI": address}, address), ({}, None)):
        async with site(slack, serving, **more) as page:
            assert URL(await page.begin()).query.get("redirect_uri") == expected


async def test_not_installed(slack: FakeSlack, serving: Serving) -> None:
    """A workspace that has not installed it hears so, and nothing happens there."""
    async with site(slack, serving) as page:
        delivery = await slack.command("/diagnose 31009", slack.user("ada"))
        await page.here.until(lambda: delivery.acked)
        assert "not installed" in slack.whispers()[0].text
    assert not slack.messages()


async def test_whole_organisation(slack: FakeSlack, serving: Serving, database: str) -> None:
    """One installation serves every workspace of an organisation, also where only the workspace is known."""
    east, west = (slack.add_team(name, enterprise="E0ORG", org_wide=True) for name in ("East", "West"))
    async with site(slack, serving) as page:
        await page.install(east)
        await page.answered(east)
        await page.answered(west)
    async with site(slack, serving) as page:
        workspace = await page.here.context.workspaces.get(west.id)  # as for a message that is owed
        assert workspace
        assert workspace.team == west.id
        await slack.uninstall(east)
        await page.here.until(lambda: east.token not in kept(database))
        assert await page.here.context.workspaces.get(west.id) is None


async def test_workspace_of_an_organisation(slack: FakeSlack, serving: Serving) -> None:
    """A workspace may install by itself, though it belongs to an organisation; its neighbour is not served by that."""
    east, west = (slack.add_team(name, enterprise="E0ORG") for name in ("East", "West"))
    async with site(slack, serving) as page:
        await page.install(east)
        await page.answered(east)
        assert await page.here.context.workspaces.get(west.id, "E0ORG") is None


async def test_token_is_renewed(slack: FakeSlack, serving: Serving, database: str) -> None:
    """A token that is about to end is changed for a new one, once; the old one is kept nowhere."""
    slack.team.lives = 3600
    async with site(slack, serving) as page:
        await page.install(slack.team)
        old, slack.team.lives = slack.team.token, 43_200
        await page.answered(slack.team)
        await page.answered(slack.team)
    exchanges = slack.records.made("oauth.v2.access")
    assert [call.args.get("grant_type") for call in exchanges] == [None, "refresh_token"]
    assert slack.team.token in kept(database)
    assert old not in kept(database)


async def test_token_is_not_renewed(slack: FakeSlack, serving: Serving, database: str) -> None:
    """Where Slack gives no new token, the old one serves to its end; after that, nothing is said in the workspace."""
    slack.team.lives = 3600
    async with site(slack, serving) as page:
        await page.install(slack.team)
        slack.chaos.fail("oauth.v2.access", "invalid_refresh_token", times=100)
        await page.answered(slack.team)
        run_sql(database, "update slack_bots set bot_token_expires_at = 1")
        page.here.context.workspaces.forget_all()
        await page.here.context.tasks.drain(10)  # the question follows the verdict
        posted = len(slack.messages())
        await slack.command("/diagnose 31009", slack.user("ada"))
        assert "not installed" in slack.whispers()[0].text
    assert len(slack.messages()) == posted


async def test_uninstalled_and_back(slack: FakeSlack, serving: Serving, database: str) -> None:
    """When the app is taken out, its token is deleted, not before; it can be installed again."""
    async with site(slack, serving) as page:
        await page.install(slack.team)
        await slack.revoke_tokens(slack.team, oauth=["U1"])  # a person's
        await page.answered(slack.team)
        assert slack.team.token in kept(database)
        await slack.uninstall(slack.team)
        await page.here.until(lambda: slack.team.token not in kept(database))
        await page.install(slack.team)
        await page.answered(slack.team)


async def test_declined(slack: FakeSlack, serving: Serving, database: str) -> None:
    """Whoever declines reads that nothing was installed, and where to begin again."""
    async with site(slack, serving) as page:
        status, text = await page.install(None)
        assert status == 200
        assert "declined" in text
        assert 'href="/slack/install"' in text
        assert kept(database) == "[[], []]"


async def test_state(slack: FakeSlack, serving: Serving, database: str) -> None:
    """A state that is forged, used up or another browser's installs nothing, and the page says what it was."""
    slack.consent = slack.team
    async with site(slack, serving) as page:
        assert (await page.install(slack.team))[0] == 200
        back = slack.redirect_url
        for url, status, says in (
            (f"{back}?code=x&state=forged", 400, "another browser"),
            (f"{back}?state=forged", 400, "another browser"),
            (f"{back}?error=%3Cscript%3E", 200, "did not install"),
        ):
            got, text = await page.go(url)
            assert (got, says in text, "<script>" in text) == (status, True, False)
        link = await page.begin()
        run_sql(database, "delete from oauth_states")  # as if ten minutes had passed
        got, text = await page.go(link)
        assert got == 401
        assert "older than 10 minutes" in text


@pytest.mark.parametrize("error", ["invalid_code", "bad_client_secret"])
async def test_exchange_refused(
    slack: FakeSlack, serving: Serving, database: str, caplog: pytest.LogCaptureFixture, error: str
) -> None:
    """When Slack gives no token for the code, the page says so and the log tells why, without the code."""
    async with site(slack, serving) as page:
        slack.chaos.fail("oauth.v2.access", error, times=5)
        status, text = await page.install(slack.team)
        assert status == 401
        assert "did not accept" in text
        assert kept(database) == "[[], []]"
    assert error in caplog.text
    assert not [code for code in slack.codes if code in caplog.text]


@pytest.mark.parametrize("page", ["/slack/install", "/slack/oauth_redirect"])
async def test_pages_do_not_read_bodies(slack: FakeSlack, serving: Serving, page: str) -> None:
    """A body of a stranger's, in any charset, or a broken query is no error of the install pages."""
    async with site(slack, serving) as here:
        for query, kind in (
            ("", "charset=bogus"),
            ("?state=%ff&code=%zz&team=%00", "x"),
            ("?error=%ff&&=", ";"),
        ):
            headers = {"Content-Type": f"text/plain; {kind}", "Cookie": 'slack-app-oauth-state="; =;;'}
            url = URL(here.base + page + query, encoded=True)
            async with here.browser.get(url, data=b"\xff", headers=headers) as answer:
                assert answer.status in (200, 400, 401)
