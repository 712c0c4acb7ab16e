"""A customer's browser and a relay at the same place, in the same broken network: `make check-link-lab` runs it."""

import json
import os
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.lab import check_expected, privileges, table
from tests.lab.check_expected import CHROMIUM, CLEAR, FIREFOX, TRAP_S, TRAPS, UNKNOWN, Expected, compare
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


def check(browser: str, expected: Expected, visit: Visit, relay: set[str]) -> list[str]:
    """What is wrong with the browser's answer."""
    wrong = []
    if compare(visit.verdict, visit.ids, relay) == "differs":
        wrong.append(f"{browser} says {visit.verdict} {sorted(visit.ids)}, the relay {sorted(relay)}")
    wanted: set[str] = set() if expected.answer in (CLEAR, UNKNOWN) else {expected.answer}
    if visit.ids != wanted or (not wanted and visit.verdict != expected.answer):
        wrong.append(f"{visit.verdict} {sorted(visit.ids)}, expected {expected.answer}")
    if visit.seconds > expected.seconds:
        wrong.append(f"{visit.seconds:.1f} s from click to answer, at most {expected.seconds}")
    return wrong


def run(lab: Lab, links: CheckLinks, browser: str, name: str, request: pytest.FixtureRequest) -> None:
    """One scenario: a browser and a relay, a row of the table, and what is wrong."""
    scenario = check_expected.scenario(name)
    expected = (CHROMIUM if browser == "chromium" else FIREFOX)[name]
    with lab.scenario(scenario) as situation:
        relay = relay_ids(situation, scenario)
        visit = links.visit(browser, links.make(scenario.arguments()[1:]))
    wrong = check(browser, expected, visit, relay)
    add_row(request, browser, name, expected.answer, visit, relay)
    assert not wrong, f"{name}: {'; '.join(wrong)}\n{story(visit)}"


def add_row(
    request: pytest.FixtureRequest, browser: str, name: str, expected: str, visit: Visit, relay: set[str]
) -> None:
    """Add a row to the table at the end of the session."""
    found, result = tuple(sorted(visit.ids)) or (visit.verdict,), compare(visit.verdict, visit.ids, relay)
    row = table.CheckRow(name, browser, expected, found, tuple(sorted(relay)), result, visit.seconds)
    request.config.stash.setdefault(table.CHECKS, []).append(row)


def story(visit: Visit) -> str:
    """What the page sent, one line per check."""
    observations = visit.sent.get("observations", [])
    return "\n".join(
        f"  {o['probe']} {o['edge'] or o['transport']}: {o['failure']} {o['facts']}" for o in observations
    )


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


@pytest.mark.parametrize("name", TRAPS)
def test_chromium_blames_nothing_else(
    lab: Lab, links: CheckLinks, name: str, request: pytest.FixtureRequest
) -> None:
    """What looks like a fault and is none, or is the service's own, is not blamed on the network."""
    scenario = check_expected.scenario(name)
    with lab.scenario(scenario) as situation:
        relay = relay_ids(situation, scenario)
        visit = links.visit("chromium", links.make(scenario.arguments()[1:]))
    add_row(request, "chromium", name, "no blame", visit, relay)
    assert visit.ids <= relay, story(visit)
    assert visit.seconds <= TRAP_S


@pytest.mark.parametrize("attempt", range(LOSS_RUNS))
def test_loss_is_loss(lab: Lab, links: CheckLinks, attempt: int, request: pytest.FixtureRequest) -> None:
    """10 % loss each way is found as loss, and blames nothing else, however the packets fall."""
    run(lab, links, "chromium", LOSS, request)


def test_three_unknown_at_most() -> None:
    """A browser may leave no more than three scenarios open, each with its reason."""
    unknown = [name for name, expected in CHROMIUM.items() if expected.answer == UNKNOWN]
    assert len(unknown) <= 3
    assert all(CHROMIUM[name].because for name in unknown)
