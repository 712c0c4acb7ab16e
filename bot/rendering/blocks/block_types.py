"""Block Kit blocks, each within Slack's limits for any input.

Pure. Untrusted text goes into plain text and rich text, which Slack shows without interpreting it. Only our own text
is markup, and what it quotes has passed through `text_limits.quote`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from bot.rendering.blocks import text_limits

Block: TypeAlias = dict[str, Any]
TextElement: TypeAlias = dict[str, Any]  # a piece of rich text in one style

DIVIDER: Final[Block] = {"type": "divider"}
_ADDRESS: Final = re.compile(
    r"https://[A-Za-z0-9.-]+(:\d+)?(/[!-;=?-~]{0,2000})?"
)  # printable ASCII without angle brackets
_IN_BACKTICKS: Final = re.compile(r"`([^`\n]+)`")
_NOTHING: Final = "\N{EN DASH}"  # Slack rejects empty text


def words(text: str, most: int = text_limits.LABEL) -> Block:
    """Plain text on one line, without emoji conversion."""
    return {
        "type": "plain_text",
        "text": text_limits.cut(text_limits.line(text), most) or _NOTHING,
        "emoji": False,
    }


def markup(text: str) -> Block:
    """Our own markup; Slack adds no links or mentions to it."""
    return {"type": "mrkdwn", "text": text or _NOTHING, "verbatim": True}


def header(text: str) -> Block:
    """A header block, which screen readers can jump to."""
    return {"type": "header", "text": words(text, text_limits.HEADER)}


def section(text: str, accessory: Block | None = None, block_id: str = "") -> Block:
    """A section of our own markup, always expanded; pass untrusted text through `text_limits.quote`."""
    block: Block = {"type": "section", "text": markup(text), "expand": True}
    if accessory:
        block["accessory"] = accessory
    if block_id:
        block["block_id"] = block_id
    return block


def context(*texts: str) -> Block:
    """A context block (small text) in our own markup."""
    return {"type": "context", "elements": [markup(text) for text in texts[:10]]}


def rich(*elements: Block) -> Block:
    """A rich text block of paragraphs, lists, quotes, and code."""
    return {"type": "rich_text", "elements": list(elements) or [paragraph(run(_NOTHING))]}


def run(
    text: str,
    most: int = text_limits.SECTION,
    *,
    bold: bool = False,
    italic: bool = False,
    code: bool = False,
) -> TextElement:
    """Untrusted text, shown unchanged."""
    style = {name: True for name, on in (("bold", bold), ("italic", italic), ("code", code)) if on}
    visible = text_limits.cut(text_limits.clean(text), most) or _NOTHING
    return {"type": "text", "text": visible} | ({"style": style} if style else {})


def runs(text: str, most: int = text_limits.SECTION) -> list[TextElement]:
    """Untrusted text, with the parts in backticks as code, which copies out without them."""
    visible = text_limits.cut(text_limits.clean(text), most)
    parts = _IN_BACKTICKS.split(visible)  # prose and code alternate
    return [run(part, code=bool(at % 2)) for at, part in enumerate(parts) if part] or [run("")]


def link(url: str, text: str) -> TextElement:
    """A link to a page from the knowledge; HTTPS only, other URLs become plain text."""
    if not _ADDRESS.fullmatch(url):
        return run(text)
    return {
        "type": "link",
        "url": url,
        "text": text_limits.cut(text_limits.line(text), text_limits.HEADER) or url,
    }


def paragraph(*runs: TextElement) -> Block:
    """A paragraph of rich text."""
    return {"type": "rich_text_section", "elements": list(runs)}


def title(text: str) -> Block:
    """A bold line of rich text, used as a heading."""
    return paragraph(run(text, text_limits.HEADER, bold=True))


def bullets(items: Iterable[Sequence[TextElement]], indent: int = 0, *, ordered: bool = False) -> Block:
    """A list of rich text; each item is a sequence of text elements."""
    return {
        "type": "rich_text_list",
        "style": "ordered" if ordered else "bullet",
        "indent": indent,
        "elements": [paragraph(*item) for item in items] or [paragraph(run(_NOTHING))],
    }


def lines(rows: Iterable[Sequence[TextElement]]) -> Block:
    """Lines of rich text without bullets, for rows that start with a status mark."""
    runs = [item for row in rows for item in (*row, {"type": "text", "text": "\n"})]
    return paragraph(*runs[:-1])


def quotation(text: str, most: int = text_limits.SECTION) -> Block:
    """Text that can be forwarded as it is."""
    return {"type": "rich_text_quote", "elements": runs(text, most)}


def code(text: str, most: int = text_limits.SECTION) -> Block:
    """Preformatted text to copy."""
    return {"type": "rich_text_preformatted", "elements": [run(text.strip("\n"), most)], "border": 0}


def image(file: str, alt: str, label: str) -> Block:
    """An uploaded picture, by its file id."""
    return {
        "type": "image",
        "slack_file": {"id": text_limits.cut(file, text_limits.ID)},
        "alt_text": text_limits.cut(text_limits.line(alt), text_limits.ALT) or _NOTHING,
        "title": words(label),
    }


def table(rows: Iterable[Sequence[str]], columns: Sequence[Mapping[str, Any]] = ()) -> tuple[Block, int]:
    """Return a table (the first row is its header) and the number of rows that did not fit."""
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
    """Return a time as Slack markup in the reader's locale and time zone, with a fallback in UTC."""
    from datetime import UTC, datetime

    fallback = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(at)}^{form}|{fallback}>"


def seconds(spent: float) -> str:
    """Format a duration: "0.8 s" or "2 min 5 s"."""
    return f"{spent:.1f} s" if spent < 60 else f"{int(spent // 60)} min {int(spent % 60)} s"
