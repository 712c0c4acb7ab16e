"""`lineman version` says which version runs, and with --verbose how it matches descriptions."""

import json

import pytest

from bot.cli.main import main
from bot.version import version


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """One line, unless more is asked for."""
    assert main(["version"]) == 0
    assert capsys.readouterr().out == f"lineman {version()}\n"
    assert main(["version", "--verbose"]) == 0
    assert "by words alone, without sentence vectors" in capsys.readouterr().out


def test_version_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The same as JSON."""
    assert main(["version", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"version": version()}
    assert main(["version", "--json", "--verbose"]) == 0
    assert json.loads(capsys.readouterr().out) == {"version": version(), "matching": "words"}
