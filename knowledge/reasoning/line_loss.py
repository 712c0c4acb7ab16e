"""Say in words that loss, or what only looks like it, leaves a check without a result. Pure."""

from probes.protocol.failures import Failure
from probes.protocol.model import Facts, Observation


def describe_loss(observation: Observation) -> str:
    """What the line loses, where *observation* is inconclusive because of it; else ""."""
    low, high = (observation.facts.get(name) for name in ("loss_low_percent", "loss_high_percent"))
    is_number = isinstance(low, int | float) and isinstance(high, int | float)
    if observation.failure is not Failure.INCONCLUSIVE or not is_number:
        return ""
    return f"the line loses {low:.0f} to {high:.0f} % of the packets"


def why_unknown(observation: Observation) -> str:
    """Why *observation* leaves the loss unknown or proves nothing because of it, as a reason; else ""."""
    if loss := describe_loss(observation):
        return f"no reply proves nothing here: {loss}"
    doubt = describe_doubt(observation)
    return f"not checked: {doubt}" if doubt else ""


def describe_doubt(observation: Observation) -> str:
    """Why the loss is not known: one server alone answered too few packets; "" if that is not so."""
    facts = observation.facts
    if observation.failure is not Failure.INCONCLUSIVE or facts.get("loss_is") != "unconfirmed":
        return ""
    first = f"{observation.target.host} answered {_answered(facts, '')}"
    if not _is_count(facts, "other_"):
        return f"{first}, and no second server answered that could confirm the loss"
    return f"{first}, but {facts.get('other_host', 'another server')} answered {_answered(facts, 'other_')}"


def _answered(facts: Facts, prefix: str) -> str:
    if not _is_count(facts, prefix):
        return "too few packets"
    return f"{facts[f'{prefix}sent'] - facts[f'{prefix}lost']} of {facts[f'{prefix}sent']} packets"


def _is_count(facts: Facts, prefix: str) -> bool:
    return all(isinstance(facts.get(f"{prefix}{name}"), int) for name in ("sent", "lost"))
