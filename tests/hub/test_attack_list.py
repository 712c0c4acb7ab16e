"""docs/attacks.md: every required attack has a test, and every test that it names exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The attacks that the table must contain: relays and hub first, then the HTTP edge of the bot, and check links.
ATTACKS = (
    "forged envelope", "replayed envelope", "expired envelope", "misaddressed envelope", "oversized envelope",
    "truncated envelope", "target by literal", "target by a name that resolves to a private address",
    "target by a name that resolves to a special address",
    "target by rebinding between check and connect", "target by redirect", "unknown probe", "flood",
    "process of a plan that is taken over",
    "stolen join token used twice", "revoked relay", "two relays with one key",
    "hub impersonated by an untrusted certificate", "connections that send nothing, with TLS or without",
    "connections that hold all places of a relay's address, as behind the same NAT",
    "crowd on the control socket, of the owner's own processes",
    "relay that has stopped reading",
    "files of another user in place of the state",
    "text that forges a log line or controls the terminal",
    "requesters who disconnect at any moment, even while the database is locked or fails", "database locked or failing",
    "backup or restore that is killed, or meets a full disk",
    "hub on NATS that changes a plan", "hub or bot on NATS that acts as another one",
    "NATS impersonated, or without the TLS that was asked for", "requesters on NATS who disappear",
    "HTTP request that Slack did not sign",
    "flood of HTTP requests that Slack did not sign", "HTTP connections that send nothing, or read nothing",
    "signed HTTP request with content that cannot be read",
    "guessed check link",
    "check link that is forged, expired, used up, revoked, or deleted",
    "check result replayed",
    "check result changed, or made up",
    "check result for another case",
    "scripts or markup in every text of a check",
    "check started by another site",
    "oversized check result",
    "flood of a check link, or of guesses from one address",
    "redirect from a check link to another site",
    "check link by a person who may not diagnose",
)  # fmt: skip


def rows() -> dict[str, list[tuple[str, str]]]:
    """Read attack -> the files and functions of its tests."""
    lines = (ROOT / "docs/attacks.md").read_text("utf-8").splitlines()
    cells = [line.strip("|").split("|") for line in lines if line.startswith("|")][2:]
    return {one[0].strip(): re.findall(r"`(tests/\S+\.py)::(\w+)`", one[-1]) for one in cells}


def test_every_attack_is_told_of() -> None:
    """The table contains exactly the required attacks."""
    assert tuple(rows()) == ATTACKS


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_attack_is_tried(attack: str) -> None:
    """The tests that the table names exist in the files named."""
    tests = rows()[attack]
    assert tests
    for file, name in tests:
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        names = {one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in names, f"{file} has no {name}"
