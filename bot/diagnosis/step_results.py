"""Which checks of a run have a result, and which of them failed.

Pure: no network, no clock.
"""

from collections.abc import Mapping
from typing import Final

from probes.protocol.failures import Failure
from probes.protocol.model import Observation

# No check was wanted: there is no proxy, or the host cannot run it.
NOT_ASKED: Final = (Failure.NO_PROXY, Failure.NOT_SUPPORTED)


def results_of(observations: Mapping[str, Observation]) -> dict[str, bool]:
    """Map each step with a result to whether it failed; those that were skipped or not wanted have none."""
    return {
        step: look.failure is not None
        for step, look in observations.items()
        if look.has_result and look.failure not in NOT_ASKED
    }
