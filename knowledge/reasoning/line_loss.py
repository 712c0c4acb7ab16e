"""Say in words that the loss of the line leaves a check without a result. Pure."""

from probes.protocol.failures import Failure
from probes.protocol.model import Observation


def describe_loss(observation: Observation) -> str:
    """What the line loses, where *observation* is inconclusive because of it; else ""."""
    low, high = (observation.facts.get(name) for name in ("loss_low_percent", "loss_high_percent"))
    is_number = isinstance(low, int | float) and isinstance(high, int | float)
    if observation.failure is not Failure.INCONCLUSIVE or not is_number:
        return ""
    return f"the line loses {low:.0f} to {high:.0f} % of the packets"
