"""What people measure: good values rule out bad quality, and bad ones do not."""

import pytest

from knowledge.search.measurements import good_values_in


@pytest.mark.parametrize(
    ("text", "ruled_out"),
    [
        ("no packet loss at all", ("packet-loss", "quality-poor")),
        ("loss is 0.4 %, jitter 4 ms, round trip 80 ms", ("packet-loss", "quality-poor")),
        ("MOS of 4.3", ("quality-poor",)),
        ("without packet loss, MOS 2.2", ("packet-loss",)),
        ("latency 40 ms and 9 % packet loss", ()),
        ("0 % loss", ("packet-loss", "quality-poor")),
        ("latency of 2 seconds", ()),
        ("jitter 95 ms", ()),
        ("nobody answers", ()),
    ],
)
def test_good_values_rule_out(text: str, ruled_out: tuple[str, ...]) -> None:
    """Of several values, a bad one keeps its cause."""
    assert good_values_in(text)[1] == ruled_out


def test_what_is_good_is_left_out() -> None:
    """The rest stays, bad values as well."""
    assert good_values_in("no loss, yet one-way audio")[0].split() == [",", "yet", "one-way", "audio"]
    assert "jitter 95 ms" in good_values_in("loss 0 %, jitter 95 ms")[0]
