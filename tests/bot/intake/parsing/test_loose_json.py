"""What is nearly JSON is read, and says whether it was whole."""

import pytest

from bot.intake.parsing.loose_json import load_strict, parse


@pytest.mark.parametrize(
    ("text", "value", "cut"),
    [
        ("{edge: 'dublin', }", {"edge": "dublin"}, False),
        ("{ edge = dublin; }", {"edge": "dublin"}, False),
        ('{"edge": "dublin"', {"edge": "dublin"}, True),
        ("[True, None]", [True, None], False),
    ],
)
def test_spellings_of_nearly_json(text: str, value: object, cut: bool) -> None:
    """JavaScript, Swift and Python, whole or cut."""
    assert (parse(text)[0], parse(text)[2]) == (value, cut)


def test_strict_json_ends_where_it_ends() -> None:
    """What comes behind is not looked at; a number that is none is refused."""
    assert load_strict('{"a": 1} rest') == ({"a": 1}, 8)
    with pytest.raises(ValueError, match="property name"):
        load_strict("{a: 1}")
