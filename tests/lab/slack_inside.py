"""A fake Slack on the loopback of one of the lab's hosts."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.fake_slack.slack import FakeSlack
from tests.lab.lab import Lab

HOST = "127.0.0.1"


@asynccontextmanager
async def slack_inside(lab: Lab, host: str) -> AsyncIterator[FakeSlack]:
    """Serve it in the namespace of *host*; afterwards nothing may have been sent that Slack would refuse."""

    def listen() -> socket.socket:
        return socket.create_server((HOST, 0))

    def non_blocking(info: tuple[int, int, int, str, object]) -> socket.socket:
        """Make a socket of the host's network, as the event loop wants it."""
        made = lab.namespaces.inside(host, lambda: socket.socket(*info[:3]))
        os.set_blocking(made.fileno(), False)
        made.setblocking(False)
        return made

    async with FakeSlack().serving(on=lab.namespaces.inside(host, listen)) as slack:
        slack.deliveries.make_socket = non_blocking
        yield slack
    assert slack.records.violations == []
