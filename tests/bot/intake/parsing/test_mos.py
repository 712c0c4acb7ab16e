"""MOS is the SDK's, and every score has its word."""

import pytest

from bot.intake.parsing.mos import mos, word_said
from bot.intake.preflight_report import QUALITY_BANDS, word_for


@pytest.mark.parametrize(
    ("rtt", "jitter", "loss", "score"),
    [(119, 9, 0, 4.3649), (41, 2, 0, 4.4130), (441, 27, 2, 2.6417), (129, 41, 4, 3.8076), (0, 0, 100, 1.0)],
)
def test_mos_is_that_of_the_sdk(rtt: float, jitter: float, loss: float, score: float) -> None:
    """The formula gives the scores that the SDK gives for the same second."""
    assert mos(rtt, jitter, loss) == pytest.approx(score, abs=0.0005)


def test_the_bands_leave_no_gap() -> None:
    """Every score has one word, and a better score never a worse one."""
    scores = [score / 1000 for score in range(1000, 4501)]
    order = [QUALITY_BANDS.index(word_for(score)) for score in scores]
    assert order == sorted(order, reverse=True)
    assert [word_for(score) for score in (4.21, 4.2, 4.1, 4.05, 3.7, 3.65, 3.1, 3.0)] == [
        "excellent", "great", "great", "good", "good", "fair", "fair", "degraded",
    ]  # fmt: skip
    assert [word_said(value) for value in (0, "4", "Good", "CallQuality.Fair", 7, None, "x")] == [
        "excellent", "degraded", "good", "fair", "", "", "",
    ]  # fmt: skip
