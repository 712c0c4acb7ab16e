"""Every reply has a shape that Slack's own types allow."""

import json
from typing import Any

import pytest

from bot.rendering.blocks.codes import code_card
from bot.rendering.blocks.message import Message
from knowledge.advice.meaning import meaning_of
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from tests.previews.gallery import Gallery
from tests.slack import tools
from tests.slack.small_app import button
from tests.slack_types.outgoing import judge, version_2, without

pytestmark = pytest.mark.skipif(
    bool(tools.missing("slack_types")), reason=tools.missing("slack_types") or "-"
)


def payload(shown: Message | dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """What is sent for *shown*."""
    if isinstance(shown, Message):
        return "chat.postMessage", {"channel": "C0", "unfurl_links": False, **shown.payload()}
    if shown["type"] == "home":
        return "views.publish", {"user_id": "U0", "view": shown}
    return "views.open", {"trigger_id": "1.2", "view": shown}


@pytest.mark.unmeasured
def test_every_reply() -> None:
    """All replies of the gallery are messages and views as Slack's types have them."""
    exhibits = list(Gallery(load_knowledge(), load_network()).exhibits())
    assert exhibits
    assert judge((payload(one.shown) for one in exhibits), "gallery") == []


@pytest.mark.parametrize("name", ["manifest.json", "manifest.http.json"])
def test_manifests(name: str) -> None:
    """The manifests are what Slack takes, but for four values that its types do not know yet."""
    manifest = json.loads((tools.ROOT / name).read_text())
    judged = version_2(without(manifest))
    assert judge([("apps.manifest.create", {"manifest": judged})], "manifest") == []


def test_cards_and_results_of_steps() -> None:
    """Cards below links, and what a workflow gets, are arguments as Slack's types have them."""
    meaning = meaning_of(load_knowledge(), "31009")
    assert meaning
    cards = {"https://www.twilio.com/docs/api/errors/31009": {"blocks": list(code_card(meaning).blocks)}}
    outputs = {"verdict": "x", "outcome": "found", "permalink": "https://acme.slack.example/x"}
    sent = [
        ("chat.unfurl", {"unfurl_id": "C0.1.x", "source": "conversations_history", "unfurls": cards}),
        ("chat.unfurl", {"channel": "C0", "ts": "1.0", "unfurls": cards}),
        ("functions.completeSuccess", {"function_execution_id": "Fx0", "outputs": outputs}),
        ("functions.completeError", {"function_execution_id": "Fx0", "error": "x"}),
    ]
    assert judge(sent, "steps") == []


def test_types_do_judge() -> None:
    """A misspelt field, a wrong status and a missing trigger are noticed."""
    misspelt = button("x")
    misspelt[1]["elements"][0]["labels"] = "x"
    task = {"type": "task_card", "task_id": "1", "title": "x", "status": "completed"}
    wrong = [
        ("chat.postMessage", {"channel": "C0", "text": "x", "blocks": misspelt}),
        ("chat.postMessage", {"channel": "C0", "text": "x", "blocks": [task]}),
        ("views.open", {"view": {"type": "home", "blocks": []}}),
    ]
    told = "\n".join(judge(wrong, "wrong"))
    for number in range(3):
        assert f"({number + 3}," in told, told


@pytest.mark.parametrize("room", tools.ROOMS)
def test_locks_name_no_address(room: str) -> None:
    """Every package of the lock has its hash, and neither lock nor settings say where it comes from."""
    texts = [(tools.ROOMS[room] / name).read_text() for name in tools.LISTS]
    assert not [text for text in texts if "://" in text]
    assert texts[1].count('"integrity"') == texts[1].count('"node_modules/')
