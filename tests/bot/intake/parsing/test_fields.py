"""Fields are found in any spelling, and values have their type or none."""

from bot.intake.parsing.fields import FieldMap, folded, number, truth


def test_spellings_are_one_field() -> None:
    """Case, dashes and underscores do not count."""
    assert folded("Network_Timing") == folded("networkTiming") == "networktiming"
    fields = FieldMap({"Selected-Edge": "dublin"})
    assert "selectededge" in fields
    assert fields.text("selectededge") == "dublin"


def test_values_have_their_type() -> None:
    """A truth value is no number, and a text may be a truth value."""
    assert number(True) is None
    assert number("1.5") == 1.5
    assert truth("false") is False
    assert truth("maybe") is None
