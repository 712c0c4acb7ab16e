"""The small knowledge folder as fixtures."""

from pathlib import Path

import pytest

from knowledge.loading.load import load_knowledge
from knowledge.model.schema import CaseModel, Knowledge
from tests.knowledge.small import case_of, write_all


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_all(tmp_path / "knowledge")


@pytest.fixture
def knowledge(folder: Path) -> Knowledge:
    return load_knowledge(folder)


@pytest.fixture
def browser(folder: Path) -> CaseModel:
    return case_of(folder, "javascript")


@pytest.fixture
def phone(folder: Path) -> CaseModel:
    return case_of(folder, "ios")
