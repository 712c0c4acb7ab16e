"""Firefox by WebDriver BiDi: open the page and act in it, as `chromium` does in Chromium."""

import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.check_page.chromium import WAIT
from tests.sdk_samples.browsers import FIREFOX, QUIET, Remote, _started

# Peers on loopback, with addresses instead of names in .local: a network of one machine.
ICE: Final = {
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
}


@dataclass
class FirefoxTab:
    """One page, and the errors that its console showed."""

    remote: Remote
    context: str
    errors: list[str] = field(default_factory=list)

    async def evaluate(self, expression: str) -> Any:
        """Return the value of *expression*; AssertionError with the message of an exception."""
        done = await self.remote.send(
            "script.evaluate",
            {
                "expression": f"(async () => JSON.stringify([await ({expression})]))()",
                "target": {"context": self.context},
                "awaitPromise": True,
            },
        )
        if done["type"] == "exception":
            raise AssertionError(done["exceptionDetails"]["text"])
        (value,) = json.loads(done["result"]["value"])
        return value

    async def wait_until(self, condition: str, seconds: float = 10) -> None:
        await self.evaluate(WAIT % (condition, seconds * 1000))

    async def open(self, url: str) -> None:
        await self.remote.send(
            "browsingContext.navigate", {"context": self.context, "url": url, "wait": "complete"}
        )
        await self.wait_until("document.querySelector('h1')")


def _write_profile(folder: Path, preferences: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"user_pref({name!r}, {json.dumps(value)});" for name, value in (QUIET | preferences).items()]
    (folder / "user.js").write_text("\n".join(lines))


@asynccontextmanager
async def firefox(folder: Path, preferences: dict[str, Any]) -> AsyncIterator[FirefoxTab]:
    """A fresh profile with one empty page. Firefox accepts every certificate."""
    _write_profile(folder, preferences)
    errors: list[str] = []

    def listen(event: dict[str, Any]) -> None:
        if event.get("method") == "log.entryAdded" and event["params"]["level"] == "error":
            errors.append(json.dumps(event["params"]))

    async with _started([*FIREFOX, "--profile", str(folder), "about:blank"], "/session", listen) as remote:
        await remote.send("session.new", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": True}}})
        await remote.send("session.subscribe", {"events": ["log.entryAdded"]})
        tree = await remote.send("browsingContext.getTree", {})
        yield FirefoxTab(remote, tree["contexts"][0]["context"], errors)
        with contextlib.suppress(RuntimeError):
            await remote.send("browser.close", {})
