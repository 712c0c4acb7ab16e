"""One lab for the whole test session, and the table of scenarios at its end."""

import os
from collections.abc import Iterator

import pytest

from tests.lab import needs, table
from tests.lab.lab import Lab


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The lab; skipped with the reason where it cannot run, failed where LINEMAN_LAB=require insists on it."""
    if reason := needs.missing():
        if os.environ.get("LINEMAN_LAB") == "require":
            pytest.fail(f"{reason} LINEMAN_LAB=require asks for it.", pytrace=False)
        pytest.skip(reason)
    with Lab.start() as made:
        yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what each scenario was, and what relays and browsers found."""
    if rows := config.stash.get(table.ROWS, []):
        terminalreporter.section("fault lab: scenario, expected, found, seconds")
        for line in table.lines(rows):
            terminalreporter.line(line)
    if checks := config.stash.get(table.CHECKS, []):
        terminalreporter.section("check links: a browser beside a relay")
        for line in table.check_lines(checks):
            terminalreporter.line(line)
