"""Print the shape of the source tree, and what one diagnosis in Slack goes through: `make structure`."""

import asyncio

from tests.structure.diagnose import COMMAND, trace_diagnosis
from tests.structure.report import report_trace, report_tree
from tests.structure.source import read_source


def main() -> None:
    """Print both; `tests/structure/test_*.py` hold them to their limits."""
    for line in report_tree(read_source()):
        print(line)
    for line in report_trace(COMMAND, asyncio.run(trace_diagnosis())):
        print(line)


if __name__ == "__main__":
    main()
