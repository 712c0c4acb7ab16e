"""Chromium by the DevTools protocol: open the page, act in it as a person, look at it."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.check_page.build import MODULES
from tests.sdk_samples.browsers import CHROMIUM, Remote, _started

# Peers on loopback, with addresses instead of names in .local: a network of one machine.
ICE: Final = ("--allow-loopback-in-peer-connection", "--disable-features=WebRtcHideLocalIpsWithMdns")
WAIT: Final = """new Promise((resolve, reject) => {
  const look = () => { if (%s) { clearInterval(timer); clearTimeout(late); resolve(true); } };
  const late = setTimeout(() => { clearInterval(timer); reject(new Error(document.body.innerText)); }, %d);
  const timer = setInterval(look, 30); look(); })"""


@dataclass
class Tab:
    """One page, and the errors that its console showed."""

    remote: Remote
    session: str
    errors: list[str] = field(default_factory=list)

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        return await self.remote.send(method, params, sessionId=self.session)

    async def evaluate(self, expression: str) -> Any:
        done = await self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in done:
            raise AssertionError(done["exceptionDetails"]["exception"].get("description"))
        return done["result"].get("value")

    async def wait_until(self, condition: str, seconds: float = 10) -> None:
        await self.evaluate(WAIT % (condition, seconds * 1000))

    async def press(self, key: str, code: int, text: str = "") -> None:
        event = {"key": key, "code": key, "windowsVirtualKeyCode": code, "text": text}
        await self.send("Input.dispatchKeyEvent", type="keyDown", **event)
        await self.send("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

    async def open(self, url: str, *, language: str = "en-US") -> None:
        await self.send("Emulation.setUserAgentOverride", userAgent=await self.evaluate("navigator.userAgent"),
                        acceptLanguage=language)  # fmt: skip
        await self.send("Page.navigate", url=url)
        await self.wait_until("location.href !== 'about:blank' && document.querySelector('h1')")

    async def start(self, choice: str = "yes") -> None:
        await self.evaluate(f"document.querySelector('input[value={choice}]').click()")
        await self.evaluate("document.querySelector('button.primary').click()")

    async def violations(self) -> list[str]:
        """What axe-core finds, as rule and element."""
        await self.evaluate((MODULES / "axe-core/axe.min.js").read_text("utf-8"))
        found = await self.evaluate("axe.run().then(({violations}) => violations)")
        return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]

    async def size(self, width: int, height: int, *, dark: bool = False) -> None:
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.send("Emulation.setEmulatedMedia", features=[scheme])

    async def another(self) -> "Tab":
        """One more page of the same browser."""
        target = await self.remote.send("Target.createTarget", {"url": "about:blank"})
        wanted = {"targetId": target["targetId"], "flatten": True}
        attached = await self.remote.send("Target.attachToTarget", wanted)
        return Tab(self.remote, attached["sessionId"])

    async def shoot(self) -> bytes:
        """A picture of the whole page, as PNG."""
        shot = await self.send("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])


@asynccontextmanager
async def chromium(folder: Path, *more: str) -> AsyncIterator[Tab]:
    """A fresh profile with one empty page."""
    tabs: list[Tab] = []

    def listen(event: dict[str, Any]) -> None:
        if event.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
            tabs[0].errors.append(json.dumps(event["params"]))

    words = [*CHROMIUM, f"--user-data-dir={folder}", "--no-proxy-server", *more]
    async with _started(words, "", listen) as remote:
        target = await remote.send("Target.createTarget", {"url": "about:blank"})
        attached = await remote.send(
            "Target.attachToTarget", {"targetId": target["targetId"], "flatten": True}
        )
        tabs.append(Tab(remote, attached["sessionId"]))
        for domain in ("Runtime", "Log", "Page"):
            await tabs[0].send(f"{domain}.enable")
        yield tabs[0]
