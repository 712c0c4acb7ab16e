"""Apply a change or an answer to a request: one rule for terminal and Slack.

Pure: no network, no clock. A version belongs to the platform that it was given for, and goes when that changes.
"""

from collections.abc import Mapping
from dataclasses import replace

from bot.model.request import Request, Vocabulary


def apply_changes(request: Request, values: Mapping[str, str], vocabulary: Vocabulary) -> Request:
    """Apply *values* to *request*: platform, edge, relay (names joined by commas), and any answer of a person.

    Names that *vocabulary* does not know are ignored.
    """
    platform = values.get("platform") or request.platform
    given = {
        name: _usual_word(name, values[name], vocabulary) for name in vocabulary.options if name in values
    }
    return replace(
        request,
        platform=platform,
        edge=values.get("edge", request.edge),
        relays=tuple(values["relay"].split(",")) if values.get("relay") else request.relays,
        answers={**answers_for(request, platform, vocabulary), **given},
    )


def answers_for(request: Request, platform: str | None, vocabulary: Vocabulary) -> dict[str, str]:
    """List the answers of *request* that hold for *platform* too: all on the same one, else all but versions."""
    if platform == request.platform:
        return dict(request.answers)
    return _without_versions(request.answers, vocabulary)


def override(values: Mapping[str, str], changes: Mapping[str, str], vocabulary: Vocabulary) -> dict[str, str]:
    """Lay *changes* over the *values* that one text gives by option; another platform drops its version."""
    before, after = values.get("platform"), changes.get("platform")
    moved = before and after and before != after
    return {**(_without_versions(values, vocabulary) if moved else values), **changes}


def can_reuse(before: Request, after: Request) -> bool:
    """Tell whether what was observed for *before* decides *after* too, so that no new run is needed."""
    same_place = (before.code, before.edge, before.relays) == (after.code, after.edge, after.relays)
    return same_place and before.platform in (None, after.platform)


def _without_versions(values: Mapping[str, str], vocabulary: Vocabulary) -> dict[str, str]:
    return {name: value for name, value in values.items() if not vocabulary.is_version(name)}


def _usual_word(name: str, value: str, vocabulary: Vocabulary) -> str:
    """Write an answer as the command parser does, so that equal answers make equal requests."""
    if vocabulary.is_version(name):
        return value.casefold().removeprefix("v")
    return vocabulary.options[name].get(value.casefold(), value)
