"""Apply a change or an answer to a request (used by terminal and Slack)."""

from collections.abc import Mapping
from dataclasses import replace

from bot.model.request import Request


def changed(request: Request, values: Mapping[str, str]) -> Request:
    """Apply what was said to *request*; what a version belongs to changes with the platform."""
    platform = values.get("platform", request.platform)
    answers = {**request.answers, **{k: v for k, v in values.items() if k in ("sdk-version", "turn", "vpn")}}
    if platform != request.platform and "sdk-version" not in values:
        answers.pop("sdk-version", None)
    return replace(
        request,
        platform=platform,
        edge=values.get("edge", request.edge),
        relays=tuple(values["relay"].split(",")) if values.get("relay") else request.relays,
        answers=answers,
    )
