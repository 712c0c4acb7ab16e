"""Deliver payloads to the app: over a socket or as signed HTTP, with retries, and duplicates for tests."""

import asyncio
import hashlib
import hmac
import json
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import aiohttp

from tests.fake_slack.records import Delivery
from tests.fake_slack.state import SIGNING_SECRET

if TYPE_CHECKING:
    from tests.fake_slack.slack import FakeSlack

FAILED: Final = "failed with the error “dispatch_failed”"


class Deliveries:
    """Slack's delivery queue. Events are retried; commands and clicks are not, and the user gets an error."""

    def __init__(self, slack: "FakeSlack") -> None:
        self.slack = slack
        self.session: aiohttp.ClientSession | None = None
        self.make_socket: Callable[[Any], socket.socket] | None = (
            None  # where another network has to be entered
        )
        self._tasks: set[asyncio.Task[None]] = set()

    async def deliver(self, kind: str, payload: dict[str, Any]) -> Delivery:
        """Send *payload* and wait until it is acknowledged or given up."""
        delivery = Delivery(kind, payload)
        self.slack.records.deliveries.append(delivery)
        if self.slack.chaos.twice():
            self._later(self._attempt(delivery, 1, "timeout"))
        for number, pause in enumerate((0.0, *self.slack.retry_pauses)):
            await asyncio.sleep(pause)
            if await self._attempt(delivery, number, "timeout" if number else ""):
                break
            if kind != "events_api":
                delivery.shown = FAILED
                break
        await self.slack.records.note()
        return delivery

    def post(self, kind: str, payload: dict[str, Any]) -> None:
        """Send *payload* and do not wait."""

        async def send() -> None:
            await self.deliver(kind, payload)

        self._later(send())

    async def drain(self, seconds: float = 30.0) -> None:
        """Wait until everything sent so far has been acknowledged or given up; TimeoutError after so many seconds."""
        async with asyncio.timeout(seconds):
            while self._tasks:
                await asyncio.wait(tuple(self._tasks))

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.session:
            await self.session.close()

    def _later(self, coroutine: Any) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _attempt(self, delivery: Delivery, retry: int, reason: str) -> bool:
        body = _body(delivery) if self.slack.request_url else ""  # to write it is Slack's own time
        begun = time.perf_counter()
        index = len(delivery.sent)
        delivery.sent.append(begun)
        delivery.acks.append(None)
        try:
            if self.slack.request_url:
                answer = await self._http(delivery, body, retry)
            else:
                answer = await self.slack.socket.send(delivery, retry, reason)
        except (TimeoutError, aiohttp.ClientError) as error:
            if not self.slack.may_be_down:
                self.slack.records.violate(f"{_name(delivery)} not acknowledged: {str(error) or 'in time'}")
            return False
        delivery.acks[index] = time.perf_counter() - begun
        if delivery.answer is None:
            delivery.answer = answer
        return True

    async def _http(self, delivery: Delivery, body: str, retry: int) -> Any:
        if self.session is None:
            connector = aiohttp.TCPConnector(limit=0, socket_factory=self.make_socket)
            self.session = aiohttp.ClientSession(connector=connector)
        events = delivery.kind == "events_api"
        headers = signed(body, self.slack.clock.now())
        headers["Content-Type"] = "application/json" if events else "application/x-www-form-urlencoded"
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
        timeout = aiohttp.ClientTimeout(total=self.slack.ack_deadline)
        url = self.slack.request_url
        async with self.session.post(url, data=body.encode(), headers=headers, timeout=timeout) as response:
            text = await response.text()
            if response.status != 200:
                raise aiohttp.ClientError(f"status {response.status}: {text[:200]}")
            return json.loads(text) if text.startswith("{") else text or None


def signed(body: str, now: float, secret: str = SIGNING_SECRET) -> dict[str, str]:
    """Make the headers that prove to the app that a request is from Slack."""
    stamp = str(int(now))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def _body(delivery: Delivery) -> str:
    if delivery.kind == "slash_commands":
        return urlencode(delivery.payload)
    written = json.dumps(delivery.payload)
    return written if delivery.kind == "events_api" else urlencode({"payload": written})


def _name(delivery: Delivery) -> str:
    payload = delivery.payload
    kind = payload.get("command") or payload.get("event", {}).get("type") or payload.get("type")
    return f"{delivery.kind} {kind}"
