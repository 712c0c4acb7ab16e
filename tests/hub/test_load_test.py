"""A hub with many relays; `make bench-hub` measures it with 2,000."""

from pathlib import Path

from bot.storage.audit_table import AuditEntry
from bot.storage.relay_registry import RelayRegistry
from tests.hub.load_test import crowd


async def test_three_hundred_relays(tmp_path: Path) -> None:
    """300 relays that get a plan each at once all report, and an idle relay costs the hub little memory."""
    async with crowd(tmp_path, 300) as here:
        own, _ = here.each()
        assert own < 60  # kB; the goal is 40 for 2,000 relays, where the process itself has a smaller share
        _, _, answered = await here.fan_out()
        assert answered == 299
        assert len(await here.round_trips(5)) == 5
    finished = [one.outcome for one in await _audit(tmp_path)]
    assert finished.count("finished") == 304


async def _audit(folder: Path) -> tuple[AuditEntry, ...]:
    registry = RelayRegistry.open(folder / "lineman.db")
    try:
        return await registry.audit(limit=1_000)
    finally:
        await registry.close()
