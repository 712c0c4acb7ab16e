"""The walk as a picture: readable at Slack's width, and told in words."""

from io import BytesIO

import pytest
from PIL import Image

from bot.rendering.blocks.decision_path import Mark, WalkedQuestion
from bot.rendering.blocks.tree_image import WIDE, picture
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from tests.bot.rendering.blocks.hostile import PIECES
from tests.previews.gallery import Gallery

GALLERY = Gallery(load_knowledge(), load_network())


def test_walk() -> None:
    """A real walk gives a picture of Slack's width twice over, and words that tell every answer of it."""
    drawn = GALLERY.blocked.picture()
    image = Image.open(BytesIO(drawn.png))
    assert image.format == "PNG"
    assert image.width == WIDE
    assert image.height < 4.25 * WIDE
    faults = [one for one in GALLERY.blocked.walk if one.mark is Mark.FAULT]
    assert faults
    assert all(one.text in drawn.alt for one in faults)
    assert GALLERY.blocked.view.headline in drawn.alt


def test_marks_differ_in_shape() -> None:
    """In grey, no two marks look alike."""
    shapes = set()
    for mark in Mark:
        drawn = picture("x", [WalkedQuestion("q", "a", "b", mark)], [])
        badge = Image.open(BytesIO(drawn.png)).convert("L").crop((28, 28, 68, 150))
        shapes.add(badge.point(lambda level: 255 if level > 140 else 0).tobytes())
    assert len(shapes) == len(Mark)


@pytest.mark.parametrize("text", ["x" * 5_000, "".join(PIECES), "", "\ud800", "\n", "\x00"])
def test_any_text(text: str) -> None:
    """Whatever is drawn, the picture is there, not endless, and its words fit."""
    passed = [WalkedQuestion("q", text, text, mark, text) for mark in Mark] * 8
    drawn = picture(text, passed, [(text, Mark.FAULT)] * 3)
    assert Image.open(BytesIO(drawn.png)).height < 20_000
    assert 1 <= len(drawn.alt.encode("utf-16-le")) // 2 <= 1_000
