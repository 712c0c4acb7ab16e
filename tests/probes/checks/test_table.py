"""The table of probes and the files that it names."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from probes.checks import BUDGETS, PROBES
from probes.relay.subprocess_runner import probe_names


@pytest.mark.parametrize("name", PROBES)
def test_each_name_is_a_probe(name: str) -> None:
    """Each line of the table leads to a file with a coroutine that takes a step and a context."""
    assert inspect.iscoroutinefunction(PROBES[name])
    assert list(inspect.signature(PROBES[name]).parameters) == ["step", "context"]


@pytest.mark.parametrize("name", PROBES)
def test_each_budget_is_possible(name: str) -> None:
    """A step has time, and a slow success fits into it."""
    assert 0 <= BUDGETS[name].slow < BUDGETS[name].limit


def test_each_probe_is_in_the_table() -> None:
    """A file with a probe has its line, or nothing could ask for it."""
    for file in sorted(Path("probes/checks").glob("*.py")):
        if "\nasync def probe(" in file.read_text():
            assert file.stem in BUDGETS, f"probes/checks/__init__.py: BUDGETS needs a line for {file}"


def test_other_names_are_refused() -> None:
    """A helper in the same folder is not a probe, whether or not it is one of our modules."""
    for name in ("context", "targets", "nothing"):
        assert name not in PROBES
        with pytest.raises(KeyError):
            PROBES[name]


def test_names_are_known_without_loading_a_probe() -> None:
    """A relay names its probes to the hub before it has loaded any."""
    code = (
        "import sys\nfrom probes.relay.subprocess_runner import probe_names\nprint(*probe_names())\n"
        "print(*(name for name in sys.modules if name.startswith('probes.checks.')))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names, loaded = ended.stdout.split("\n")[:2]
    assert tuple(names.split()) == probe_names() == tuple(sorted(PROBES))
    assert loaded == ""
