"""Run `lineman doctor`: check the settings, database, disk, Slack, hub, and clock of this installation."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal, TypeAlias

from bot.cli.parser import Parser
from bot.errors import UsageError
from bot.slack.api.settings import SlackSettings, read_slack_settings
from knowledge.model.problems import KnowledgeError
from probes.protocol.json_codec import dump

State: TypeAlias = Literal["ok", "problem", "unchecked"]
MARKS: Final[Mapping[State, str]] = {"ok": "✓", "problem": "✗", "unchecked": "?"}


@dataclass(frozen=True, slots=True)
class DoctorResult:
    """The result of one check: what was found, and what to do next if it is a problem."""

    name: str
    state: State
    found: str
    next: str = ""


def run_doctor(words: Sequence[str]) -> int:
    """Print one line per check and the next step for each problem. The exit code is 0, or 1 if there is a problem."""
    options = make_parser().read(words)
    results = asyncio.run(check_all(os.environ))
    if options.json:
        sys.stdout.write(dump({"checks": [asdict(result) for result in results]}) + "\n")
    else:
        for result in results:
            sys.stdout.write(f"{MARKS[result.state]} {result.name}: {result.found}\n")
            sys.stdout.write(f"    {result.next}\n" if result.next else "")
    return int(any(result.state == "problem" for result in results))


def make_parser() -> Parser:
    """Make the parser of `lineman doctor`."""
    parser = Parser(
        prog="lineman doctor",
        description="Check this installation: settings, database, disk, Slack, hub, and clock. Nothing is changed.",
        allow_abbrev=False,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


async def check_all(environment: Mapping[str, str]) -> list[DoctorResult]:
    """Run every check. The connections, to Slack and to the hub, are made side by side."""
    # Only this command needs all of them, and aiohttp is slow to import.
    from bot.cli.doctor_checks import (
        check_database,
        check_disk,
        check_hub,
        check_network,
        check_place,
        check_signing_key,
    )
    from bot.slack.api.doctor import check_slack

    settings = _settings(environment)
    results = [settings] if isinstance(settings, DoctorResult) else [_transport(settings)]
    results += [_checked(name, check, environment) for name, check in (
        ("network file", check_network), ("state", check_place), ("database", check_database), ("disk", check_disk),
        ("signing key", check_signing_key),
    )]  # fmt: skip
    slack = settings if isinstance(settings, SlackSettings) and settings.transport else None
    hub, from_slack = await asyncio.gather(
        check_hub(environment), check_slack(slack) if slack else _without_slack()
    )
    return [*results, DoctorResult("hub", *hub), *(DoctorResult(*each) for each in from_slack)]


def _settings(environment: Mapping[str, str]) -> SlackSettings | DoctorResult:
    try:
        return read_slack_settings(environment)
    except UsageError as error:
        return DoctorResult("settings", "problem", str(error), "Correct them, then run lineman doctor again.")


def _transport(settings: SlackSettings) -> DoctorResult:
    if settings.transport is None:
        return DoctorResult(
            "settings",
            "ok",
            "No Slack settings. The terminal works without them; docs/slack.md sets up Slack.",
        )
    return DoctorResult("settings", "ok", settings.because)


Check: TypeAlias = Callable[[Mapping[str, str]], tuple[State, str, str]]


def _checked(name: str, check: Check, environment: Mapping[str, str]) -> DoctorResult:
    try:
        return DoctorResult(name, *check(environment))
    except (UsageError, KnowledgeError) as error:
        return DoctorResult(name, "problem", str(error))


async def _without_slack() -> list[tuple[str, State, str, str]]:
    return [
        ("Slack", "unchecked", "There are no valid Slack settings.", ""),
        ("clock", "unchecked", "Not checked: the clock is compared with Slack's.", ""),
    ]
