"""Reads scenario files: what is broken, how to ask, and what must be found. Pure but for reading."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

# Importing a file of faults puts them into the table.
from tests.lab import (  # noqa: F401 - see above
    faults,
    line_faults,
    loss_faults,
    mtu_faults,
    portal_faults,
    service_faults,
)
from tests.lab.world import World

FOLDER: Final = Path(__file__).with_name("scenarios")
KEYS: Final = (
    *(
        "about",
        "code",
        "faults",
        "options",
        "outcome",
        "found",
        "risks",
        "possible",
        "not_checked",
        "never",
        "says",
    ),
    *("within", "likely", "chance"),
)
OPTIONS: Final = ("platform", "edge", "sdk-version", "turn", "vpn", "vantage", "browser-proxy", "secure-dns")


class ScenarioError(ValueError):
    """A scenario file, or the name of one, is wrong; the text says where."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One situation and its right diagnosis."""

    name: str
    about: str
    faults: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    found: tuple[str, ...] = ()  # exactly these, in this order
    chance: tuple[
        str, ...
    ] = ()  # those of `found` that chance hides in some runs: nothing happens to be lost
    risks: tuple[str, ...] = ()  # exactly these, in this order
    likely: tuple[str, ...] | None = None  # exactly these of what is found, where the file says so
    possible: tuple[str, ...] | None = None  # exactly these, in any order, where the file says so
    not_checked: tuple[str, ...] = ()  # at least these
    never: tuple[str, ...] = ()  # none of these found, nor a risk
    outcome: str = ""  # found, clear or unclear, where the file says so
    within: float = 0.0  # seconds that the checks may take, where the file says so
    code: int = 31009  # the error code that is asked about
    says: tuple[str, ...] = ()  # the evidence of what is found, or a risk, holds each of these

    @property
    def without_chance(self) -> tuple[str, ...]:
        """What is found in those runs."""
        return tuple(cause for cause in self.found if cause not in self.chance)

    def world(self) -> World:
        """The state of the lab that this scenario means; FaultError when a fault is unknown."""
        world = World()
        for name, parameters in self.faults:
            faults.apply(world, name, parameters)
        return world

    def arguments(self) -> list[str]:
        """The words after `lineman` that ask for this diagnosis, without --network."""
        platform = self.options.get("platform")
        words = ["diagnose", str(self.code), *([platform] if platform else [])]
        for key, value in self.options.items():
            if key != "platform":
                words += [f"--{key}", value]
        return words


def names() -> list[str]:
    """All scenarios there are, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load(name: str) -> Scenario:
    """The scenario of that name; ScenarioError with the nearest names when there is none."""
    if name not in names():
        near = difflib.get_close_matches(name, names(), 3)
        raise ScenarioError(
            f"no scenario {name!r}" + (f"; did you mean {' or '.join(near)}?" if near else "")
        )
    content = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    return parse(name, content)


def parse(name: str, content: Any) -> Scenario:
    """A scenario from a file's content; ScenarioError for unknown keys, options and faults."""
    if not isinstance(content, dict) or "about" not in content or "found" not in content:
        raise ScenarioError(f"{name}: a scenario needs at least `about` and `found`")
    options = content.get("options") or {}
    for given, allowed in ((content, KEYS), (options, OPTIONS)):
        if unknown := [key for key in given if key not in allowed]:
            raise ScenarioError(f"{name}: unknown {', '.join(unknown)} (there are: {', '.join(allowed)})")
    scenario = Scenario(
        name=name,
        about=str(content["about"]),
        faults=tuple(_fault(name, entry) for entry in content.get("faults") or ()),
        options={key: _word(value) for key, value in options.items()},
        found=tuple(content["found"] or ()),
        chance=tuple(content.get("chance") or ()),
        risks=tuple(content.get("risks") or ()),
        likely=tuple(content["likely"] or ()) if "likely" in content else None,
        possible=tuple(content["possible"] or ()) if "possible" in content else None,
        not_checked=tuple(content.get("not_checked") or ()),
        never=tuple(content.get("never") or ()),
        says=tuple(content.get("says") or ()),
        outcome=str(content.get("outcome", "")),
        code=int(content.get("code", 31009)),
        within=float(content.get("within", 0)),
    )
    try:
        scenario.world()
    except faults.FaultError as error:
        raise ScenarioError(f"{name}: {error}") from error
    return scenario


def _fault(name: str, entry: Any) -> tuple[str, Mapping[str, Any]]:
    if isinstance(entry, str):
        return entry, {}
    if isinstance(entry, dict) and len(entry) == 1:
        fault, parameters = next(iter(entry.items()))
        return str(fault), dict(parameters or {})
    raise ScenarioError(f"{name}: a fault is NAME or NAME: {{parameters}}, not {entry!r}")


def _word(value: Any) -> str:
    """YAML reads yes and no as booleans; the command line wants the words."""
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
