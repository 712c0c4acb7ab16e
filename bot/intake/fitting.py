"""Decide whether a cause fits what a text settles: the platform, and answers to questions of the tree.

Pure: no network, no clock.
"""

from collections.abc import Mapping

from knowledge.model.schema import Cause, Knowledge


def fits(cause: Cause | None, clues: Mapping[str, str], knowledge: Knowledge) -> bool:
    """Whether *cause* exists on the platform and agrees with the answers in *clues*: without a VPN, none blocks."""
    if cause is None or not is_on(clues.get("platform", ""), cause):
        return False
    answered = {
        name: value
        for name, value in clues.items()
        if name in knowledge.questions and value in knowledge.questions[name].names
    }
    ways = (*cause.when, *cause.likely_when)
    return not ways or any(
        all(answered.get(name, fit[0]) in fit for name, fit in way.items()) for way in ways
    )


def is_on(platform: str, cause: Cause) -> bool:
    """Whether *cause* exists on *platform*; "" is every platform."""
    return not platform or not cause.platforms or platform in cause.platforms
