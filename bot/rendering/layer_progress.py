"""Progress of each layer while the checks run: how many are done, and what the layer waits for.

Pure: no network, no clock.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.diagnosis.step_results import results_of
from bot.diagnosis.triage import Progress
from bot.rendering.layers import LAYERS, layer_of
from probes.protocol.model import Step

_NAMED: Final = 1  # hosts that are named; the others are counted


@dataclass(frozen=True, slots=True)
class LayerProgress:
    """One layer of one relay's run."""

    layer: str
    done: int
    total: int
    failed: int = 0  # checks with a result that is a failure
    passed: int = 0  # checks with another result; those that were skipped have none
    waits: tuple[str, ...] = ()  # hosts or services of the checks that run now
    after: tuple[str, ...] = ()  # if none can run yet: the layers that come first

    @property
    def over(self) -> bool:
        """Whether all its checks have ended."""
        return self.done >= self.total

    @property
    def text(self) -> str:
        """The progress in words: how many are done, or what it waits for."""
        failed = f", {self.failed} failed" if self.failed else ""
        if self.over:
            checked = self.passed + self.failed
            return f"{checked} of {self.total} done{failed}" if checked else "not checked"
        waits = _listed(self.waits, _NAMED) or " and ".join(self.after)
        if waits and not self.waits and not self.done:
            return f"waiting for {waits}"
        return f"{self.done} of {self.total} done{failed}{f', waiting for {waits}' if waits else ''}"


def layers_of(progress: Progress) -> tuple[LayerProgress, ...]:
    """Return the progress of each layer that the plan checks, in the order of the layers."""
    steps = progress.plan.steps if progress.plan else ()
    results = results_of(progress.observations)
    return tuple(
        _layer(layer, chosen, progress, results)
        for layer in LAYERS
        if (chosen := [step for step in steps if layer_of(step.probe) == layer])
    )


def _layer(
    layer: str, steps: Sequence[Step], progress: Progress, results: Mapping[str, bool]
) -> LayerProgress:
    ended = progress.observations
    left = [step for step in steps if step.id not in ended]
    failed = [results[step.id] for step in steps if step.id in results]
    running = [step for step in left if all(before in ended for before in step.after)]
    return LayerProgress(
        layer,
        len(steps) - len(left),
        len(steps),
        failed=sum(failed),
        passed=len(failed) - sum(failed),
        waits=tuple(dict.fromkeys(step.target.host or step.target.service for step in running)),
        after=() if running else tuple(dict.fromkeys(_before(layer, left, progress))),
    )


def _before(layer: str, left: Sequence[Step], progress: Progress) -> Iterator[str]:
    """Name the other layers with checks that those *left* come after."""
    probes = {step.id: step.probe for step in progress.pending}
    for step in left:
        for before in step.after:
            if (first := layer_of(probes.get(before, ""))) and first != layer:
                yield first


def _listed(names: Sequence[str], most: int) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"
