"""A map that is a report becomes one, and says in a sentence what it is."""

import pytest

from bot.intake.readers.sdk_report import read_report, report_says
from tests.bot.intake.samples import SAMPLES


@pytest.mark.parametrize("form", SAMPLES)
def test_each_sample_is_read(form: str) -> None:
    """Its form, and a sentence that names the SDK."""
    report = read_report(SAMPLES[form]())
    assert report.form == form
    assert report_says([report]).startswith("A preflight report of the ")
    assert report_says([report, report]).startswith("2 preflight reports")
