"""An answer fits on one screen, and the documentation shows what the program prints."""

import pytest

from tests.screens.screens import BEFORE, FILES, blocks, filled, screen

# Lines by the width of the terminal, with empty lines; the verdict must not scroll away.
TALLEST = {80: 18, 60: 26}


@pytest.mark.parametrize("name", BEFORE)
def test_an_answer_fits_on_one_screen(name: str) -> None:
    """At 80 columns it has at most 18 lines; no line is wider than the terminal; far fewer than before."""
    for width, most in TALLEST.items():
        text = screen(name, width)
        lines = text.splitlines()
        assert max(map(len, lines)) <= width, text
        assert len(lines) <= most, text
        assert "\x1b" not in text
        assert len(lines) * 4 < BEFORE[name], text


def test_the_documentation_shows_what_is_printed() -> None:
    """Every screen and the table of heights are in the user guide, and a screen is in the README, as made today."""
    texts = [file.read_text("utf-8") for file in FILES]
    guide, readme = texts
    assert all(f"<!-- {mark} -->" in guide for mark in blocks())
    assert any(f"<!-- {mark} -->" in readme for mark in blocks())
    for file, text in zip(FILES, texts, strict=True):
        assert filled(text) == text, f"{file.name} is out of date. Run: python -m tests.screens --write"
