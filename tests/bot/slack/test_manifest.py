"""The manifests and the code agree: nothing is asked for that is not used, nothing used that is not asked for."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.slack.api.workspaces import SCOPES
from bot.slack.listeners import shortcuts
from bot.slack.listeners.assistant import PROMPTS
from tests.fake_slack.state import SCOPES as GRANTED

ROOT = Path(__file__).parents[3]
LISTENED = Path(ROOT, "bot", "slack")


def manifest(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((ROOT / name).read_text())
    return value


@pytest.mark.parametrize("name", ["manifest.json", "manifest.http.json"])
def test_scopes_events_and_names(name: str) -> None:
    """Scopes are those of an installation by OAuth, events have listeners, shortcuts and prompts are the code's."""
    one = manifest(name)
    assert tuple(one["oauth_config"]["scopes"]["bot"]) == SCOPES
    assert set(SCOPES) <= GRANTED
    source = "".join(path.read_text() for path in LISTENED.rglob("*.py"))
    for event in one["settings"]["event_subscriptions"]["bot_events"]:
        assert f'@app.event("{event.partition(".")[0]}")' in source, event
    assert {each["callback_id"] for each in one["features"]["shortcuts"]} == {
        shortcuts.MESSAGE,
        shortcuts.GLOBAL,
    }
    assert tuple(one["features"]["agent_view"]["suggested_prompts"]) == PROMPTS
    assert len(one["display_information"]["description"]) <= 140
    assert 175 <= len(one["display_information"]["long_description"]) <= 4000


def test_variants_differ_by_addresses_only() -> None:
    """The HTTP variant is the same app with addresses in it."""
    socket, http = manifest("manifest.json"), manifest("manifest.http.json")
    assert socket["settings"].pop("socket_mode_enabled") is True
    assert http["settings"].pop("socket_mode_enabled") is False
    del http["features"]["slash_commands"][0]["url"], http["oauth_config"]["redirect_urls"]
    del (
        http["settings"]["event_subscriptions"]["request_url"],
        http["settings"]["interactivity"]["request_url"],
    )
    assert http == socket
