"""Every reply as a page in a real browser: nothing runs over, everything has words, everything fits on a screen."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.cli.main import main
from tests.previews.inspector import CHROMIUM, WIDTHS, inspect, pages_in
from tests.previews.write import write_previews

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs the package chromium")

# The first screen: height in pixels, lines above the buttons, controls.
SCREENS = {
    **dict.fromkeys(
        (
            "verdict",
            "verdict-question",
            "verdict-judged",
            "verdict-lost",
            "clear",
            "risk",
            "resolved",
            "unclear",
            "clear-link",
            "unclear-link",
            "check-clear",
            "check-blocked",
            "check-unclear",
        ),
        (700, 12),
    ),
    **dict.fromkeys(("device", "device-differs"), (1_000, 12)),
    **dict.fromkeys(
        ("verdict-several", "verdict-relays", "verdict-relays-two", "check-beside", "check-differs"),
        (1_000, 30),
    ),
}
CONTROLS = 5  # the thumbs of the feedback block are not counted
LONG = 900  # characters of one text; Slack folds longer ones behind a link


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("previews")
    write_previews(folder)
    return folder


@pytest.fixture(scope="module")
def noted(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one start of the browser tells of all pages."""
    return inspect(folder, pages_in(folder), tmp_path_factory.mktemp("browser"))


def test_every_page(folder: Path, noted: dict[str, Any]) -> None:
    """At two widths no reply runs over or is cut off, pictures and buttons have words, contrast is enough."""
    assert noted["found"] == []
    assert noted["looked"] == len(WIDTHS) * len(pages_in(folder)) > 60


@pytest.mark.parametrize("name", SCREENS)
def test_a_verdict_fits_on_a_screen(name: str, folder: Path, noted: dict[str, Any]) -> None:
    """Its height, its lines above the buttons, and its controls keep their limits; its first button is primary."""
    size, (height, lines) = noted["sizes"][f"{name}.html"], SCREENS[name]
    assert size["height"] <= height
    assert size["lines"] <= lines
    assert 0 < size["controls"] <= CONTROLS
    blocks = json.loads((folder / f"{name}.json").read_text())["blocks"]
    first, *others = next(block for block in blocks if block["type"] == "actions")["elements"]
    assert (first.get("style") == "primary") == (name != "verdict-lost")  # one relay's part starts nothing
    assert not any("style" in other for other in others)
    assert all(len(text) <= LONG for block in blocks for text in texts(block))


def texts(block: dict[str, Any]) -> list[str]:
    """The whole text of each part of a block that Slack may fold."""
    if block["type"] != "rich_text":
        return []
    return ["".join(leaves(part)) for part in block["elements"]]


def leaves(part: dict[str, Any]) -> list[str]:
    inside = part.get("elements")
    return [part.get("text", "")] if inside is None else [leaf for each in inside for leaf in leaves(each)]


def test_the_inspector_sees(tmp_path: Path) -> None:
    """A page with each of these mistakes is found out."""
    (tmp_path / "bad.html").write_text(
        "<body><p style='width:2000px'>A line that is far too wide.</p><p style='color:#bbb'>Too pale to read.</p>"
        "<img src=''><button></button><p style='font-size:8px'>Too small to read.</p>"
    )
    noted = inspect(tmp_path, ["bad.html"], tmp_path / "profile")
    told = " ".join(one["what"] for one in noted["found"])
    for word in ("runs over", "contrast", "picture without", "button without", "too small"):
        assert word in told


def test_pages_are_whole(folder: Path) -> None:
    """No page runs a script or loads anything."""
    for page in folder.glob("*.html"):
        text = page.read_text()
        assert "<script" not in text
        assert 'src="http' not in text
        assert "url(" not in text
        assert "cannot draw" not in text


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`lineman preview DIR` writes the pages, and says so; where it cannot, it says that."""
    assert main(["preview", str(tmp_path / "new")]) == 0
    assert "replies in" in capsys.readouterr().out
    assert (tmp_path / "new" / "verdict.json").exists()
    (tmp_path / "file").write_text("")
    assert main(["preview", str(tmp_path / "file")]) == 2
    assert "written" in capsys.readouterr().err
