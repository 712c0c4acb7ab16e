"""The fake Slack: one process, one workspace or several, one app that is installed in them."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from aiohttp import web

from tests.fake_slack import api, chat, links, oauth, others, responses, sharing, streams, views, workflows
from tests.fake_slack.acting import Acting
from tests.fake_slack.api import SlackError
from tests.fake_slack.chaos import Chaos
from tests.fake_slack.deliveries import Deliveries
from tests.fake_slack.fair_deadline import waited_for_processor
from tests.fake_slack.records import Records
from tests.fake_slack.responses import ResponseUrl
from tests.fake_slack.sockets import SocketMode
from tests.fake_slack.state import (
    APP_TOKEN,
    SCOPES,
    SIGNING_SECRET,
    Channel,
    Clock,
    File,
    Message,
    Team,
    User,
    new_id,
)

METHOD_ROOMS: Final = (
    chat,
    links,
    oauth,
    others,
    sharing,
    streams,
    views,
    workflows,
)  # importing them fills the table of methods
HOST: Final = "127.0.0.1"
KINDS: Final = {"channel": "C", "group": "G", "im": "D", "mpim": "G"}


class FakeSlack(Acting):
    """Everything that tests ask or order; `Acting` has what people do."""

    def __init__(self, scopes: frozenset[str] = SCOPES, chaos: Chaos | None = None) -> None:
        self.clock, self.records, self.chaos = Clock(), Records(), chaos or Chaos()
        self.socket, self.deliveries = SocketMode(self), Deliveries(self)
        self.teams: dict[str, Team] = {}
        self.files: dict[str, File] = {}
        self.elsewhere: dict[str, str] = {}  # file: an address to give for it in place of its own
        self.codes: dict[str, Team] = {}  # of OAuth, each good once
        self.redirect_url = ""  # of the app
        self.consent: Team | None = None  # who agrees to an installation; nobody
        self.triggers: dict[str, tuple[str, float, bool]] = {}  # user, made, spent
        self.responses: dict[str, ResponseUrl] = {}
        self.base = ""
        self.request_url = ""  # where the app listens for signed HTTP; empty: Socket Mode
        self.ack_deadline = 3.0  # seconds
        self.waited: Callable[[], float] = waited_for_processor  # seconds that the app could not run
        self.retry_pauses: tuple[float, ...] = (0.0, 0.5, 2.0)  # Slack's own: at once, 1 min, 5 min
        self.may_be_down = False  # whether an app that does not answer is what the test wants
        self.echoes = True  # whether the app hears of its own messages, as it does from Slack
        self.delays: dict[str, float] = {}  # seconds a method takes
        self.judges_later = (
            False  # whether messages are judged at the end, where the fake's own time would be measured
        )
        self.scopes = scopes
        self.team = self.add_team("Acme")

    def add_team(self, name: str, enterprise: str = "", org_wide: bool = False) -> Team:
        """One more workspace with a channel `support`, where the bot is, and three people."""
        bot, token = new_id("U"), f"xoxb-{len(self.teams) + 1}-fake-{name.lower()}"
        if org_wide:
            token = f"xoxb-fake-{enterprise.lower()}"
        team = Team(new_id("T"), name, bot, new_id("B"), token, set(self.scopes))
        team.enterprise, team.org_wide, team.tokens = enterprise, org_wide, {token: float("inf")}
        self.teams[team.id] = team
        team.users[bot] = User(bot, "lineman", team.id, is_bot=True)
        for person in ("ada", "grace", "linus"):
            self.add_user(person, team)
        self.add_channel("support", team=team)
        return team

    def add_user(self, name: str, team: Team | None = None, locale: str = "en-US") -> User:
        team = team or self.team
        user = User(new_id("U"), name, team.id, locale)
        team.users[user.id] = user
        for channel in team.channels.values():
            if channel.kind == "channel":
                channel.members.add(user.id)
        return user

    def add_channel(
        self, name: str, *, team: Team | None = None, bot: bool = True, kind: Any = "channel"
    ) -> Channel:
        """A channel with everybody in it, and the bot unless told otherwise."""
        team = team or self.team
        people = {one.id for one in team.users.values() if bot or not one.is_bot}
        channel = Channel(new_id(KINDS[kind]), name, team.id, team.bot_id, kind, people)
        team.channels[channel.id] = channel
        return channel

    def user(self, name: str, team: Team | None = None) -> User:
        return next(one for one in (team or self.team).users.values() if one.name == name)

    def channel(self, name: str = "support", team: Team | None = None) -> Channel:
        return next(one for one in (team or self.team).channels.values() if one.name == name)

    def messages(self, channel: Channel | None = None) -> list[Message]:
        """What everybody can read in *channel*, or anywhere."""
        channels = (
            [channel] if channel else [one for team in self.teams.values() for one in team.channels.values()]
        )
        return [message for one in channels for message in one.posts()]

    def whispers(self, user: User | None = None) -> list[Message]:
        """What only one person can see."""
        every = (
            one for team in self.teams.values() for c in team.channels.values() for one in c.messages.values()
        )
        return [one for one in every if one.only_for and (user is None or one.only_for == user.id)]

    @property
    def environment(self) -> dict[str, str]:
        """What the app's process needs to know to talk to this Slack."""
        tokens = {"SLACK_BOT_TOKEN": self.team.token, "SLACK_SIGNING_SECRET": SIGNING_SECRET}
        return {"SLACK_API_URL": f"{self.base}/api/", "SLACK_APP_TOKEN": APP_TOKEN, **tokens}

    def spend_trigger(self, trigger: str) -> str:
        """Use a trigger_id, whose user is given; it is good once, for three seconds."""
        user, made, spent = self.triggers.get(trigger, ("", 0.0, False))
        if not user:
            raise SlackError("invalid_trigger_id")
        if spent:
            raise SlackError("exchanged_trigger_id")
        if self.clock.now() - made > views.TRIGGER_LIFE:
            self.records.violate("a trigger_id used after more than three seconds")
            raise SlackError("expired_trigger_id")
        self.triggers[trigger] = (user, made, True)
        return user

    def judge(self) -> None:
        """Judge what was not judged when it came."""
        if self.judges_later:
            for name in ("chat.postMessage", "chat.update", "chat.postEphemeral"):
                for args in self.records.outgoing[name]:
                    chat.judge(self, name, args)

    async def pause(self, method: str) -> None:
        """Let *method* take as long as was ordered."""
        if seconds := self.delays.get(method):
            await asyncio.sleep(seconds)

    @asynccontextmanager
    async def serving(self, port: int = 0, on: socket.socket | None = None) -> AsyncIterator["FakeSlack"]:
        """Listen on loopback, or *on* a socket made elsewhere, until the block is left."""
        runner = web.AppRunner(self._app(), shutdown_timeout=0.1)
        await runner.setup()
        try:
            await (web.SockSite(runner, on) if on else web.TCPSite(runner, HOST, port)).start()
            host, heard_at, *_ = runner.addresses[0]
            self.base = f"http://{host}:{heard_at}"
            yield self
        finally:
            await self.deliveries.close()
            await self.socket.close()
            await runner.cleanup()

    @asynccontextmanager
    async def refreshing(self, seconds: float) -> AsyncIterator[None]:
        """Ask for one renewed connection every so many seconds, until the block is left."""

        async def refresh() -> None:
            while True:
                await asyncio.sleep(seconds)
                await self.socket.refresh()

        task = asyncio.create_task(refresh())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 2**20)

        async def call(request: web.Request) -> web.Response:
            return await api.answer(self, request)

        async def respond(request: web.Request) -> web.Response:
            return await responses.respond(self, request)

        async def upload(request: web.Request) -> web.Response:
            file = self.files[request.match_info["id"]]
            file.content = await request.read()
            return web.Response(text=f"OK - {len(file.content)}")

        app.router.add_route("*", "/api/{method}", call)
        app.router.add_post("/response/{id}", respond)

        async def download(request: web.Request) -> web.Response:
            return await sharing.serve(self, request)

        app.router.add_post("/upload/{id}", upload)
        app.router.add_get("/files-pri/{id}/{name}", download)

        async def consent(request: web.Request) -> web.Response:
            return await oauth.authorize(self, request)

        app.router.add_get("/oauth/v2/authorize", consent)
        app.router.add_get("/link/", self.socket.serve)
        return app
