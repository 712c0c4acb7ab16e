"""Socket Mode over two connections, so that one still receives while Slack renews the other.

The SDK closes a connection before it opens the next; in between, Slack sends to the other one.
"""

import asyncio
import json
import logging
import re
from contextlib import suppress
from typing import Final

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.logs import LogThrottle
from bot.slack.api.ack_priority import AckPriority
from bot.slack.api.client import SlackError, call, cleaned_log
from bot.slack.api.startup_errors import SOCKETS_OFF, NotNowError, token_refused

log = logging.getLogger(__name__)

CONNECTIONS: Final = 2
LAST_WORDS: Final = 0.3  # seconds in which messages already received are still acknowledged
BUSY_MACHINE: Final = 2.0  # seconds more, at most, while acknowledgments are pending
PING: Final = 10.0  # seconds
OPENS_WITHIN: Final = (
    25.0  # seconds; after that, the connection's URL may have expired, and a new one is requested
)
LONGEST: Final = 30.0  # seconds between two attempts while Slack refuses connections
TOO_MANY: Final = (
    "Slack reports too many connections for this app. It allows ten, and one Lineman uses two. "
    "Another process uses the same app token and receives some of the commands."
)
WORDS: Final = {"too_many_websockets": TOO_MANY, "link_disabled": SOCKETS_OFF}


class SocketClient(SocketModeClient):
    """The SDK's client, with growing retry intervals and one log line per minute.

    The SDK retries at once, without limit, and logs a traceback each time.
    """

    throttle: LogThrottle
    refused = 0  # consecutive refusals by Slack

    async def issue_new_wss_url(self) -> str:
        """Request the URL of a new connection until there is one, at growing intervals."""
        while not self.closed:
            if self.refused:
                await asyncio.sleep(min(LONGEST, 2.0 ** (self.refused - 1)))
            try:
                fields = await call(self.web_client.apps_connections_open, app_token=self.app_token)
            except SlackError as error:
                self.refused += 1
                self.throttle.warn(f"no connection to Slack: {error.word} {error.detail}".rstrip())
            else:
                return str(fields.get("url", ""))
        return ""

    async def connect(self) -> None:
        """Connect; if the URL does not work within `OPENS_WITHIN`, request another one."""
        while not self.closed:
            try:
                async with asyncio.timeout(OPENS_WITHIN):
                    await super().connect()  # type: ignore[no-untyped-call]  # the SDK leaves it without types
                    return
            except TimeoutError:
                self.wss_uri = None

    async def heard(self, message: aiohttp.WSMessage) -> None:
        """Record why Slack ends a connection; any other message shows that the connection works."""
        if message.type != aiohttp.WSMsgType.TEXT:
            return
        text = json.loads(message.data) if message.data.startswith("{") else {}
        if sentence := WORDS.get(str(text.get("reason"))):
            self.refused += 1
            self.throttle.warn(sentence)
        elif text.get("type") not in ("hello", "disconnect"):
            self.refused = 0


class SocketHandler(AsyncSocketModeHandler):
    """Bolt's handler; other work is delayed until the request is acknowledged."""

    def __init__(
        self, app: AsyncApp, token: str, web: AsyncWebClient, ack_priority: AckPriority, throttle: LogThrottle
    ) -> None:
        self.app, self.app_token, self.door = app, token, ack_priority
        self.client = client = SocketClient(
            app_token=token,
            logger=cleaned_log("sockets", _without_traceback),
            web_client=web,
            ping_interval=PING,
        )
        client.throttle = throttle
        client.socket_mode_request_listeners.append(self.handle)  # type: ignore[arg-type]  # as in Bolt
        client.on_message_listeners.append(client.heard)

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]  # as in Bolt
        """Dispatch one envelope and acknowledge it."""
        with self.door.acknowledging():
            await super().handle(client, req)


class SocketConnections:
    """The Socket Mode connections of one process."""

    def __init__(self, app: AsyncApp, token: str, client: AsyncWebClient, ack_priority: AckPriority) -> None:
        self._client, self._token, self._ack_priority = client, token, ack_priority
        seldom = LogThrottle(log)
        self._handlers = [SocketHandler(app, token, client, ack_priority, seldom) for _ in range(CONNECTIONS)]

    async def open(self) -> None:
        """Open all connections. Raises `UsageError` if Slack does not accept the token."""
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
                f"Slack answers, but no WebSocket opens at {url.partition('?')[0]}. A proxy or "
                "firewall must allow the upgrade. Signed HTTP does not need it (docs/slack.md)."
            ) from None

    async def connected(self) -> int:
        """Return how many connections are up."""
        return sum(await asyncio.gather(*(handler.client.is_connected() for handler in self._handlers)))

    async def stop_reading(self) -> None:
        """Stop receiving and acknowledge what has arrived. Slack delivers the rest to another connection."""
        for handler in self._handlers:
            handler.client.auto_reconnect_enabled = handler.client.default_auto_reconnect_enabled = False
            if handler.client.message_receiver:
                handler.client.message_receiver.cancel()
        await asyncio.sleep(LAST_WORDS)
        with suppress(TimeoutError):  # others may wait for the same
            async with asyncio.timeout(BUSY_MACHINE):
                await self._ack_priority.wait_until_idle()
        clients = [handler.client for handler in self._handlers]
        await asyncio.gather(*(client.disconnect() for client in clients), return_exceptions=True)  # type: ignore[no-untyped-call]  # as above

    async def close(self) -> None:
        """Close what is still open."""
        await asyncio.gather(*(handler.close_async() for handler in self._handlers), return_exceptions=True)  # type: ignore[no-untyped-call]  # as above


def _without_traceback(record: logging.LogRecord) -> bool:
    """Remove tracebacks and tickets: the SDK logs network failures, and a ticket may still open a connection."""
    record.exc_info = None
    record.msg = re.sub(r"\bticket=[^&'\s]+", "ticket=…", str(record.msg))
    return True
