"""What is nearly JSON is read, and says whether it was whole."""

import json
from collections.abc import Callable

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


def outcome(decode: Callable[[str, int], object], text: str) -> object:
    """What *decode* returns for the value at the third character of *text*, or the place of its error."""
    try:
        return decode(text, 2)
    except json.JSONDecodeError as error:
        return error.pos


@pytest.mark.parametrize(
    "written",
    [
        '{"a": "%s"}',
        '{"a": "%s", "b": 1e-7, "c": -Infinity}',
        '{"a": "%s", "b": "\\u00e9"}',
        '{"a": "%s" "b": 1}',
        '["%s", nul]',
        '["%s"',
    ],
)
def test_a_part_of_a_long_text_says_what_all_of_it_says(written: str) -> None:
    """A value that ends at the end of the part that is tried first, or just before or after it."""
    whole = json.JSONDecoder(parse_constant=lambda _: None, strict=False).raw_decode
    for length in range(3_960, 4_010):
        value = written % ("x" * length)
        for text in (f"\n\n{value} and more" + "\n" * 5_000, f"\n\n{value}"):
            assert outcome(load_strict, text) == outcome(whole, text)
