"""The E-model against published tables."""

import pytest

from probes.net.emodel import delay_impairment, estimate_mos, mos_of, rating


@pytest.mark.parametrize(
    ("r", "mos"), [(90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58), (93.2, 4.41)]
)
def test_mos_is_that_of_the_table_of_g107(r: float, mos: float) -> None:
    """ITU-T G.107, table B.1 (the first five), and the value for the default R of 93.2."""
    assert mos_of(r) == pytest.approx(mos, abs=0.01)


@pytest.mark.parametrize(
    ("ms", "impairment"), [(150, 3.7), (200, 7.4), (250, 14.1), (300, 20.6), (400, 31.0)]
)
def test_delay_counts_as_published(ms: float, impairment: float) -> None:
    """Id for TELR 65 dB by one-way delay, from Cole and Rosenbluth, Voice over IP performance monitoring (2001)."""
    assert delay_impairment(ms) - delay_impairment(0) == pytest.approx(impairment, abs=0.1)


@pytest.mark.parametrize(
    ("percent", "impairment"), [(0, 0), (1, 5), (2, 7), (3, 10), (5, 15), (10, 25), (20, 45)]
)
def test_loss_counts_as_planned(percent: float, impairment: float) -> None:
    """The planning values of ITU-T G.113 (2001), appendix I, for G.711 with concealment, to which Bpl was fitted."""
    assert rating(0, 0) - rating(0, percent / 100) == pytest.approx(impairment, abs=3)


def test_the_estimate_has_its_ends_and_falls_with_each_cause() -> None:
    """A perfect line is 4.4, a useless one 1; round trip, jitter, and loss each lower it."""
    assert estimate_mos(0, 0, 0) == pytest.approx(4.4, abs=0.02)
    assert estimate_mos(3000, 500, 1) == 1
    assert mos_of(120) == 4.5
    good = estimate_mos(40, 2, 0)
    assert good > 4.3
    assert all(estimate_mos(*worse) < good - 0.2 for worse in ((600, 2, 0), (40, 120, 0), (40, 2, 0.05)))
    assert min(mos_of(r / 10) for r in range(1001)) == 1
