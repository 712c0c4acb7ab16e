"""The verdict that the page shows: clear only if signaling and audio work and nothing is unknown."""

from typing import Any

import pytest

from bot.check_link.browser_checks import BrowserChecks
from bot.check_link.page_answer import page_answer
from bot.check_link.result_schema import read_result
from bot.check_link.targets import page_config, targets_of
from bot.check_link.verdict import record_of
from bot.diagnosis.engine import Engine
from bot.diagnosis.triage import prepare
from bot.diagnosis.turn_settings import TurnSettings
from bot.model.request import Request
from bot.rendering.view import make_view
from probes.protocol.model import USER_NETWORK
from tests.bot.check_link.results import encode, result

SILENT = "generic_timeout_error"


@pytest.mark.parametrize(
    ("changes", "verdict", "says"),
    [
        ({}, "clear", "Everything that it could test works."),
        ({"stun": SILENT}, "clear", "calls work without it"),
        ({"stun": "inconclusive"}, "unknown", "could not test everything"),
        ({"http": "inconclusive"}, "unknown", "could not test everything"),
        ({"stun": SILENT, "udp_media": "inconclusive"}, "unknown", "could not test everything"),
    ],
)
def test_verdict(engine: Engine, changes: dict[str, Any], verdict: str, says: str) -> None:
    """STUN that is blocked keeps no call from working while audio is proven; what is unknown is never called fine."""
    wanted = targets_of(Request("31009", "javascript"), engine.network, TurnSettings())
    sent = result(page_config(wanted, engine, ""), run="r", key="k", **changes)
    checks = BrowserChecks(read_result(encode(sent)), wanted, engine.network)
    problem = prepare(wanted.request, engine.knowledge, engine.network)
    record = record_of(checks, problem, wanted.request, engine.knowledge.digest, USER_NETWORK, 1.0)
    view = make_view(record, engine.knowledge, engine.network)
    answer = page_answer(checks, view, engine.network, "kite-42", 1.0)
    assert answer["verdict"] == verdict
    assert says in answer["customer"]
    assert record.diagnosis.outcome != "clear" or verdict == "clear"
