"""A customer's browser and a relay at the same place, in the same broken network: `make check-link-lab` runs it."""

import json
import os
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.lab import check_expected, privileges, table
from tests.lab.check_expected import CHROMIUM, CLEAR, FIREFOX, UNKNOWN, Expected, compare
from tests.lab.check_links import LINEMAN, CheckLinks, Visit, check_links
from tests.lab.lab import Lab, Situation
from tests.lab.scenarios import Scenario
from tests.lab.servers import REPOSITORY

pytestmark = [
    pytest.mark.root,
    pytest.mark.lab,
    pytest.mark.skipif(os.environ.get("LINEMAN_CHECK_PAGE") != "full", reason="run: make check-link-lab"),
]
TIMEOUT: Final = 40.0  # seconds; the diagnosis ends itself far sooner
LOSS: Final = "packet-loss-10"
LOSS_RUNS: Final = int(os.environ.get("LINEMAN_CHECK_PAGE_LOSS", "5"))


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    privileges.compile_packages(REPOSITORY)


@pytest.fixture(scope="module")
def links(lab: Lab) -> Iterator[CheckLinks]:
    with check_links(lab) as made:
        yield made


def relay_ids(situation: Situation, scenario: Scenario) -> set[str]:
    """The causes and risks that a relay finds, by the command line."""
    words = [*scenario.arguments(), "--network", str(situation.network_file), "--json"]
    ran = situation.run([*LINEMAN, *words], timeout=TIMEOUT)
    diagnosis: dict[str, Any] = json.loads(ran.stdout)
    return {entry["id"] for name in ("found", "risks") for entry in diagnosis[name]}


def check(browser: str, expected: Expected, visit: Visit, relay: set[str]) -> tuple[str, list[str]]:
    """How the browser's answer stands beside the relay's, and what is wrong with it."""
    result = compare(visit.verdict, visit.ids, relay)
    wrong = []
    if result == "differs":
        wrong.append(f"{browser} says {visit.verdict} {sorted(visit.ids)}, the relay {sorted(relay)}")
    wanted: set[str] = set() if expected.answer in (CLEAR, UNKNOWN) else {expected.answer}
    if visit.ids != wanted or (not wanted and visit.verdict != expected.answer):
        wrong.append(f"{visit.verdict} {sorted(visit.ids)}, expected {expected.answer}")
    if visit.seconds > expected.seconds:
        wrong.append(f"{visit.seconds:.1f} s from click to answer, at most {expected.seconds}")
    return result, wrong


def run(lab: Lab, links: CheckLinks, browser: str, name: str, request: pytest.FixtureRequest) -> None:
    """One scenario: a browser and a relay, a row of the table, and what is wrong."""
    scenario = check_expected.scenario(name)
    expected = (CHROMIUM if browser == "chromium" else FIREFOX)[name]
    with lab.scenario(scenario) as situation:
        relay = relay_ids(situation, scenario)
        visit = links.visit(browser, links.make(scenario.arguments()[1:]))
    result, wrong = check(browser, expected, visit, relay)
    rows = request.config.stash.setdefault(table.CHECKS, [])
    found = tuple(sorted(visit.ids)) or (visit.verdict,)
    rows.append(
        table.CheckRow(name, browser, expected.answer, found, tuple(sorted(relay)), result, visit.seconds)
    )
    observations = visit.sent.get("observations", [])
    story = [
        f"  {o['probe']} {o['edge'] or o['transport']}: {o['failure']} {o['facts']}" for o in observations
    ]
    assert not wrong, "\n".join([f"{name}: {'; '.join(wrong)}", *story])


@pytest.mark.parametrize("name", [name for name in CHROMIUM if name != LOSS])
def test_chromium_beside_a_relay(
    lab: Lab, links: CheckLinks, name: str, request: pytest.FixtureRequest
) -> None:
    """The browser finds what the relay finds, or says that it cannot tell; it blames nothing else."""
    run(lab, links, "chromium", name, request)


@pytest.mark.parametrize("name", FIREFOX)
def test_firefox_beside_a_relay(
    lab: Lab, links: CheckLinks, name: str, request: pytest.FixtureRequest
) -> None:
    """Firefox, which shows less, names nothing that the relay does not find."""
    run(lab, links, "firefox", name, request)


@pytest.mark.parametrize("attempt", range(LOSS_RUNS))
def test_loss_is_loss(lab: Lab, links: CheckLinks, attempt: int, request: pytest.FixtureRequest) -> None:
    """10 % loss each way is found as loss, and blames nothing else, however the packets fall."""
    run(lab, links, "chromium", LOSS, request)


def test_three_unknown_at_most() -> None:
    """A browser may leave no more than three scenarios open, each with its reason."""
    unknown = [name for name, expected in CHROMIUM.items() if expected.answer == UNKNOWN]
    assert len(unknown) <= 3
    assert all(CHROMIUM[name].because for name in unknown)
