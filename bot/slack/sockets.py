"""Socket Mode: two connections, so that one still listens while Slack renews the other.

The SDK closes a connection before it opens the next; what Slack would send meanwhile goes to the other one.
"""

import asyncio
from typing import Final

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.door import Door
from bot.slack.web import call, quiet_log

CONNECTIONS: Final = 2
LAST_WORDS: Final = 0.3  # seconds in which what has been received is still acknowledged


async def _connect(one: AsyncSocketModeHandler) -> None:
    await one.connect_async()  # type: ignore[no-untyped-call]  # the SDK leaves these three without types


async def _disconnect(one: AsyncSocketModeHandler) -> None:
    await one.client.disconnect()  # type: ignore[no-untyped-call]  # as above


async def _close(one: AsyncSocketModeHandler) -> None:
    await one.close_async()  # type: ignore[no-untyped-call]  # as above


class Handler(AsyncSocketModeHandler):
    """Bolt's, and whoever is being answered stands at the door."""

    door: Door

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]  # as in Bolt
        """Dispatch one envelope and acknowledge it."""
        with self.door.somebody():
            await super().handle(client, req)


class Sockets:
    """The connections of one process."""

    def __init__(self, app: AsyncApp, token: str, client: AsyncWebClient, door: Door) -> None:
        self._client, self._token = client, token
        self._handlers = [
            Handler(app, token, logger=quiet_log(), web_client=client, ping_interval=10)
            for _ in range(CONNECTIONS)
        ]
        for one in self._handlers:
            one.door = door

    async def open(self) -> None:
        """Connect; both are up when this returns. `SlackError` if Slack does not accept the token."""
        # The SDK would try a wrong token again for ever.
        said = await call(self._client.apps_connections_open, app_token=self._token)
        self._handlers[0].client.wss_uri = str(said.get("url", "")) or None
        await asyncio.gather(*(_connect(one) for one in self._handlers))

    async def connected(self) -> int:
        """Count the connections that are up."""
        return sum(await asyncio.gather(*(one.client.is_connected() for one in self._handlers)))

    async def hush(self) -> None:
        """Take nothing new, and acknowledge what has been received; nothing is lost, Slack sends it elsewhere."""
        for one in self._handlers:
            one.client.auto_reconnect_enabled = one.client.default_auto_reconnect_enabled = False
            if one.client.message_receiver:
                one.client.message_receiver.cancel()
        await asyncio.sleep(LAST_WORDS)
        await asyncio.gather(*(_disconnect(one) for one in self._handlers), return_exceptions=True)

    async def close(self) -> None:
        """End what is left of them."""
        await asyncio.gather(*(_close(one) for one in self._handlers), return_exceptions=True)
