"""Block Kit as HTML, near enough to what Slack shows to judge a message by it.

Pure: no network, no clock. What Slack would not show as markup is not markup here either.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any, Final, TypeAlias

Node: TypeAlias = Mapping[str, Any]
Pictures: TypeAlias = Mapping[str, str]  # file id: data: address

_ANGLES: Final = re.compile(r"<([^<>]*)>")
_STYLES: Final = (
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
    (re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])"), r"<b>\1</b>"),
    (re.compile(r"(?<![\w_])_([^_\n]+)_(?![\w_])"), r"<i>\1</i>"),
    (re.compile(r"(?<![\w~])~([^~\n]+)~(?![\w~])"), r"<s>\1</s>"),
)
# Slack draws these itself; a browser may have no letters for them.
_DRAWN: Final[Mapping[str, tuple[str, str]]] = {
    "\N{WHITE HEAVY CHECK MARK}": ("square green", "\N{CHECK MARK}"),
    "\N{CROSS MARK}": ("bare red", "\N{BALLOT X}"),
    "\N{SMALL BLUE DIAMOND}": ("bare blue", "\N{BLACK DIAMOND}"),
    "\N{WHITE QUESTION MARK ORNAMENT}": ("bare grey", "?"),
    "\N{HOURGLASS WITH FLOWING SAND}": ("ring", ""),
    "\N{RIGHT-POINTING MAGNIFYING GLASS}": ("lens", "\N{WHITE CIRCLE}"),
    "\N{NO ENTRY SIGN}": ("bare red", "\N{CIRCLED DIVISION SLASH}"),
    "\N{LARGE RED CIRCLE}": ("bare red", "\N{BLACK CIRCLE}"),
    "\N{LARGE ORANGE CIRCLE}": ("bare amber", "\N{BLACK CIRCLE}"),
    "\N{LARGE YELLOW CIRCLE}": ("bare amber", "\N{BLACK CIRCLE}"),
    "\N{WARNING SIGN}\N{VARIATION SELECTOR-16}": ("bare amber", "\N{WARNING SIGN}"),
}


def blocks_html(blocks: Iterable[Node], pictures: Pictures) -> str:
    """Draw *blocks* one below the other."""
    return "\n".join(_BLOCKS.get(str(one["type"]), _unknown)(one, pictures) for one in blocks)


def text_html(text: Node) -> str:
    """Draw a text object: plain letters, or Slack's markup."""
    if text["type"] == "plain_text":
        return _emoji(escape(text["text"]))
    return markup_html(text["text"])


def markup_html(text: str) -> str:
    """Draw Slack's markup: what stands in angles, then bold, italic, struck and code."""
    shown, end = [], 0
    for found in _ANGLES.finditer(text):
        shown += [_letters(text[end : found.start()]), _angles(found[1])]
        end = found.end()
    return _emoji("".join([*shown, _letters(text[end:])]).replace("\n", "<br>"))


def _letters(text: str) -> str:
    plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    shown = escape(plain, quote=False)
    for pattern, tag in _STYLES:
        shown = pattern.sub(tag, shown)
    return shown


def _angles(inside: str) -> str:
    """Draw what stands between angles: a date, a person, a ping of everybody, or a link."""
    if inside.startswith("!date^"):
        _, at, _form, *_ = inside.split("^")
        return f"<time>{datetime.fromtimestamp(int(at), UTC):%b %d at %H:%M}</time>"
    if inside.startswith("@"):
        return '<span class="person">@Dana Reyes</span>'
    if inside.startswith("!"):
        return f'<span class="ping">{escape(inside)}</span>'
    url, _, label = inside.partition("|")
    return f'<a href="{escape(url)}">{escape(label or url)}</a>'


def _emoji(shown: str) -> str:
    for letter, (kind, drawn) in _DRAWN.items():
        shown = shown.replace(
            letter, f'<span class="emoji {kind}" role="img" aria-hidden="true">{drawn}</span>'
        )
    return shown


def _header(block: Node, _: Pictures) -> str:
    return f"<h2>{text_html(block['text'])}</h2>"


def _section(block: Node, pictures: Pictures) -> str:
    accessory = block.get("accessory")
    side = f'<div class="side">{_element(accessory, pictures)}</div>' if accessory else ""
    text = f"<div>{text_html(block['text'])}</div>" if "text" in block else ""
    fields = "".join(f"<div class=field>{text_html(one)}</div>" for one in block.get("fields", ()))
    return f'<div class="section">{text}{fields}{side}</div>'


def _context(block: Node, _: Pictures) -> str:
    return (
        '<div class="context">'
        + "".join(f"<div>{text_html(one)}</div>" for one in block["elements"])
        + "</div>"
    )


def _actions(block: Node, pictures: Pictures) -> str:
    return f'<div class="actions">{"".join(_element(one, pictures) for one in block["elements"])}</div>'


def _thumb(turn: int) -> str:
    """Draw a thumb, *turn* degrees from up: few machines have a font with it, and Slack draws its own."""
    return (
        f'<svg width="14" height="14" viewBox="0 0 16 16" fill="currentColor"><path transform="rotate({turn} 8 8)" '
        'd="M1 7h3v8H1zM5 7l3-6c1.5 0 2 1 1.7 2.2L9.2 6H14c1 0 1.5.9 1.2 1.8l-1.6 6c-.2.7-.8 1.2-1.6 1.2H5z"/></svg>'
    )


def _element(one: Node, _: Pictures) -> str:
    match one["type"]:
        case "feedback_buttons":
            return "".join(
                f'<button class="thumb" aria-label="{escape(one[name]["accessibility_label"])}">{_thumb(turn)}</button>'
                for name, turn in (("positive_button", 0), ("negative_button", 180))
            )
        case "button":
            label = (
                f' aria-label="{escape(one["accessibility_label"])}"' if "accessibility_label" in one else ""
            )
            return f'<button class="{one.get("style", "")}"{label}>{text_html(one["text"])}</button>'
        case "static_select":
            chosen = one.get("initial_option", {}).get("text") or one["placeholder"]
            faint = "" if "initial_option" in one else " faint"
            down = '<i class="down">\N{BLACK DOWN-POINTING SMALL TRIANGLE}</i>'
            return f'<span class="select{faint}">{text_html(chosen)} {down}</span>'
        case "multi_static_select":
            chosen = "".join(
                f'<span class="chip">{text_html(option["text"])}</span> '
                for option in one.get("initial_options", ())
            )
            return f'<span class="select">{chosen or text_html(one["placeholder"])}</span>'
        case "plain_text_input":
            tall = " tall" if one.get("multiline") else ""
            told = text_html(one["placeholder"]) if "placeholder" in one else "&nbsp;"
            return f'<span class="field{tall} faint">{escape(one.get("initial_value", "")) or told}</span>'
    return _unknown(one, {})


def _input(block: Node, pictures: Pictures) -> str:
    optional = ' <span class="faint">(optional)</span>' if block.get("optional") else ""
    hint = f'<div class="context">{text_html(block["hint"])}</div>' if "hint" in block else ""
    return (
        f'<div class="input"><div class="label">{text_html(block["label"])}{optional}</div>'
        f"{_element(block['element'], pictures)}{hint}</div>"
    )


def _image(block: Node, pictures: Pictures) -> str:
    source = pictures.get(block.get("slack_file", {}).get("id", ""), "")
    title = f'<div class="context">{text_html(block["title"])}</div>' if "title" in block else ""
    return f'{title}<img src="{source}" alt="{escape(block["alt_text"])}">'


def _table(block: Node, pictures: Pictures) -> str:
    columns = [*block.get("column_settings", ()), *([{}] * 20)]
    rows = []
    for number, row in enumerate(block["rows"]):
        tag = "td" if number else "th"
        cells = zip(row, columns, strict=False)
        rows.append(
            "".join(
                f'<{tag} class="{how.get("align", "")}">{_cell(cell, pictures)}</{tag}>'
                for cell, how in cells
            )
        )
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _cell(cell: Node, pictures: Pictures) -> str:
    return _rich(cell, pictures) if cell["type"] == "rich_text" else _emoji(escape(str(cell["text"])))


def _rich(block: Node, _: Pictures) -> str:
    return '<div class="rich">' + "".join(_rich_part(one) for one in block["elements"]) + "</div>"


def _rich_part(one: Node) -> str:
    match one["type"]:
        case "rich_text_list":
            tag = "ol" if one["style"] == "ordered" else "ul"
            return f"<{tag}>{''.join(f'<li>{_runs(item)}</li>' for item in one['elements'])}</{tag}>"
        case "rich_text_quote":
            return f"<blockquote>{_runs(one)}</blockquote>"
        case "rich_text_preformatted":
            return f"<pre>{_runs(one)}</pre>"
    return f"<p>{_runs(one)}</p>"


def _runs(part: Node) -> str:
    shown = "".join(_run(one) for one in part["elements"])
    return _emoji(shown if part["type"] == "rich_text_preformatted" else shown.replace("\n", "<br>"))


def _run(one: Node) -> str:
    if one["type"] == "link":
        return f'<a href="{escape(one["url"])}">{escape(one.get("text") or one["url"])}</a>'
    shown = escape(one["text"])
    for style, tag in (("code", "code"), ("italic", "i"), ("bold", "b")):
        if one.get("style", {}).get(style):
            shown = f"<{tag}>{shown}</{tag}>"
    return shown


def _plan(block: Node, pictures: Pictures) -> str:
    tasks = "".join(_task(one, pictures) for one in block["tasks"])
    return f'<div class="plan"><div class="label">{escape(block["title"])}</div>{tasks}</div>'


def _task(one: Node, pictures: Pictures) -> str:
    signs = {
        "complete": "\N{CHECK MARK} done",
        "error": "\N{BALLOT X} error",
        "in_progress": "\N{HORIZONTAL ELLIPSIS} running",
        "pending": "waiting",
    }
    output = _rich(one["output"], pictures) if "output" in one else ""
    state = f'<span class="faint">{signs[one["status"]]}</span>'
    return f'<div class="task"><b>{escape(one["title"])}</b> {state}{output}</div>'


def _divider(_: Node, __: Pictures) -> str:
    return "<hr>"


def _unknown(one: Node, _: Pictures) -> str:
    return f'<p class="ping">A block that this preview cannot draw: {escape(str(one["type"]))}</p>'


_BLOCKS: Final[Mapping[str, Callable[[Node, Pictures], str]]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "context_actions": _actions,
    "divider": _divider,
    "image": _image,
    "table": _table,
    "rich_text": _rich,
    "input": _input,
    "plan": _plan,
    "task_card": _task,
}
