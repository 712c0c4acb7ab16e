"""Apply a change or an answer to a request, with one rule for terminal and Slack.

Pure: no network, no clock. A version belongs to its platform, and is dropped if the platform changes.
"""

from collections.abc import Mapping
from dataclasses import replace

from bot.model.request import Request, Vocabulary


def apply_changes(request: Request, values: Mapping[str, str], vocabulary: Vocabulary) -> Request:
    """Apply *values* to *request*: platform, edge, relay (names separated by commas), and any answer.

    Names that *vocabulary* does not contain are ignored.
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
    """Return the answers of *request* that also hold for *platform*: all on the same one, else no versions."""
    if platform == request.platform:
        return dict(request.answers)
    return _without_versions(request.answers, vocabulary)


def override(values: Mapping[str, str], changes: Mapping[str, str], vocabulary: Vocabulary) -> dict[str, str]:
    """Apply *changes* to the *values* of one text, by option. Another platform drops the version."""
    before, after = values.get("platform"), changes.get("platform")
    moved = before and after and before != after
    return {**(_without_versions(values, vocabulary) if moved else values), **changes}


def can_reuse(before: Request, after: Request) -> bool:
    """Tell whether the observations for *before* suffice for *after*, so that no new run is needed."""
    same_place = (before.code, before.edge, before.relays) == (after.code, after.edge, after.relays)
    return same_place and before.platform in (None, after.platform)


def is_same_test(before: Request, after: Request) -> bool:
    """Tell whether a difference between the results of two requests is a change of what was tested."""
    return (before.code, before.platform, before.edge) == (after.code, after.platform, after.edge)


def _without_versions(values: Mapping[str, str], vocabulary: Vocabulary) -> dict[str, str]:
    return {name: value for name, value in values.items() if not vocabulary.is_version(name)}


def _usual_word(name: str, value: str, vocabulary: Vocabulary) -> str:
    """Write an answer as the command parser does, so that equal answers make equal requests."""
    if vocabulary.is_version(name):
        return value.casefold().removeprefix("v")
    return vocabulary.options[name].get(value.casefold(), value)
