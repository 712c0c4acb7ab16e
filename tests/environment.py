"""The environment of processes that are weighed or timed: what the gate measures coverage with would count, too."""

import os


def unmeasured() -> dict[str, str]:
    """The environment at hand, without what makes Python measure coverage in every process."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
