"""Reports of four SDKs, in whatever form people send them, give the same facts."""

import json

import pytest

from bot.intake.observation import observe
from bot.intake.preflight_report import PreflightReport
from bot.intake.read import read
from tests.bot.intake.samples import SAMPLES
from tests.bot.intake.variations import VARIATIONS, Variation


def one_report(source: str | bytes) -> PreflightReport:
    reading = read(source)
    assert reading.kind == "report", reading.says
    (report,) = reading.reports
    return report


@pytest.mark.parametrize("variation", VARIATIONS, ids=lambda one: one.name)
def test_a_report_is_read_however_it_is_written(variation: Variation) -> None:
    """Each variation gives each fact that the report shows, and none that it does not."""
    report = one_report(variation.source())
    facts = observe(report, report.edge_asked).facts
    for name, expected in variation.expected().items():
        given = facts.get(name)
        if isinstance(expected, float | int) and not isinstance(expected, bool) and given is not None:
            assert given == pytest.approx(expected, rel=1e-3), name
        else:
            assert given == expected, name


def test_there_are_variations_enough() -> None:
    """Fifty and more, no two of one name."""
    assert len({one.name for one in VARIATIONS}) == len(VARIATIONS) >= 50 + len(SAMPLES)


def test_a_report_that_is_whole_misses_nothing() -> None:
    """Of the four whole reports nothing is said to be missing, and each says which SDK it is of."""
    for form, make in SAMPLES.items():
        report = one_report(json.dumps(make()))
        assert report.missing == ()
        assert report.platforms == (form,)
