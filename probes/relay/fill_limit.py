"""Refuse a plan that fills the line with more bytes than the policy file allows. Pure."""

from typing import Any, Final

from probes.protocol.order import PlanRefused, SignedPlan
from probes.protocol.policy import RelayLimits

_FILL: Final = "fill"  # the check that sends much more than the others


def check_fill(order: SignedPlan, limits: RelayLimits) -> None:
    """Let a plan fill the line with as many bytes as the policy allows, by default with none."""
    wanted: list[Any] = [step.params.get("bytes") for step in order.plan.steps if step.probe == _FILL]
    is_valid = all(isinstance(count, int) and count > 0 for count in wanted)
    if not is_valid or sum(wanted) > limits.fill_bytes:
        most = f"with more than {limits.fill_bytes} bytes " if limits.fill_bytes else ""
        sentence = f"this relay's policy file does not allow filling the line {most}(limits: fill_bytes)"
        raise PlanRefused("target_not_allowed", sentence, order.id)
