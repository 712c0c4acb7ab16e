"""Count what passes the first router, and what a relay sends and receives."""

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


PACKETS = """
table inet traffic {
  counter passed {}
  chain sent {
    type filter hook output priority 300
    counter name passed
  }
  chain received {
    type filter hook input priority 300
    counter name passed
  }
}
"""


@contextmanager
def packets(lab: Lab) -> Iterator[Callable[[], tuple[int, int]]]:
    """Count the IP packets that the relay sends and receives, and their bytes."""
    lab.namespaces.load_rules("relay", PACKETS)
    ask = lab.namespaces.command("relay", ["nft", "-j", "list", "counter", "inet", "traffic", "passed"])

    def counted() -> tuple[int, int]:
        listed = json.loads(subprocess.run(ask, capture_output=True, text=True, check=True).stdout)
        counter = listed["nftables"][-1]["counter"]
        return int(counter["packets"]), int(counter["bytes"])

    try:
        yield counted
    finally:
        lab.namespaces.load_rules("relay", "delete table inet traffic\n")
