"""A code without a cause in the tree is no dead end: the reader learns where to continue."""

import pytest

from bot.errors import unknown_word
from knowledge.authoring.codes_table import codes_table
from knowledge.loading.load import load_knowledge
from knowledge.model.schema import Knowledge


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    """The knowledge files."""
    return load_knowledge(quick=True)


def test_the_table_says_where_to_continue(knowledge: Knowledge) -> None:
    """No row of the table ends without a cause or a way to go on."""
    table = codes_table(knowledge)
    assert "none known" not in table
    (row,) = (line for line in table.splitlines() if line.startswith("| *31904* |"))
    assert "Check that server" in row
    assert "<" not in row


def test_an_unknown_push_code_is_a_push_error(knowledge: Knowledge) -> None:
    """Codes that begin with 52 are errors of pushes; other unknown codes are only unknown."""
    assert "push errors" in str(unknown_word("an error code", "52177", knowledge.errors))
    assert "push errors" not in str(unknown_word("an error code", "53177", knowledge.errors))
    assert "push errors" not in str(unknown_word("an error code", "521770", knowledge.errors))
