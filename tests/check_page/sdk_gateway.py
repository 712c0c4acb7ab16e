"""The service's signaling as the SDK's test call needs it: it refuses a token, or answers a call from a second page.

The messages are those of the JavaScript SDK 2.18. Media go between two pages of one browser, over loopback.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import WSMsgType, web

from tests.check_page.chromium import Tab
from tests.check_page.site import HOST

SID: Final = "CA" + "0123456789abcdef" * 2
# Answers a call with the sound of an oscillator, and returns the answer with its candidates.
ANSWER: Final = """(async () => {
  const peer = window.peer = new RTCPeerConnection();
  const context = new AudioContext();
  const tone = context.createOscillator();
  const sink = context.createMediaStreamDestination();
  tone.connect(sink);
  tone.start();
  await peer.setRemoteDescription({type: 'offer', sdp: %s});
  peer.addTrack(sink.stream.getAudioTracks()[0], sink.stream);
  await peer.setLocalDescription(await peer.createAnswer());
  while (peer.iceGatheringState !== 'complete') await new Promise(resolve => setTimeout(resolve, 20));
  return peer.localDescription.sdp;
})()"""


@dataclass
class SdkGateway:
    """Signaling for the SDK. With *peer*, calls are answered; else the token is refused."""

    peer: Tab | None = None
    port: int = 0
    received: list[dict[str, Any]] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)  # paths of requests to Insights

    @asynccontextmanager
    async def run(self, tls: Any) -> AsyncIterator["SdkGateway"]:
        """Serve wss and https on one port of loopback."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._talk)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, HOST, 0, ssl_context=tls).start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await runner.cleanup()

    def messages(self, kind: str) -> list[dict[str, Any]]:
        """The payloads of the SDK's messages of one kind."""
        return [message["payload"] for message in self.received if message.get("type") == kind]

    async def _talk(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        if not socket.can_prepare(request).ok:
            self.reports.append(request.path)
            allowed = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
            return web.Response(status=204, headers=allowed)
        await socket.prepare(request)
        async with asyncio.TaskGroup() as group:
            beating = group.create_task(_beat(socket))
            await self._converse(socket)
            beating.cancel()
        return socket

    async def _converse(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type is WSMsgType.TEXT and message.data.strip():
                value = json.loads(message.data)
                self.received.append(value)
                await self._answer(socket, value)

    async def _answer(self, socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
        async def send(kind: str, payload: dict[str, Any]) -> None:
            await socket.send_json({"type": kind, "version": "1.6", "payload": payload})

        if message["type"] == "listen" and self.peer is None:
            await send("error", {"error": {"code": 20101, "message": "Invalid Access Token"}})
        elif message["type"] == "listen":
            await send("connected", {"region": "us1", "edge": "ashburn", "home": "us1"})
        elif message["type"] == "register":
            await send("ready", {})
        elif message["type"] == "invite" and self.peer:
            offer = message["payload"]
            sdp = await self.peer.evaluate(ANSWER % json.dumps(offer["sdp"]))
            call = {"callsid": SID, "tempCallSid": offer.get("callsid")}
            await send("ringing", {**call, "sdp": ""})
            await send("answer", {**call, "sdp": sdp})


async def _beat(socket: web.WebSocketResponse) -> None:
    """Send the keep-alive that the SDK waits for."""
    while True:
        await asyncio.sleep(5)
        await socket.send_str("\n")
