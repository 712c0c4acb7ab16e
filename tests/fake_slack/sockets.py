"""Socket Mode: tickets, several connections, envelopes spread over them, refreshes, acknowledgements."""

import asyncio
import contextlib
import itertools
import json
from typing import TYPE_CHECKING, Any, Final

from aiohttp import WSMsgType, web

from tests.fake_slack.fair_deadline import in_time
from tests.fake_slack.records import Delivery
from tests.fake_slack.state import APP, new_id

if TYPE_CHECKING:
    from tests.fake_slack.slack import FakeSlack

CONNECTIONS: Final = 10  # an app may hold
GOODBYE: Final = 1.0  # seconds
GRACE: Final = 10.0  # seconds a connection lives on after it was asked to be renewed


class SocketMode:
    """The connections of one app. One that was asked to be renewed gets nothing more."""

    def __init__(self, slack: "FakeSlack") -> None:
        self.slack = slack
        self.live: list[web.WebSocketResponse] = []
        self.opened = 0
        self.lag = 0.0  # seconds by which every second envelope, and so one of two connections, is behind
        self._tickets: set[str] = set()
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._turn = itertools.count()
        self._tasks: set[asyncio.Task[None]] = set()

    def invite(self) -> str:
        """The address of one connection; good once."""
        ticket = new_id("K")
        self._tickets.add(ticket)
        return f"{self.slack.base.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={APP}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Speak with one client until it goes."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPForbidden(text="ticket not known")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if len(self.live) >= CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets", "debug_info": {}})
            await socket.close()
            return socket
        await self._welcome(socket)
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    self._heard(message.data)
        finally:
            self._forget(socket)
            await self.slack.records.note()
        return socket

    async def send(self, delivery: Delivery, retry: int, reason: str) -> Any:
        """Send it over one of the connections; gives what came back. TimeoutError where nothing did."""
        deadline = self.slack.ack_deadline
        socket = await self._pick(deadline)
        if socket is not self.live[0]:
            await asyncio.sleep(self.lag)
        envelope: dict[str, Any] = {
            "envelope_id": new_id("E"),
            "type": delivery.kind,
            "payload": delivery.payload,
        }
        envelope["accepts_response_payload"] = delivery.kind != "events_api"
        if delivery.kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": reason}
        waiting = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = waiting
        try:
            await socket.send_json(envelope)
            return await in_time(waiting, deadline, self.slack.waited)
        except (ConnectionError, RuntimeError):  # it went while we wrote
            raise TimeoutError from None
        finally:
            self._waiting.pop(envelope["envelope_id"], None)

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Ask the oldest connection to be renewed."""
        if not self.live:
            return
        socket = self.live[0]
        self._forget(socket)
        with contextlib.suppress(ConnectionError, RuntimeError):
            await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "fake"}})
        closing = asyncio.create_task(self._close_later(socket))
        self._tasks.add(closing)
        closing.add_done_callback(self._tasks.discard)

    async def cut(self) -> None:
        """Drop every connection without a word, as a network does."""
        for socket in list(self.live):
            self._forget(socket)
            if socket._req is not None and socket._req.transport is not None:
                socket._req.transport.abort()

    async def close(self) -> None:
        """End all connections."""
        for task in list(self._tasks):
            task.cancel()
        for socket in list(self.live):
            # a client that is gone does not say goodbye
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE):
                    await socket.close()

    async def _welcome(self, socket: web.WebSocketResponse) -> None:
        self.opened += 1
        info = {"host": "fake", "build_number": 1, "approximate_connection_time": 3600}
        hello = {"type": "hello", "num_connections": len(self.live) + 1, "debug_info": info}
        await socket.send_json({**hello, "connection_info": {"app_id": APP}})
        self.live.append(socket)
        await self.slack.records.note()

    async def _pick(self, seconds: float) -> web.WebSocketResponse:
        """A connection in turn, waiting for one if there is none."""
        if not self.live:
            await self._arrival(seconds)
        return self.live[next(self._turn) % len(self.live)]

    async def _arrival(self, seconds: float) -> None:
        try:
            await self.slack.records.until(lambda: self.live, seconds, "a connection of the app")
        except AssertionError:
            raise TimeoutError from None

    def _heard(self, text: str) -> None:
        answer = json.loads(text)
        waiting = self._waiting.get(answer.get("envelope_id", ""))
        if waiting is None:
            self.slack.records.violate(f"an acknowledgement too late, or of nothing: {text[:200]}")
        elif waiting.done():
            self.slack.records.violate("an envelope acknowledged twice")
        else:
            waiting.set_result(answer.get("payload"))

    def _forget(self, socket: web.WebSocketResponse) -> None:
        if socket in self.live:
            self.live.remove(socket)

    async def _close_later(self, socket: web.WebSocketResponse) -> None:
        await asyncio.sleep(GRACE)
        await socket.close()
