"""The blocks that messages are made of, each within Slack's limits whatever it is given.

Pure. Anybody's words go into plain text and rich text, which Slack shows letter by letter; markup is ours,
and what it quotes has been through `fit.quote`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from bot.rendering.blocks import text_limits

Block: TypeAlias = dict[str, Any]
TextElement: TypeAlias = dict[str, Any]  # a run of letters in rich text, in one style

DIVIDER: Final[Block] = {"type": "divider"}
_ADDRESS: Final = re.compile(
    r"https://[A-Za-z0-9.-]+(:\d+)?(/[!-;=?-~]{0,2000})?"
)  # printable ASCII, no angles
_NOTHING: Final = "\N{EN DASH}"  # Slack refuses empty text


def words(text: str, most: int = text_limits.LABEL) -> Block:
    """Plain text on one line; colons stay colons."""
    return {
        "type": "plain_text",
        "text": text_limits.cut(text_limits.line(text), most) or _NOTHING,
        "emoji": False,
    }


def markup(text: str) -> Block:
    """Our own markup; without guesses about what may be a link or a name."""
    return {"type": "mrkdwn", "text": text or _NOTHING, "verbatim": True}


def header(text: str) -> Block:
    """A title, which screen readers can jump to."""
    return {"type": "header", "text": words(text, text_limits.HEADER)}


def section(text: str, accessory: Block | None = None, block_id: str = "") -> Block:
    """A paragraph of our own markup, never folded away; `fit.quote` what is not ours."""
    block: Block = {"type": "section", "text": markup(text), "expand": True}
    if accessory:
        block["accessory"] = accessory
    if block_id:
        block["block_id"] = block_id
    return block


def context(*texts: str) -> Block:
    """Small print, in our own markup."""
    return {"type": "context", "elements": [markup(text) for text in texts[:10]]}


def rich(*elements: Block) -> Block:
    """Rich text: paragraphs, lists, quotes and code."""
    return {"type": "rich_text", "elements": list(elements) or [paragraph(run(_NOTHING))]}


def run(
    text: str,
    most: int = text_limits.SECTION,
    *,
    bold: bool = False,
    italic: bool = False,
    code: bool = False,
) -> TextElement:
    """Anybody's letters, as they are."""
    style = {name: True for name, on in (("bold", bold), ("italic", italic), ("code", code)) if on}
    visible = text_limits.cut(text_limits.clean(text), most) or _NOTHING
    return {"type": "text", "text": visible} | ({"style": style} if style else {})


def link(url: str, text: str) -> TextElement:
    """A link of ours: to a page that the knowledge names, over HTTPS only."""
    if not _ADDRESS.fullmatch(url):
        return run(text)
    return {
        "type": "link",
        "url": url,
        "text": text_limits.cut(text_limits.line(text), text_limits.HEADER) or url,
    }


def paragraph(*runs: TextElement) -> Block:
    """One paragraph of rich text."""
    return {"type": "rich_text_section", "elements": list(runs)}


def title(text: str) -> Block:
    """A bold line above what follows in rich text."""
    return paragraph(run(text, text_limits.HEADER, bold=True))


def bullets(items: Iterable[Sequence[TextElement]], indent: int = 0, *, ordered: bool = False) -> Block:
    """A list; each item is a row of runs."""
    return {
        "type": "rich_text_list",
        "style": "ordered" if ordered else "bullet",
        "indent": indent,
        "elements": [paragraph(*item) for item in items] or [paragraph(run(_NOTHING))],
    }


def lines(rows: Iterable[Sequence[TextElement]]) -> Block:
    """Rows of runs, one below the other, without bullets: where each has a sign in front."""
    runs = [item for row in rows for item in (*row, {"type": "text", "text": "\n"})]
    return paragraph(*runs[:-1])


def quotation(text: str, most: int = text_limits.SECTION) -> Block:
    """What may be passed on word for word."""
    return {"type": "rich_text_quote", "elements": [run(text, most)]}


def code(text: str, most: int = text_limits.SECTION) -> Block:
    """Lines to copy, letter by letter."""
    return {"type": "rich_text_preformatted", "elements": [run(text.strip("\n"), most)], "border": 0}


def image(file: str, alt: str, label: str) -> Block:
    """A picture that was uploaded before, by its file id."""
    return {
        "type": "image",
        "slack_file": {"id": text_limits.cut(file, text_limits.ID)},
        "alt_text": text_limits.cut(text_limits.line(alt), text_limits.ALT) or _NOTHING,
        "title": words(label),
    }


def table(rows: Iterable[Sequence[str]], columns: Sequence[Mapping[str, Any]] = ()) -> tuple[Block, int]:
    """A table, the first row its head, and how many rows did not fit into it."""
    stored: list[list[Block]] = []
    left, spent = 0, 0
    for row in rows:
        cells = [text_limits.cut(text_limits.line(cell), 300) or _NOTHING for cell in row[:20]]
        cost = sum(map(text_limits.size, cells))
        if left or len(stored) == text_limits.ROWS or spent + cost > text_limits.TABLE:
            left += 1
            continue
        spent += cost
        stored.append([{"type": "raw_text", "text": cell} for cell in cells])
    return {"type": "table", "rows": stored, "column_settings": [dict(column) for column in columns]}, left


def date(at: float, form: str = "{date_short_pretty}, {time}") -> str:
    """A time in each reader's own words and time zone, in markup; UTC where that cannot be shown."""
    from datetime import UTC, datetime

    fallback = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(at)}^{form}|{fallback}>"


def seconds(spent: float) -> str:
    """How long something took, as people say it."""
    return f"{spent:.1f} s" if spent < 60 else f"{int(spent // 60)} min {int(spent % 60)} s"
