"""`python -m tests.bench [RUNS]`: diagnoses beside a script of commands, TLS targets beside an exporter, pastes."""

import sys

from tests.bench import diagnoses, reading, targets
from tests.lab import needs
from tests.lab.lab import Lab


def main(words: list[str]) -> int:
    """Print every table; 1 when a goal is missed, 2 when the machine lacks something."""
    runs = int(words[0]) if words else 10
    if reason := needs.missing():
        print(reason, file=sys.stderr)
        return 2
    with Lab.start() as lab:
        met = diagnoses.measure(lab, runs)
        targets.measure(lab)
    met &= reading.measure()
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
