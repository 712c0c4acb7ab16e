"""What the hub asks and stores about relays, many at once."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence

import pytest_asyncio

from bot.storage.address import DatabaseAddress
from bot.storage.batched_lookup import MOST, BatchedLookup
from bot.storage.last_heard import MOST as MOST_HEARD
from bot.storage.last_heard import LastHeard
from bot.storage.relay_registry import RegisteredRelay, RelayRegistry


@pytest_asyncio.fixture
async def registry(address: DatabaseAddress) -> AsyncIterator[RelayRegistry]:
    opened = RelayRegistry.open(address)
    yield opened
    await opened.close()


async def _enroll(registry: RelayRegistry, *names: str) -> None:
    async def one(name: str) -> None:
        token = await registry.invite(RegisteredRelay(name, None), time.time())
        await registry.join(token, f"key-{name}", "sealing", time.time())

    await asyncio.gather(*map(one, names))


async def test_relays_that_connect_at_once(registry: RelayRegistry) -> None:
    """Each is found by its own key, and an unknown key finds none."""
    assert await registry.valid_names() == {}
    await _enroll(registry, "hq", "lyon", "berlin")
    found = await asyncio.gather(
        *(registry.of_key(f"key-{name}") for name in ("hq", "none", "lyon", "hq", "berlin"))
    )
    assert [relay and relay.name for relay in found] == ["hq", None, "lyon", "hq", "berlin"]
    await registry.revoke("lyon", 5.0)
    assert await registry.valid_names() == {"key-hq": "hq", "key-berlin": "berlin"}


async def test_names_of_relays_are_read_again_only_if_they_changed(registry: RelayRegistry) -> None:
    """What relays report changes nothing; renaming, revoking, and joining with another key do."""
    await _enroll(registry, "hq", "lyon")
    names = await registry.valid_names()
    await registry.heard({"hq": LastHeard(10.0, "", {"version": "1"})})
    assert await registry.valid_names() is names
    await registry.rename("hq", "kyoto")
    assert await registry.valid_names() == {"key-hq": "kyoto", "key-lyon": "lyon"}
    await registry.rename("kyoto", "hq")
    await registry.revoke("lyon", 5.0)
    assert await registry.valid_names() == {"key-hq": "hq"}
    token = await registry.invite(RegisteredRelay("hq", None), time.time())
    await registry.join(token, "another", "sealing", time.time())
    assert await registry.valid_names() == {"another": "hq"}


async def test_what_was_heard_of_many(registry: RelayRegistry) -> None:
    """One call stores more relays than one statement takes; nothing new about its state leaves the former one."""
    names = [f"r{number}" for number in range(MOST_HEARD + 20)]
    await _enroll(registry, *names)
    await registry.heard({name: LastHeard(10.0, "", {"version": name}) for name in names})
    await registry.heard({"r1": LastHeard(20.5, "it left"), "gone": LastHeard(1.0, "", {})})
    relays = {relay.name: relay for relay in await registry.all()}
    assert sorted(relays) == sorted(names)
    assert [relays[name].state for name in names] == [{"version": name} for name in names]
    assert (relays["r0"].seen, relays["r0"].gone) == (10.0, "")
    assert (relays["r1"].seen, relays["r1"].gone) == (20.5, "it left")


async def test_state_of_a_revoked_relay(registry: RelayRegistry) -> None:
    """A relay that was revoked keeps its revocation, even if it reports something later."""
    await _enroll(registry, "hq", "lyon")
    await registry.revoke("hq", 5.0)
    await registry.heard({name: LastHeard(9.0, "revoked", {"version": "1"}) for name in ("hq", "lyon")})
    states = {relay.name: dict(relay.state) for relay in await registry.all()}
    assert states == {"hq": {"revocation": ""}, "lyon": {"version": "1"}}


class Queries:
    """A slow database with every key but "none"; it counts its queries."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.failure: Exception | None = None

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, str]:
        self.sizes.append(len(keys))
        await asyncio.sleep(0)
        if self.failure:
            raise self.failure
        return {key: f"value of {key}" for key in keys if key != "none"}


async def test_lookups_share_queries() -> None:
    """Those that are asked for together, or while a query runs, are found by one query, up to a size."""
    queries = Queries()
    lookup = BatchedLookup(queries.fetch)
    keys = ["none", *map(str, range(MOST + 50))]
    found = await asyncio.gather(*map(lookup.find, keys))
    assert found == [None, *(f"value of {key}" for key in keys[1:])]
    assert queries.sizes == [MOST, 51]
    assert await lookup.find("later") == "value of later"


async def test_lookup_that_fails() -> None:
    """Each caller gets the error, one that has gone hurts nobody, and the next query may succeed."""
    queries = Queries()
    lookup = BatchedLookup(queries.fetch)
    queries.failure = OSError("no database")
    asked = [asyncio.create_task(lookup.find(key)) for key in ("a", "b", "c")]
    await asyncio.sleep(0)
    asked[1].cancel()
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(result) for result in results] == [OSError, asyncio.CancelledError, OSError]
    queries.failure = None
    assert await lookup.find("a") == "value of a"
