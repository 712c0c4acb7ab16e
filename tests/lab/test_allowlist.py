"""An allow-list on a firewall that drops everything else lets a diagnosis come out clear; without a line it does not.

`LINEMAN_ALLOWLIST=full` (make allowlist-lab) takes every line out in turn; the gate takes a few that differ in kind.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab import addresses as at
from tests.lab.lab import Lab, Situation

pytestmark = [pytest.mark.root, pytest.mark.lab]
LINEMAN = [sys.executable, "-m", "bot.cli"]  # run from the repository that is tested
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
CLIENTS = {
    "javascript": ["--vpn", "no", "--turn", "yes"],
    "ios": ["--vpn", "no", "--turn", "yes", "--sdk-version", "6.12.0"],
}
# What is found without the line whose comment begins so. One of TURN's three ways may miss, and STUN.
WITHOUT = {
    "signaling": {"signaling-blocked"},
    "registration": {"registration-blocked"},
    "insights": {"insights-blocked"},
    "media": {"media-udp-blocked"},
    "stun": set(),
    "turn": set(),
}
IN_THE_GATE = [
    ("javascript", "signaling"),
    ("javascript", "media"),
    ("ios", "registration"),
    ("ios", "insights"),
]
EVERY = [
    (platform, service)
    for platform in CLIENTS
    for service in WITHOUT
    if (platform, service) != ("javascript", "registration")
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


def allowed(lab: Lab, situation: Situation, platform: str) -> str:
    """The list as a person would make it, on the relay, before the firewall closes."""
    words = [*LINEMAN, "allowlist", platform, "--edge", "frankfurt", "--turn", "yes", "--format", "nft"]
    ran = situation.run([*words, "--network", str(situation.network_file)])
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def diagnose(situation: Situation, platform: str) -> dict[str, Any]:
    words = ["diagnose", "31009", platform, "--edge", "frankfurt", *CLIENTS[platform]]
    ran = situation.run(
        [*LINEMAN, *words, "--network", str(situation.network_file), "--json"], timeout=TIMEOUT
    )
    parsed: dict[str, Any] = json.loads(ran.stdout)
    return parsed


def found(diagnosis: dict[str, Any]) -> set[str]:
    return {one["id"] for one in diagnosis["found"]}


@pytest.mark.parametrize("platform", CLIENTS)
def test_the_list_is_enough(lab: Lab, closed: Situation, platform: str) -> None:
    """With the list loaded, and nothing else allowed, the diagnosis of that platform and edge is clear."""
    nft(lab, allowed(lab, closed, platform))
    diagnosis = diagnose(closed, platform)
    assert diagnosis["outcome"] == "clear", (
        found(diagnosis),
        diagnosis["unexplained"],
        diagnosis["possible"],
    )


@pytest.mark.parametrize(("platform", "service"), EVERY if FULL else IN_THE_GATE)
def test_each_line_is_needed(lab: Lab, closed: Situation, platform: str, service: str) -> None:
    """Without one line exactly the cause is found that this line is there against."""
    lines = allowed(lab, closed, platform).splitlines(keepends=True)
    ours = [number for number, line in enumerate(lines) if f'comment "{service}' in line]
    assert ours
    for gone in ours if FULL else ours[:1]:
        nft(lab, "flush chain inet filter forward\n" + DROP)
        nft(lab, "".join(line for number, line in enumerate(lines) if number != gone))
        assert found(diagnose(closed, platform)) == WITHOUT[service], lines[gone]
