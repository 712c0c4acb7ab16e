"""The hub on the service's side of the lab, and functions to start relays anywhere in it."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.hub.processes import Town, town
from tests.lab import addresses as at
from tests.lab.lab import Lab
from tests.lab.world import World

HUB = at.FAR  # its port 443 is free
RANGES = f'"{at.LAN}", "{at.SIGNALING_NET}", "{at.MEDIA_NET}", "192.0.2.0/24", "0.0.0.0/0"'


@contextmanager
def hub_in(lab: Lab, **more: Any) -> Iterator[Town]:
    """A hub in the healthy lab; hosts outside of every LAN ask the service's own name server."""
    folder = Path(tempfile.mkdtemp(prefix="lm_hub_"))
    folder.chmod(0o755)
    lab.put(World())
    lab.keeps_connections = True
    resolv = Path("/etc/netns", lab.namespaces.name("r1"), "resolv.conf")
    resolv.parent.mkdir(parents=True, exist_ok=True)
    resolv.write_text(f"nameserver {at.AUTHORITATIVE}\n")
    try:
        with town(
            folder,
            url=f"wss://{HUB}/relay",
            listen=f"{HUB}:443",
            hub_wrap=lambda argv: lab.namespaces.command("svc", argv),
            ranges=RANGES,
            **more,
        ) as here:
            here.start_hub()
            yield here
    finally:
        lab.keeps_connections = False
        shutil.rmtree(folder)
        shutil.rmtree(resolv.parent, ignore_errors=True)


def outside(lab: Lab, argv: Sequence[str]) -> list[str]:
    """Run things on the first router, outside of every firewall."""
    return lab.namespaces.command("r1", argv)
