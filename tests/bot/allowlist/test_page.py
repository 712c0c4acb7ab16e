"""The page to print: read by an HTML parser, complete without the network, and safe with any network file."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from bot.allowlist.formats import FORMS
from bot.allowlist.request import ListRequest
from bot.rendering.blocks.allowlists import file_name
from tests.bot.allowlist.test_formats import EVERY, listed

VOID = {"meta", "br"}
HOSTILE = '<script>alert("1")</script>'


class Page(HTMLParser):
    """The cells of each row, the links, and whether every tag is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.rows: list[list[str]] = []
        self.links: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag == "br":
            self.handle_data(" ")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


@pytest.mark.parametrize(("platform", "edge", "turn"), EVERY)
def test_each_entry_is_a_row(platform: str, edge: str, turn: bool) -> None:
    """Protocol, port, host, and ranges of every entry, in its order; the sources are links."""
    found = listed(platform, edge, turn=turn)
    page = Page(FORMS["html"](found))
    assert page.open == []
    head, *rows = page.rows
    assert head[:3] == ["Protocol", "Port", "Destination"]
    assert [row[:3] for row in rows] == [
        [one.transport.upper(), one.port(), " ".join([one.host, *one.ranges]).strip()]
        for one in found.entries
    ]
    assert len(page.links) == sum("https://" in what for what in found.sources.values())


def test_it_loads_and_runs_nothing() -> None:
    """Whatever a network file is called, the page has no script, and only links for people."""
    found = replace(listed("ios"), title=HOSTILE, sources={"X": f"{HOSTILE} https://x.example/{HOSTILE}"})
    text = FORMS["html"](found)
    page = Page(text)
    assert not page.tags & {"script", "link", "img", "iframe"}
    assert "@media print" in text
    assert "url(" not in text


def test_the_file_is_named_as_a_page() -> None:
    """A browser opens it by its ending."""
    wanted = ListRequest("ios", "frankfurt", form="html")
    assert file_name(wanted) == "allowlist-ios-frankfurt.html"
