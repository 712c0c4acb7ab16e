"""Which entries the hubs write into the bucket when relays connect."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from probes.protocol.messages import Challenge, Hello, Proof, Ready, Welcome
from probes.protocol.signing import prove
from tests.hub.scripted_relay import Dialler, dialled
from tests.hub.several_hubs import Twins, announcer, twins


class SlowRelay(Dialler):
    """A relay whose self-test takes until somebody asks for its end."""

    async def greet(self) -> None:
        hello = Hello(self.hub, self.me.key, self.me.sealing, "test", self.probes)
        await self.say(hello)
        challenge = await self.expect(Challenge)
        await self.say(Proof(prove(hello, challenge, self.token, self.me), self.token))
        self.welcomed = await self.expect(Welcome)

    async def end_test(self) -> None:
        await self.say(Ready(True, {}, 0.0, (), {}))


@asynccontextmanager
async def entries(pair: Twins) -> AsyncIterator["asyncio.Queue[dict[str, Any]]"]:
    """What is written about relays in the block."""
    client = pair.connections[1].client
    assert client
    watcher = await (await client.jetstream().key_value("lineman")).watch("relay.*")
    written: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def read() -> None:
        async for entry in watcher:
            if entry and not entry.operation:
                written.put_nowait({"relay": entry.key} | json.loads(entry.value or b"{}"))

    reading = asyncio.create_task(read())
    try:
        yield written
    finally:
        await watcher.stop()
        await reading


async def test_one_entry_for_each_relay(tmp_path: Path) -> None:
    """A relay that is ready at once is announced once: thousands may connect in a minute."""
    names = [f"acme-{number}" for number in range(5)]
    async with twins(tmp_path) as pair, entries(pair) as written:
        for name in names:
            async with dialled(await pair.a.new(name), pair.a.url):
                await pair.until_known(name, by=pair.b)
        async with dialled(await pair.a.new("last"), pair.b.url):
            found = []
            while not found or found[-1]["relay"] != "relay.last":
                found.append(await asyncio.wait_for(written.get(), 10))
    assert [(entry["relay"], entry["ready"]) for entry in found] == [
        (f"relay.{name}", True) for name in (*names, "last")
    ]


async def test_relay_that_tests_itself_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is announced with the reason why it takes no plans, and again when it is ready."""
    monkeypatch.setattr(announcer, "SELF_TEST", 0.05)
    async with twins(tmp_path) as pair, entries(pair) as written:
        new = await pair.a.new("acme-hq")
        relay = SlowRelay(new.me, new.signer, new.token)
        async with dialled(relay, pair.a.url):
            first = await asyncio.wait_for(written.get(), 10)
            await relay.end_test()
            second = await asyncio.wait_for(written.get(), 10)
    assert (first["ready"], first["trouble"]) == (False, "acme-hq is still testing itself")
    assert (second["ready"], second["trouble"]) == (True, "")
