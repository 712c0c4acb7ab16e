"""Count what passes the first router: how often a service was really checked."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.lab.lab import Lab

TABLE = """
table ip counting {{
  counter begun {{}}
  chain passing {{
    type filter hook forward priority -10;
    ip daddr {address} tcp flags & (syn | ack) == syn counter name begun
  }}
}}
"""


@contextmanager
def connections(lab: Lab, address: str) -> Iterator[Callable[[], int]]:
    """Count the TCP connections that are begun to *address* from anywhere in front of the router."""
    lab.namespaces.load_rules("r1", TABLE.format(address=address))
    ask = lab.namespaces.command("r1", ["nft", "-j", "list", "counter", "ip", "counting", "begun"])

    def begun() -> int:
        listed = json.loads(subprocess.run(ask, capture_output=True, text=True, check=True).stdout)
        return int(listed["nftables"][-1]["counter"]["packets"])

    try:
        yield begun
    finally:
        lab.namespaces.load_rules("r1", "delete table ip counting\n")
