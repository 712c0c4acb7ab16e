"""Socket Mode: two connections, so that one still listens while Slack renews the other.

The SDK closes a connection before it opens the next; what Slack would send meanwhile goes to the other one.
"""

import asyncio
import json
import logging
import re
from typing import Final

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.api.ack_priority import AckPriority
from bot.slack.api.client import SlackError, call, cleaned_log
from bot.slack.api.log_throttle import LogThrottle
from bot.slack.api.startup_errors import SOCKETS_OFF, NotNowError, token_refused

log = logging.getLogger(__name__)

CONNECTIONS: Final = 2
LAST_WORDS: Final = 0.3  # seconds in which what has been received is still acknowledged
PING: Final = 10.0  # seconds
OPENS_WITHIN: Final = (
    25.0  # seconds; then the address of a connection may be used up, and another is asked for
)
LONGEST: Final = 30.0  # seconds between two tries while Slack wants no connection
TOO_MANY: Final = (
    "Slack counts too many connections of this app: it allows ten, and one Lineman holds two. Something else runs with "
    "the same app token, and gets a part of the commands."
)
WORDS: Final = {"too_many_websockets": TOO_MANY, "link_disabled": SOCKETS_OFF}


class SocketClient(SocketModeClient):
    """The SDK's, which would try again at once, for ever, and with a page of traceback each time."""

    seldom: LogThrottle
    refused = 0  # times in a row that Slack wanted no connection

    async def issue_new_wss_url(self) -> str:
        """Ask for the address of a new connection until there is one, at growing intervals."""
        while not self.closed:
            if self.refused:
                await asyncio.sleep(min(LONGEST, 2.0 ** (self.refused - 1)))
            try:
                fields = await call(self.web_client.apps_connections_open, app_token=self.app_token)
            except SlackError as error:
                self.refused += 1
                self.seldom.warn(f"no connection to Slack: {error.word} {error.detail}".rstrip())
            else:
                return str(fields.get("url", ""))
        return ""

    async def connect(self) -> None:
        """Connect, with another address where the one at hand does not work any more."""
        while not self.closed:
            try:
                async with asyncio.timeout(OPENS_WITHIN):
                    await super().connect()  # type: ignore[no-untyped-call]  # the SDK leaves it without types
                    return
            except TimeoutError:
                self.wss_uri = None

    async def heard(self, message: aiohttp.WSMessage) -> None:
        """Note why Slack ends a connection; anything else shows that this one is good."""
        if message.type != aiohttp.WSMsgType.TEXT:
            return
        text = json.loads(message.data) if message.data.startswith("{") else {}
        if sentence := WORDS.get(str(text.get("reason"))):
            self.refused += 1
            self.seldom.warn(sentence)
        elif text.get("type") not in ("hello", "disconnect"):
            self.refused = 0


class SocketHandler(AsyncSocketModeHandler):
    """Bolt's, and whoever is being answered stands at the door."""

    def __init__(
        self, app: AsyncApp, token: str, web: AsyncWebClient, door: AckPriority, seldom: LogThrottle
    ) -> None:
        self.app, self.app_token, self.door = app, token, door
        self.client = client = SocketClient(
            app_token=token,
            logger=cleaned_log("sockets", _without_traceback),
            web_client=web,
            ping_interval=PING,
        )
        client.seldom = seldom
        client.socket_mode_request_listeners.append(self.handle)  # type: ignore[arg-type]  # as in Bolt
        client.on_message_listeners.append(client.heard)

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]  # as in Bolt
        """Dispatch one envelope and acknowledge it."""
        with self.door.acknowledging():
            await super().handle(client, req)


class SocketConnections:
    """The connections of one process."""

    def __init__(self, app: AsyncApp, token: str, client: AsyncWebClient, door: AckPriority) -> None:
        self._client, self._token, self._door = client, token, door
        seldom = LogThrottle(log)
        self._handlers = [SocketHandler(app, token, client, door, seldom) for _ in range(CONNECTIONS)]

    async def open(self) -> None:
        """Connect; both are up when this returns. `UsageError` if Slack does not accept the token."""
        try:
            fields = await call(self._client.apps_connections_open, app_token=self._token)
        except SlackError as refused:
            raise token_refused("SLACK_APP_TOKEN", refused, self._client.base_url) from None
        url = str(fields.get("url", ""))
        self._handlers[0].client.wss_uri = url or None
        try:
            async with asyncio.timeout(OPENS_WITHIN):
                await asyncio.gather(*(handler.connect_async() for handler in self._handlers))  # type: ignore[no-untyped-call]  # as above
        except TimeoutError:
            raise NotNowError(
                f"Slack answers, but no WebSocket opens at {url.partition('?')[0]}. A proxy or firewall has to let the "
                "upgrade through; signed HTTP does without (docs/slack.md)."
            ) from None

    async def connected(self) -> int:
        """Count the connections that are up."""
        return sum(await asyncio.gather(*(handler.client.is_connected() for handler in self._handlers)))

    async def hush(self) -> None:
        """Take nothing new, and acknowledge what has been received; nothing is lost, Slack sends it elsewhere."""
        for handler in self._handlers:
            handler.client.auto_reconnect_enabled = handler.client.default_auto_reconnect_enabled = False
            if handler.client.message_receiver:
                handler.client.message_receiver.cancel()
        await asyncio.sleep(LAST_WORDS)
        await self._door.wait_until_idle()  # on a busy machine an acknowledgement takes longer
        clients = [handler.client for handler in self._handlers]
        await asyncio.gather(*(client.disconnect() for client in clients), return_exceptions=True)  # type: ignore[no-untyped-call]  # as above

    async def close(self) -> None:
        """End what is left of them."""
        await asyncio.gather(*(handler.close_async() for handler in self._handlers), return_exceptions=True)  # type: ignore[no-untyped-call]  # as above


def _without_traceback(record: logging.LogRecord) -> bool:
    """What the SDK tells of is the network's doing, not a fault of ours; a ticket may still open a connection."""
    record.exc_info = None
    record.msg = re.sub(r"\bticket=[^&'\s]+", "ticket=…", str(record.msg))
    return True
