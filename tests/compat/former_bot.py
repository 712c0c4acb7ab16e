"""The former app on Slack, run with the former packages: reads orders, a JSON list on each line, until it is killed.

`["meet", NAME...]`: what its relay meets from now on, by names of `samples`; `["stick"]`: its relay never ends;
`["hold"]`: keep and acknowledge what comes in, and begin none of it; `["settle"]`: end what has been begun.
"""

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager
from dataclasses import replace

from bot.desk import open_desk
from bot.replies import samples
from bot.slack.app import make_app
from bot.slack.environment import read_slack_settings
from bot.slack.resume import resume
from bot.slack.serve import open_office
from bot.slack.sockets import Sockets
from bot.slack.ways import WAYS
from bot.slack.web import make_client
from knowledge.network_facts import IceServer
from probes.model import USER_NETWORK

from bot.settings import Settings
from bot.slack import inbox


class MadeUpRelay:
    """Observes what a test orders."""

    name, vantage = "local", USER_NETWORK
    faults = ()
    stuck = False

    @asynccontextmanager
    async def run(self, plan):
        yield self._observe(plan)

    async def _observe(self, plan):
        for number, observation in enumerate(samples._seen(plan, self.faults).values()):
            if self.stuck and number == 3:
                await asyncio.Event().wait()
            yield observation


async def obey(office, relay):
    """Follow the orders on standard input, and say of each that it is followed."""
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin.buffer
    )
    print("ready", flush=True)
    while line := await orders.readline():
        order, *words = json.loads(line)
        if order == "meet":
            named = [getattr(samples, word) for word in words]
            relay.faults = tuple(
                fault for each in named for fault in (each if isinstance(each, tuple) else (each,))
            )
        elif order == "stick":
            relay.stuck = True
        elif order == "settle":
            await office.jobs.drain(10)
        elif order == "hold":
            for way in WAYS:
                WAYS[way] = _never
        print("done", flush=True)


async def _never(*_):
    await asyncio.Event().wait()


async def main():
    """Serve Slack as the environment says."""
    relay = MadeUpRelay()
    server = IceServer(("turn:turn.example:3478?transport=udp",), "made-up", "made-up")
    desk = replace(open_desk(), relay=relay, settings=Settings(ice_servers=(server,)))
    settings = read_slack_settings(os.environ)
    async with open_office(settings, dict(os.environ), desk) as office:
        await office.workspaces.get("")
        cut_off = await office.store.unfinished()
        app = make_app(settings, office)
        client = make_client("", office.session, settings.api_url)
        sockets = Sockets(app, settings.app_token, client, office.door)
        await sockets.open()
        office.jobs.start("resume", resume(office, cut_off))
        await inbox.answer_left(office)
        await obey(office, relay)


asyncio.run(main())
