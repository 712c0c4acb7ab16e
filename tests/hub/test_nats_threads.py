"""The bot asks NATS in two threads: for its relays where Slack is answered, and for plans where they run."""

import asyncio
import socket
import time
from pathlib import Path

import pytest

from bot.diagnosis.engine import load_engine
from bot.relays.hub.paths import SOCKET_FILE
from bot.relays.hub.settings import HubSettings
from bot.slack.runtime.concurrency import RunSlots
from bot.slack.runtime.worker_thread import WorkerThread
from bot.slack.state import relay_directory
from bot.slack.state.relay_directory import SlackRelayDirectory
from bot.storage.relay_registry import RegisteredRelay
from probes.protocol.keys import Identity
from probes.protocol.model import Observation
from tests.hub.hub_fixture import PLAN
from tests.hub.scripted_relay import Dialler, dialled
from tests.hub.several_hubs import all_of, nats_settings, twins

NAME = "acme-hq"


async def test_both_wait_for_nats_at_the_same_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a connection of its own, so neither breaks the other, and both go on when NATS is back."""
    monkeypatch.setattr(relay_directory, "FRESH", 0.0)
    async with twins(tmp_path) as pair:
        settings = HubSettings(
            tmp_path / "lineman.db",
            tmp_path / SOCKET_FILE,
            str(tmp_path / "signing.key"),
            nats=nats_settings(pair.server, "bot-b"),
        )
        token = await pair.a.hub.registry.invite(RegisteredRelay(NAME, None), time.time())
        signer = settings.signer(make=True)
        assert signer
        relay = Dialler(Identity.new(), signer.key, token)
        relays = SlackRelayDirectory(load_engine(), pair.a.hub.registry, settings, RunSlots(1))
        worker = WorkerThread()
        try:
            async with (
                dialled(relay, pair.a.url),
                relays.used(),
                worker.holding(relays.used_for_plans()),
            ):
                await pair.until_known(NAME, by=pair.b)
                await relays.fresh()
                assert NAME in relays.names
                pair.server.stop()
                await pair.a.until(lambda: not any(relays.gauges().values()))
                silent = socket.create_server(("127.0.0.1", pair.server.port))
                waiting = [asyncio.create_task(worker.run(all_of(relays.named(NAME)))) for _ in range(3)]
                waiting.append(asyncio.create_task(_asked(relays)))
                await asyncio.wait(waiting, timeout=1.0)
                silent.close()
                pair.server.start()
                await asyncio.gather(*waiting)
                await pair.a.until(lambda: all(each.client for each in pair.connections))
                await pair.until_known(NAME, by=pair.b)
                seen = await worker.run(all_of(relays.named(NAME)))
                assert [item.failure for item in seen] == [None] * len(PLAN.steps)
        finally:
            await worker.close()


async def _asked(relays: SlackRelayDirectory) -> list[Observation]:
    await relays.fresh()
    return []
