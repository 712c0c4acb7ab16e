"""docs/slack-features.md: every required feature has a test that exists, and the manifests have what it needs."""

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = ROOT / "docs" / "slack-features.md"
# The features that the first table must contain.
FEATURES = (
    "streaming with task cards", "agent sessions", "suggested prompts", "feedback block",
    "public channels without an invitation", "mention after a long run", "Slack Connect", "workflow step",
    "cards below links", "`/diagnose stop`", "`/diagnose history channel`", "form", "examples",
    "places where Lineman cannot post", "another platform or edge", "restart",
)  # fmt: skip


def tables() -> list[list[list[str]]]:
    """Read the tables of the document: rows of cells, without the heads."""
    found: list[list[list[str]]] = []
    before = ""
    for line in DOCUMENT.read_text("utf-8").splitlines():
        if line.startswith("|---"):
            found.append([])
        elif line.startswith("|") and before.startswith("|"):
            found[-1].append([cell.strip() for cell in line.strip("|").split("|")])
        before = line
    return found


def test_every_feature_is_listed() -> None:
    """The first table contains exactly the required features; the second says something about each gap."""
    features, gaps = tables()
    assert tuple(row[0] for row in features) == FEATURES
    assert gaps
    assert all(len(row) == 2 and all(row) for row in gaps)


@pytest.mark.parametrize("feature", FEATURES)
def test_every_feature_is_tested(feature: str) -> None:
    """The tests that the table names exist, and both manifests ask for the events and scopes that it needs."""
    (row,) = (row for row in tables()[0] if row[0] == feature)
    tests = re.findall(r"`(tests/\S+\.py)::(\w+)`", row[-1])
    assert tests
    for file, name in tests:
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in names, f"{file} has no {name}"
    needs = set(re.findall(r"`([^`]+)`", row[2]))
    assert needs
    for name in ("manifest.json", "manifest.http.json"):
        manifest = json.loads((ROOT / name).read_text("utf-8"))
        scopes = manifest["oauth_config"]["scopes"]["bot"]
        events = manifest["settings"]["event_subscriptions"]["bot_events"]
        assert needs <= {*scopes, *events}, name
