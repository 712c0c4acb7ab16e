"""Sentence vectors for a test that needs the optional package, with a cache of its own."""

import os
from pathlib import Path

import pytest

from knowledge.search.vectors import PACKAGE, vectors_version


def need_vectors(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """Match by vectors, too. Without the package, skip, or fail where every test has to run."""
    monkeypatch.delenv("LINEMAN_VECTORS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    if vectors_version():
        return
    reason = f"The optional package {PACKAGE} is not installed."
    if os.environ.get("LINEMAN_LAB") == "require":
        pytest.fail(f"{reason} LINEMAN_LAB=require asks for it.", pytrace=False)
    pytest.skip(reason)
