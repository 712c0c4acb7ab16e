"""Leave out of a plan what an older relay cannot run, or what its policy file does not allow.

Pure. A relay refuses a plan as a whole, and its operator does not update its policy file on the same day as the bot.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

from probes.protocol.model import Plan, Step

# The policy files from before 0.2 do not have these services. Diagnoses are right without them, only less complete.
ALLOWED_LATER: Final = frozenset({"known-page", "proxy-control"})


def without_checks(plan: Plan, known: Collection[str]) -> tuple[Plan, list[Step]]:
    """Split *plan* into what a relay with the *known* checks can run, and the steps that it cannot."""
    if not known:  # a relay that does not name its checks
        return plan, []
    return _split(plan, lambda step: step.probe not in known)


def without_later_services(plan: Plan) -> tuple[Plan, list[Step]]:
    """Split *plan* into what every policy file allows, and the rest."""
    return _split(plan, lambda step: step.target.service in ALLOWED_LATER)


def _split(plan: Plan, is_out: Callable[[Step], bool]) -> tuple[Plan, list[Step]]:
    """Take out the steps that *is_out* names, and those that come after one of them."""
    out: dict[str, Step] = {}
    before = -1
    while before != len(out):
        before = len(out)
        out |= {step.id: step for step in plan.steps if is_out(step) or not out.keys().isdisjoint(step.after)}
    return replace(plan, steps=tuple(step for step in plan.steps if step.id not in out)), list(out.values())
