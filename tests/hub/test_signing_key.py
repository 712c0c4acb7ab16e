"""The signing key, when several processes need it at the same time."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier

from bot.relays.hub.settings import HubSettings, read_hub_settings

AT_ONCE = 8


def test_who_comes_together_has_the_same_key(tmp_path: Path) -> None:
    """A hub and commands that start together make one key, and each of them reads it complete."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(50):
            settings = read_hub_settings({"LINEMAN_SIGNING_KEY": str(tmp_path / f"{number}.key")})
            ask = partial(signer, settings, Barrier(AT_ONCE))
            assert len(set(pool.map(ask, range(AT_ONCE)))) == 1
    assert len(list(tmp_path.iterdir())) == 50


def signer(settings: HubSettings, together: Barrier, _: int) -> str:
    """Read the key at the same moment as the others."""
    together.wait()
    made = settings.signer(make=True)
    assert made
    return made.id
