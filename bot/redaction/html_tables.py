"""Find secrets in tables of HTML whose head names the columns. Pure: no network, no clock."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

from bot.redaction.named_secrets import kind_of
from bot.redaction.secret_patterns import COLUMN, HARMLESS, REMOVED, Found

HEADS: Final = re.compile(
    r"<tr\b[^<>]{0,200}>(?P<cells>(?:\s{0,40}<th\b[^<>]{0,200}>[^<>]{0,200}</th>){1,64}+)", re.IGNORECASE
)
ROW: Final = re.compile(
    r"(?:\s{0,40}</?(?:tr|thead|tbody)\b[^<>]{0,200}>){1,8}+"
    r"(?P<cells>(?:\s{0,40}<td\b[^<>]{0,200}>(?:<code>)?[^<>]{0,4096}(?:</code>)?</td>){1,64}+)",
    re.IGNORECASE,
)
CELL: Final = re.compile(
    r"<t[hd]\b[^<>]{0,200}>(?:<code>)?\s{0,40}(?P<text>[^<>]*?)\s{0,40}</", re.IGNORECASE
)


def find_in_html(text: str) -> Iterator[Found]:
    """Yield the cells below `<th>Password</th>`."""
    for heads in HEADS.finditer(text):
        labels = [unescape(cell["text"]) for cell in CELL.finditer(text, *heads.span("cells"))]
        named = [(index, kind_of(label)) for index, label in enumerate(labels) if COLUMN.fullmatch(label)]
        named = [(index, kind) for index, kind in named if "user" not in labels[index].casefold()]
        at = heads.end()
        while named and (row := ROW.match(text, at)):
            at = row.end()
            cells = list(CELL.finditer(text, *row.span("cells")))
            for index, kind in named if len(cells) == len(labels) else ():
                value = cells[index]["text"]
                if len(value) > 2 and not HARMLESS.fullmatch(value) and not REMOVED.match(value):
                    yield *cells[index].span("text"), kind
