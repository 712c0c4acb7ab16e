"""An allow-list on a firewall that drops everything else lets a diagnosis come out clear; without a line it does not.

`LINEMAN_ALLOWLIST=full` (make allowlist-lab) takes every line out in turn; the gate takes a few that differ in kind.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.lab import addresses as at
from tests.lab.lab import Lab, Situation

pytestmark = [pytest.mark.root, pytest.mark.lab]
LINEMAN = [sys.executable, "-m", "bot.cli.main"]  # run from the repository that is tested
TIMEOUT = 30.0
FULL = os.environ.get("LINEMAN_ALLOWLIST") == "full"

# Drops all that it forwards, but what the LAN's own resolver asks: that one is no client.
DROP = f"""
table inet filter {{
  chain forward {{
    type filter hook forward priority filter; policy drop;
    ip saddr {at.NEAR} accept
    ip daddr {at.NEAR} accept
  }}
}}
"""


@dataclass(frozen=True)
class Client:
    """The client that a list is made for, and its answers in the diagnosis."""

    platform: str
    edge: str = "frankfurt"
    version: str = "6.12.0"

    def list_words(self) -> list[str]:
        return [self.platform, "--edge", self.edge, "--turn", "yes", "--sdk-version", self.version]

    def case_words(self) -> list[str]:
        return [*self.list_words(), "--vpn", "no"]


CLIENTS = {
    "javascript": Client("javascript", version="2.18.5"),
    "ios": Client("ios"),
    "old": Client("android", version="2.1.0"),
    "roaming": Client("javascript", "roaming", "2.18.5"),
}
# What is found without the line whose comment begins so, and that the evidence names host and port.
WITHOUT = {
    "signaling": ("signaling-blocked", "TCP 443 to {signaling}"),
    "legacy-signaling": ("legacy-signaling-port", "TCP 10194 to {signaling}"),
    "registration": ("registration-blocked", "TCP 443 to ers.lab.test"),
    "insights": ("insights-blocked", "TCP 443 to eventgw.lab.test"),
    "media": ("media-udp-blocked", "UDP sent from here did not reach"),
    "stun": (
        "turn-partly-blocked",
        "port 3478 over udp",
    ),  # one line with TURN over UDP: the same servers and port
    "turn": ("turn-partly-blocked", "port {port} over tcp"),
}
# With roaming the line of one edge is there against that edge alone: the one that DNS leads to now, or another.
ROAMING = {
    "voice-js.roaming.lab.test": ("edge-mismatch", "TCP 443 to voice-js.roaming.lab.test"),
    "voice-js.ashburn.lab.test": ("edges-partly-blocked", "do not open from here: ashburn."),
    "voice-js.sydney.lab.test": ("edges-partly-blocked", "do not open from here: sydney."),
}
IN_THE_GATE = [
    ("javascript", "signaling"),
    ("javascript", "media"),
    ("ios", "registration"),
    ("ios", "insights"),
    ("ios", "turn"),
]


@pytest.fixture
def closed(lab: Lab) -> Iterator[Situation]:
    """The healthy lab behind a firewall that drops what is not allowed."""
    with lab.scenario("healthy") as situation:
        try:
            nft(lab, DROP)
            yield situation
        finally:
            nft(lab, "delete table inet filter\n")


def nft(lab: Lab, rules: str) -> None:
    command = lab.namespaces.command("fw", ["nft", "-f", "-"])
    subprocess.run(command, input=rules, text=True, check=True, capture_output=True)


def allowed(situation: Situation, client: Client) -> list[str]:
    """The lines of the list as a person would make it, on the relay, before the firewall closes."""
    words = [*LINEMAN, "allowlist", *client.list_words(), "--format", "nft"]
    ran = situation.run([*words, "--network", str(situation.network_file)])
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines(keepends=True)


def diagnose(situation: Situation, client: Client) -> dict[str, Any]:
    words = ["diagnose", "31009", *client.case_words(), "--network", str(situation.network_file), "--json"]
    parsed: dict[str, Any] = json.loads(situation.run([*LINEMAN, *words], timeout=TIMEOUT).stdout)
    return parsed


def evidence(diagnosis: dict[str, Any]) -> dict[str, str]:
    """What was found, or is a risk, and on what evidence."""
    return {one["id"]: " ".join(one["evidence"]) for one in (*diagnosis["found"], *diagnosis["risks"])}


@pytest.mark.parametrize("name", CLIENTS if FULL else ["javascript", "ios"])
def test_the_list_is_enough(lab: Lab, closed: Situation, name: str) -> None:
    """With the list loaded, and nothing else allowed, the diagnosis of that platform and edge is clear."""
    nft(lab, "".join(allowed(closed, CLIENTS[name])))
    diagnosis = diagnose(closed, CLIENTS[name])
    kept = {key: diagnosis[key] for key in ("found", "possible", "unexplained")}
    assert diagnosis["outcome"] == "clear", kept


def without(lab: Lab, closed: Situation, client: Client, lines: list[str], gone: int) -> None:
    """Without line *gone* exactly the cause is found that it is there against, and the evidence names the place."""
    nft(lab, "flush chain inet filter forward\n" + DROP)
    nft(lab, "".join(line for number, line in enumerate(lines) if number != gone))
    found = evidence(diagnose(closed, client))
    comment = re.search('dport ([0-9-]+) accept comment "([a-z-]+) ?([a-z0-9.-]*)', lines[gone])
    assert comment, lines[gone]
    cause, says = ROAMING.get(comment[3], WITHOUT[comment[2]])
    assert list(found) == [cause], (lines[gone], found)
    assert says.format(port=comment[1], signaling=comment[3]) in found[cause], (lines[gone], found)


@pytest.mark.skipif(FULL, reason="every line is taken out in turn, these too")
@pytest.mark.parametrize(("name", "service"), IN_THE_GATE)
def test_a_line_is_needed(lab: Lab, closed: Situation, name: str, service: str) -> None:
    """Without the line of one service the diagnosis finds what that line is there against."""
    lines = allowed(closed, CLIENTS[name])
    begins = re.compile(f'comment "{service}[ "]')
    gone = next(number for number, line in enumerate(lines) if begins.search(line))
    without(lab, closed, CLIENTS[name], lines, gone)


@pytest.mark.skipif(
    not FULL, reason="`make allowlist-lab` takes every line out; the gate takes one of each kind"
)
@pytest.mark.parametrize("name", CLIENTS)
def test_each_line_is_needed(lab: Lab, closed: Situation, name: str) -> None:
    """Every line of a list, taken out alone, is missed, and the diagnosis finds what it is there against."""
    lines = allowed(closed, CLIENTS[name])
    rules = [number for number, line in enumerate(lines) if "comment" in line]
    assert len(rules) > 5
    for gone in rules:
        without(lab, closed, CLIENTS[name], lines, gone)
