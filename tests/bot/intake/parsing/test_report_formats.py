"""The report of each SDK is told from the others'."""

import pytest

from bot.intake.parsing.fields import FieldMap
from bot.intake.parsing.report_formats import form_of, said_form
from tests.bot.intake.samples import SAMPLES


@pytest.mark.parametrize("form", SAMPLES)
def test_each_sample_has_its_form(form: str) -> None:
    """By its keys alone, without a word of the SDK around it."""
    assert form_of(FieldMap(SAMPLES[form]()), FieldMap(None)).name == form


def test_nothing_said_is_no_form() -> None:
    """Words without an SDK name none."""
    assert said_form(FieldMap({"sdk": "no audio"})) is None
