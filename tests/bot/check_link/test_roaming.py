"""How far the edge of roaming is, by the times in which a browser opens WebSockets."""

from typing import Any

import pytest

from bot.check_link.browser_checks import BrowserChecks
from bot.check_link.result_schema import read_result
from bot.check_link.targets import page_config, targets_of
from bot.check_link.verdict import record_of
from bot.diagnosis.engine import Engine
from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.triage import prepare
from bot.diagnosis.turn_settings import TurnSettings
from bot.model.request import Request
from probes.protocol.model import USER_NETWORK
from tests.bot.check_link.results import encode, result

FAR = [410, 402, 404, 420, 405]
QUICK = [60, 55, 54, 58, 90]


def judge(engine: Engine, edge: str = "roaming", **times: tuple[int, list[int]]) -> RunRecord:
    """The record of a healthy result with *times* by edge: the first one, and those of the repetition."""
    wanted = targets_of(Request("31009", "javascript", edge=edge), engine.network, TurnSettings())
    sent: dict[str, Any] = result(page_config(wanted, engine, ""), run="r", key="k")
    for item in sent["observations"]:
        if item["probe"] == "websocket":
            first, again = times.get(item["edge"], (500, []))
            item["facts"] |= {"upgraded": True, "opened_ms": first, "opened_again": again}
    checks = BrowserChecks(read_result(encode(sent)), wanted, engine.network)
    problem = prepare(wanted.request, engine.knowledge, engine.network)
    return record_of(checks, problem, wanted.request, engine.knowledge.digest, USER_NETWORK, 1.0)


@pytest.mark.parametrize(
    ("roaming", "dublin", "fit", "causes"),
    [
        ((400, FAR), (58, QUICK), "far", ["edge-mismatch"]),
        ((110, []), (58, []), "fits", []),
        ((400, QUICK), (58, QUICK), "fits", []),  # late once
        ((400, [*FAR[:4], 56]), (58, QUICK), "fits", []),  # as quick once: loss may explain the others
        ((400, [160, 161, 162, 163, 164]), (58, QUICK), "fits", []),  # 26 ms in each round trip
        ((400, FAR), (58, [*QUICK[:4], 404]), "fits", []),
        ((400, []), (58, QUICK), None, []),  # each took longer than a resent packet
        ((400, FAR[:1]), (58, QUICK[:1]), "fits", []),  # one time each is chance
    ],
)
def test_roaming(
    engine: Engine,
    roaming: tuple[int, list[int]],
    dublin: tuple[int, list[int]],
    fit: str | None,
    causes: list[str],
) -> None:
    """Roaming is far only if each of its times is longer, by more than 30 ms in a round trip."""
    record = judge(engine, roaming=roaming, dublin=dublin)
    answer = record.answers["javascript"]["roaming-fit"].answer
    assert (answer if answer != "unmeasured" else None) == fit
    assert [finding.cause for finding in record.diagnosis.found] == causes


def test_chosen_edge(engine: Engine) -> None:
    """An edge that the app sets is never called unsuitable."""
    assert judge(engine, edge="sydney", sydney=(400, FAR), dublin=(58, QUICK)).diagnosis.found == ()


def test_other_edge_is_named(engine: Engine) -> None:
    """The evidence names the nearest edge, and a distance that is not exaggerated."""
    record = judge(engine, roaming=(400, FAR), dublin=(58, QUICK))
    edges = next(look for look in record.observations.values() if look.probe == "edges")
    assert edges.facts["nearest_edge"] == "dublin"
    assert edges.facts["extra_ms"] == pytest.approx(87.0)
