"""Every name of an edge gives its id; what is no name gives nothing."""

import pytest

from bot.intake.parsing.edge_names import edge_id


@pytest.mark.parametrize(
    ("written", "edge"),
    [
        ("us1", "ashburn"),
        ("EU_FRANKFURT", "frankfurt"),
        ("gll", "roaming"),
        ("chunderm.de1.gll.twilio.com", "frankfurt"),
        ("Mars", "mars"),
        ("0123 x", ""),
    ],
)
def test_edges(written: str, edge: str) -> None:
    """Regions, cloud names, hosts; an edge of tomorrow as it is; anything else is not kept."""
    assert edge_id(written) == edge
