"""Every scenario of the fault lab, diagnosed by the command line as a person would run it."""

import json
import sys
from typing import Any

import pytest

from tests.lab import privileges, scenarios, table
from tests.lab.lab import Lab
from tests.lab.servers import REPOSITORY

pytestmark = [pytest.mark.root, pytest.mark.lab]
TIMEOUT = 30.0  # seconds; the diagnosis itself ends itself far sooner
ATTEMPTS = 3  # if chance hides a cause, as the scenario says that it may
LINEMAN = [sys.executable, "-m", "bot.cli.main"]  # run from the repository that is tested


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    privileges.compile_packages(REPOSITORY)


def _runs() -> list[Any]:
    """Every scenario once; three times where packets are lost at random."""
    runs = []
    for name in scenarios.names():
        is_random = any(fault == "loss" for fault, _ in scenarios.load(name).faults)
        runs += [name] if not is_random else [pytest.param(name, id=f"{name}-{run}") for run in "123"]
    return runs


@pytest.mark.parametrize("name", _runs())
def test_scenario_is_diagnosed_rightly(lab: Lab, name: str, request: pytest.FixtureRequest) -> None:
    """The diagnosis of a broken network names exactly what was broken, and nothing that was not."""
    scenario = scenarios.load(name)
    for _ in range(ATTEMPTS):
        with lab.scenario(scenario) as situation:
            words = [*scenario.arguments(), "--network", str(situation.network_file), "--json"]
            ran = situation.run([*LINEMAN, *words], timeout=TIMEOUT)
        diagnosis = _parse(ran.stdout)
        found = _ids(diagnosis.get("found"))
        if found == scenario.found or found != scenario.without_chance:
            break
    wrong = _wrong(scenario, diagnosis)
    expected = (*scenario.found, *scenario.risks)
    rows = request.config.stash.setdefault(table.ROWS, [])
    rows.append(table.Row(name, expected, (*found, *_ids(diagnosis.get("risks"))), ran.seconds, not wrong))
    assert not wrong, f"{name}: {'; '.join(wrong)}\n{_story(diagnosis)}\n{ran.stderr[-2000:]}"


def _wrong(scenario: scenarios.Scenario, diagnosis: dict[str, Any]) -> list[str]:
    """What is not as the scenario says."""
    if not diagnosis:
        return ["no diagnosis came out"]
    found, possible = _ids(diagnosis.get("found")), _ids(diagnosis.get("possible"))
    unchecked = _ids(diagnosis.get("not_checked"))
    wrong = []
    if found != scenario.found:
        wrong.append(f"found {found}, expected {scenario.found}")
    risks = _ids(diagnosis["risks"])
    if risks != scenario.risks:
        wrong.append(f"the risks are {risks}, expected {scenario.risks}")
    likely = _ids([one for one in diagnosis["found"] if one["confidence"] == "likely"])
    if scenario.likely is not None and likely != scenario.likely:
        wrong.append(f"likely {likely}, expected {scenario.likely}")
    if scenario.outcome and diagnosis.get("outcome") != scenario.outcome:
        wrong.append(f"the outcome is {diagnosis.get('outcome')}, expected {scenario.outcome}")
    seconds = diagnosis["timings"]["looks_ms"] / 1000
    if scenario.within and seconds > scenario.within:
        wrong.append(f"the checks took {seconds:.1f} s, at most {scenario.within} are expected")
    if scenario.possible is not None and sorted(possible) != sorted(scenario.possible):
        wrong.append(f"possible {possible}, expected {scenario.possible}")
    if missing := set(scenario.not_checked) - set(unchecked):
        wrong.append(f"{sorted(missing)} should be among the not checked, which are {unchecked}")
    if never := set(scenario.never) & {*found, *risks}:
        wrong.append(f"{sorted(never)} must never be found here")
    evidence = " ".join(
        sentence for one in (*diagnosis["found"], *diagnosis["risks"]) for sentence in one["evidence"]
    )
    wrong += [
        f"the evidence does not say {text!r}: {evidence}" for text in scenario.says if text not in evidence
    ]
    return wrong


def _parse(text: str) -> dict[str, Any]:
    try:
        parsed = json.loads(text)
    except json.JSONDecodeError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _ids(entries: list[Any] | None) -> tuple[str, ...]:
    return tuple(str(entry["id"] if isinstance(entry, dict) else entry) for entry in entries or ())


def _story(diagnosis: dict[str, Any]) -> str:
    """The result of each step, one per line, for whoever debugs a failure."""
    observations = diagnosis.get("observations", [])
    seen = [f"  {o.get('step')}: {o.get('failure')} {o.get('facts')}" for o in observations]
    kept = {key: diagnosis.get(key) for key in ("outcome", "found", "risks", "possible", "not_checked")}
    path = [f"  {step}" for step in diagnosis.get("path", [])]
    return "\n".join([json.dumps(kept)[:3000], *path, *seen])
