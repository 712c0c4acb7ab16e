"""What is committed is what the sources give, is small, and is complete in every language."""

import gzip
import json
import re
from pathlib import Path

import pytest

from tests.check_page.build import BUILT, ROOM, SOURCE, build, check_types
from tests.slack import tools

needs_npm = pytest.mark.skipif(bool(tools.missing(ROOM)), reason=tools.missing(ROOM))

LANGUAGES = ("es", "fr", "de", "pt", "ja")
# Words that are the same in English.
ALIKE = {
    ("de", "layer_browser"), ("de", "admin_ports"), ("es", "same_no"),
    ("fr", "admin_ports"), ("fr", "admin_destinations"),
}  # fmt: skip


def strings(language: str) -> dict[str, str]:
    texts: dict[str, str] = json.loads((SOURCE / f"strings/{language}.json").read_text("utf-8"))
    return texts


@needs_npm
def test_a_rebuild_gives_the_same_bytes(tmp_path: Path) -> None:
    """The committed files are those of the sources, and no others."""
    build(tmp_path)
    made = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    kept = {file.name: file.read_bytes() for file in BUILT.iterdir()}
    assert made == kept, "run: make check-page"


@needs_npm
def test_the_strict_compiler_is_content() -> None:
    assert check_types() == ""


def test_the_page_is_small() -> None:
    """JavaScript has at most 60 kB; the page with its largest language at most 150 kB compressed."""
    sizes = {file.name: len(gzip.compress(file.read_bytes())) for file in BUILT.iterdir()}
    assert (BUILT / "page.js").stat().st_size <= 60_000
    largest = max(size for name, size in sizes.items() if name.endswith(".json"))
    assert sizes["page.js"] + sizes["page.css"] + sizes["index.html"] + largest <= 150_000


def test_nothing_comes_from_elsewhere() -> None:
    """The page names no other host, has no inline script or style, and every script and style has the nonce."""
    html = (BUILT / "index.html").read_text("utf-8")
    assert "://" not in html + (BUILT / "page.css").read_text("utf-8")
    assert "style=" not in html
    tags = re.findall(r"<(?:script|link rel=\"stylesheet\")[^>]*>", html)
    assert len(tags) == 3
    assert all('nonce="{{nonce}}"' in tag for tag in tags)
    assert "document.cookie" not in (BUILT / "page.js").read_text("utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_complete(language: str) -> None:
    """Each has all strings with the same {names}, and none equals the English unless it is on the list."""
    english, texts = strings("en"), strings(language)
    assert list(texts) == list(english)
    same = {key for key, text in texts.items() if text == english[key]}
    assert same == {key for listed, key in ALIKE if listed == language}
    for key, text in texts.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", english[key])), key
        assert text == text.strip() != "", key


def test_every_string_is_used() -> None:
    """Each string is named in the sources, as it is or by the first part of its name."""
    source = "".join(file.read_text("utf-8") for file in (SOURCE / "src").rglob("*.ts"))
    parts = {"layer", "state", "verdict", "say", "error", "same", "admin"}
    unused = [key for key in strings("en") if f'"{key}"' not in source and key.partition("_")[0] not in parts]
    assert unused == []
