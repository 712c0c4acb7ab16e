"""Judge what a device measured on its line, in the words of the questions about the line.

Pure. The limits are those of the network file. Loss is above its limit only if chance does not explain it.
"""

from collections.abc import Mapping
from typing import Any

from bot.intake.parsing.loss import LEAST, is_beyond_chance
from probes.protocol.model import Facts


def line_facts(facts: Facts, limits: Mapping[str, Any]) -> Facts:
    """Compare the measurements in *facts* (ms, %, counts) with *limits*; empty if nothing can be judged.

    `loss_is` and `exceeded_*` mean the same as in the relay's check. `line_is` is good if round trip, jitter, and MOS
    are all known and within their limits.
    """
    found: dict[str, Any] = {}
    allowed = limits.get("loss_percent")
    if allowed is not None and (loss_is := _loss_is(facts, allowed / 100)):
        found["loss_is"] = loss_is
        found |= {"exceeded_loss_percent": allowed} if loss_is == "above" else {}
    known = [name for name in ("rtt_ms", "jitter_ms", "mos") if name in facts and name in limits]
    exceeded = {f"exceeded_{name}": limits[name] for name in known if _is_beyond(name, facts, limits)}
    is_good = len(known) == 3 and not exceeded
    return {**found, **exceeded, **({"line_is": "good"} if is_good else {})}


def _is_beyond(name: str, facts: Facts, limits: Mapping[str, Any]) -> bool:
    value, limit = facts[name], limits[name]
    return bool(value < limit if name == "mos" else value > limit)


def _loss_is(facts: Facts, limit: float) -> str:
    """Return above, near, or below; near means above the limit, perhaps by chance. "" without enough packets."""
    packets, lost = facts.get("packets", 0), facts.get("lost", 0)
    if packets < LEAST:
        return ""
    if lost / packets <= limit:
        return "below"
    return "above" if is_beyond_chance(lost, packets, limit) else "near"
