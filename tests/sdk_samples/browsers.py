"""Chromium by the DevTools protocol and Firefox by WebDriver BiDi: open a page, run a script, collect the console."""

import asyncio
import contextlib
import re
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp

START: Final = 60.0  # seconds until a browser listens
_LISTENS: Final = re.compile(r"(?:DevTools|WebDriver BiDi) listening on (ws://\S+)")

CHROMIUM: Final = (
    "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic",
    "--use-fake-device-for-media-stream", "--remote-debugging-port=0",
)  # fmt: skip
FIREFOX: Final = ("firefox-esr", "--headless", "--no-remote", "--remote-debugging-port=0")
QUIET: Final = {
    "app.update.enabled": False,
    "app.normandy.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "extensions.update.enabled": False,
    "network.dns.disableIPv6": True,
    "media.navigator.streams.fake": True,
}


@dataclass(frozen=True)
class Options:
    """How a browser is started for one fault."""

    trusts_all: bool = True
    proxy: str = ""  # host:port
    microphone: bool = True


@dataclass
class Remote:
    """A protocol of numbered commands and events over a WebSocket."""

    socket: aiohttp.ClientWebSocketResponse
    listen: Callable[[dict[str, Any]], None]
    pending: dict[int, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)

    async def read(self) -> None:
        """Hand on answers and events until the socket closes."""
        async for message in self.socket:
            value = message.json()
            waiting = self.pending.pop(value.get("id"), None)
            if waiting and not waiting.done():
                waiting.set_result(value)
            elif waiting is None:
                self.listen(value)

    async def send(self, method: str, params: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        number = len(self.pending) + id(params) % 1_000_000_000
        answer = self.pending[number] = asyncio.get_running_loop().create_future()
        await self.socket.send_json({"id": number, "method": method, "params": params, **more})
        value = await answer
        if "error" in value:
            raise RuntimeError(f"{method}: {value}")
        return dict(value.get("result", {}))


async def run_chromium(folder: Path, options: Options, url: str, script: str) -> list[str]:
    """Return the console of Chromium after *script* has run in the page."""
    words = [*CHROMIUM, f"--user-data-dir={folder}"]
    words += ["--ignore-certificate-errors"] if options.trusts_all else []
    words += [f"--proxy-server=http://{options.proxy}"] if options.proxy else ["--no-proxy-server"]
    words += ["--use-fake-ui-for-media-stream" if options.microphone else "--deny-permission-prompts"]
    lines: list[str] = []
    async with _started(words, "", lambda event: lines.extend(_chromium_line(event))) as remote:
        target = await remote.send("Target.createTarget", {"url": "about:blank"})
        attached = await remote.send(
            "Target.attachToTarget", {"targetId": target["targetId"], "flatten": True}
        )
        session = {"sessionId": attached["sessionId"]}
        for domain in ("Runtime", "Log", "Page"):
            await remote.send(f"{domain}.enable", {}, **session)
        await remote.send("Page.navigate", {"url": url}, **session)
        await asyncio.sleep(2)
        await remote.send("Runtime.evaluate", {"expression": script, "awaitPromise": True}, **session)
    return lines


def _chromium_line(event: dict[str, Any]) -> list[str]:
    params = event.get("params", {})
    match event.get("method"):
        case "Runtime.consoleAPICalled":
            frame = next(iter(params.get("stackTrace", {}).get("callFrames", [])), {})
            where = f"{frame.get('url', '').rpartition('/')[2]}:{frame.get('lineNumber', 0) + 1}"
            return [f"{where} {' '.join(map(_value, params['args']))}"]
        case "Log.entryAdded":
            entry = params["entry"]
            where = f"{entry.get('url', '').rpartition('/')[2]}:{entry.get('lineNumber', 0) + 1}"
            return [f"{where} {entry['text']}"]
        case "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            return [f"{details['text']} {details.get('exception', {}).get('description', '')}"]
    return []


def _value(value: dict[str, Any]) -> str:
    """Write a console argument as the console does: objects by their preview."""
    if "value" in value:
        return str(value["value"])
    preview = value.get("preview", {}).get("properties", [])
    if preview and value.get("subtype") != "error":
        inside = ", ".join(f"{item['name']}: {item.get('value', '')}" for item in preview)
        return f"{{{inside}}}"
    return str(value.get("description", value.get("type", "")))


async def run_firefox(folder: Path, options: Options, url: str, script: str) -> list[str]:
    """Return the console of Firefox after *script* has run in the page."""
    prefs: dict[str, Any] = {**QUIET, "media.navigator.permission.disabled": options.microphone}
    if not options.microphone:
        prefs["permissions.default.microphone"] = 2
    if options.proxy:
        host, _, port = options.proxy.partition(":")
        prefs |= {"network.proxy.type": 1, "network.proxy.ssl": host, "network.proxy.ssl_port": int(port)}
        prefs |= {"network.proxy.http": host, "network.proxy.http_port": int(port)}
    written = "\n".join(
        f"user_pref({name!r}, {str(value).lower() if isinstance(value, bool) else repr(value)});"
        for name, value in prefs.items()
    )
    (folder / "user.js").write_text(written)
    lines: list[str] = []
    words = [*FIREFOX, "--profile", str(folder), "about:blank"]
    async with _started(words, "/session", lambda event: lines.extend(_firefox_line(event))) as remote:
        always = {"acceptInsecureCerts": options.trusts_all}
        await remote.send("session.new", {"capabilities": {"alwaysMatch": always}})
        await remote.send("session.subscribe", {"events": ["log.entryAdded"]})
        tree = await remote.send("browsingContext.getTree", {})
        context = tree["contexts"][0]["context"]
        await remote.send("browsingContext.navigate", {"context": context, "url": url, "wait": "complete"})
        target = {"target": {"context": context}, "awaitPromise": True}
        await remote.send("script.evaluate", {"expression": script, **target})
        with contextlib.suppress(RuntimeError):
            await remote.send("browser.close", {})
    return lines


def _firefox_line(event: dict[str, Any]) -> list[str]:
    if event.get("method") != "log.entryAdded":
        return []
    entry = event["params"]
    frame = next(iter((entry.get("stackTrace") or {}).get("callFrames", [])), {})
    line, column = frame.get("lineNumber", 0) + 1, frame.get("columnNumber", 0) + 1
    where = f"{frame.get('url', '').rpartition('/')[2]}:{line}:{column}"
    return [f"{entry.get('text') or ''} {where if frame else ''}".rstrip()]


@asynccontextmanager
async def _started(
    words: list[str], path: str, listen: Callable[[dict[str, Any]], None]
) -> AsyncIterator[Remote]:
    """Start a browser and connect to it; end it when the block is left."""
    program = shutil.which(words[0]) or words[0]
    process = await asyncio.create_subprocess_exec(
        program, *words[1:], stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr
    try:
        async with asyncio.timeout(START):
            while not (found := _LISTENS.search((await process.stderr.readline()).decode())):
                if process.returncode is not None:
                    raise RuntimeError(f"{program} ended")
        drain = asyncio.create_task(process.stderr.read())
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(found[1] + path, max_msg_size=0) as socket,
        ):
            remote = Remote(socket, listen)
            reading = asyncio.create_task(remote.read())
            yield remote
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        drain.cancel()
        await asyncio.gather(drain, return_exceptions=True)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
