"""What Slack refuses in a message or a view, by the figures of its Block Kit reference: an opinion of its own.

Imports nothing of the bot: the tests of the replies and the fake Slack judge by it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
TOTAL: Final = 13_000  # slackapi/bolt-js#2509 found about 13,200
VIEW_BYTES: Final = 250_000
TABLE_CHARACTERS: Final = 10_000

# The most characters of a text, by the block or element it is in and the field.
TEXTS: Final[Mapping[tuple[str, str], int]] = {
    ("header", "text"): 150,
    ("section", "text"): 3_000,
    ("button", "text"): 75,
    ("feedback_button", "text"): 75,
    ("static_select", "placeholder"): 150,
    ("plain_text_input", "placeholder"): 150,
    ("option", "text"): 75,
    ("option_group", "label"): 75,
    ("input", "label"): 2_000,
    ("input", "hint"): 2_000,
    ("image", "title"): 2_000,
    ("confirm", "title"): 100,
    ("confirm", "text"): 300,
    ("confirm", "confirm"): 30,
    ("confirm", "deny"): 30,
    ("modal", "title"): 24,
    ("modal", "submit"): 24,
    ("modal", "close"): 24,
}
# The most characters of a plain string.
STRINGS: Final[Mapping[tuple[str, str], int]] = {
    ("button", "value"): 2_000,
    ("button", "url"): 3_000,
    ("button", "accessibility_label"): 75,
    ("feedback_button", "value"): 2_000,
    ("feedback_button", "accessibility_label"): 75,
    ("option", "value"): 150,
    ("image", "alt_text"): 2_000,
    ("task_card", "title"): 150,
    ("plan", "title"): 150,
    ("modal", "callback_id"): 255,
    ("modal", "private_metadata"): 3_000,
    ("home", "private_metadata"): 3_000,
}
# The least and the most entries of a list.
COUNTS: Final[Mapping[tuple[str, str], tuple[int, int]]] = {
    ("actions", "elements"): (1, 25),
    ("context", "elements"): (1, 10),
    ("context_actions", "elements"): (1, 5),
    ("section", "fields"): (1, 10),
    ("static_select", "options"): (1, 100),
    ("static_select", "option_groups"): (1, 100),
    ("option_group", "options"): (1, 100),
    ("overflow", "options"): (1, 5),
    ("table", "rows"): (1, 100),
    ("rich_text", "elements"): (1, 1_000),
    ("rich_text_list", "elements"): (1, 1_000),
    ("plan", "tasks"): (1, 50),
}
EVERYWHERE: Final = frozenset(
    {"actions", "context", "divider", "header", "image", "rich_text", "section", "video"}
)
IN_MESSAGES: Final = EVERYWHERE | {"context_actions", "file", "markdown", "plan", "task_card", "table"}
IN_VIEWS: Final = EVERYWHERE | {"input"}
# What an object is by its field, where it has no type of its own.
BELOW: Final[Mapping[str, str]] = {
    "confirm": "confirm",
    "options": "option",
    "option_groups": "option_group",
    "initial_option": "option",
    "positive_button": "feedback_button",
    "negative_button": "feedback_button",
}
LISTS: Final = frozenset({"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"})
_DATE: Final = re.compile(r"<!date\^\d+\^[^<>|]*\|[^<>|]+>")
_ESCAPE: Final = re.compile(r"&(?!(amp|lt|gt);)")


def message_problems(payload: Mapping[str, Any]) -> list[str]:
    """List what Slack would refuse, or show badly, in the arguments of chat.postMessage or chat.update."""
    return list(_message(payload))


def view_problems(view: Mapping[str, Any]) -> list[str]:
    """List what Slack would refuse in a modal or a home tab."""
    return list(_view(view))


def blocks_weight(blocks: object) -> int:
    """Add up every text in *blocks* as JavaScript would count it."""
    return sum(_size(text) for name, text in _strings(blocks) if name in ("text", "alt_text", "url", "title"))


def markup_in(payload: object) -> Iterator[str]:
    """Everything that Slack reads as markup: mrkdwn objects, and a message's own text."""
    if isinstance(payload, dict):
        if payload.get("type") == "mrkdwn":
            yield str(payload.get("text", ""))
        elif isinstance(payload.get("text"), str) and "blocks" in payload:
            yield payload["text"]
    for one in _children(payload):
        yield from markup_in(one)


def _message(payload: Mapping[str, Any]) -> Iterator[str]:
    text, blocks = payload.get("text"), payload.get("blocks")
    if not isinstance(text, str) or not text.strip():
        yield "no text: notifications and screen readers get nothing"
    elif _size(text) > 4_000:
        yield f"text: {_size(text)} characters, 4000 are recommended at most"
    if blocks is None:
        return
    if not 1 <= len(blocks) <= MESSAGE_BLOCKS:
        yield f"{len(blocks)} blocks, 1 to {MESSAGE_BLOCKS} are allowed"
    if (weight := blocks_weight(blocks)) > TOTAL:
        yield f"msg_blocks_too_long: {weight} characters in all blocks"
    kinds = [block.get("type") for block in blocks]
    for kind in ("table", "data_table"):
        if kinds.count(kind) > 1:
            yield f"more than one {kind}"
    if "plan" in kinds and "task_card" in kinds:
        yield "plan and task_card exclude each other"
    yield from _blocks(blocks, IN_MESSAGES)


def _view(view: Mapping[str, Any]) -> Iterator[str]:
    kind, blocks = view.get("type"), view.get("blocks") or []
    if kind not in ("modal", "home"):
        yield f"type {kind!r}"
    if kind == "modal" and not view.get("title"):
        yield "a modal needs a title"
    if kind == "home" and {"title", "submit", "close"} & view.keys():
        yield "a home tab has no title, submit or close"
    if any(block.get("type") == "input" for block in blocks) and kind == "modal" and not view.get("submit"):
        yield "input blocks need a submit"
    if not 1 <= len(blocks) <= VIEW_BLOCKS:
        yield f"{len(blocks)} blocks, 1 to {VIEW_BLOCKS} are allowed"
    if len(str(view).encode()) > VIEW_BYTES:
        yield "view_too_large"
    yield from _blocks(blocks, IN_VIEWS)
    yield from _fields(view, str(kind), "view", skip=("blocks",))


def _blocks(blocks: Sequence[Any], allowed: frozenset[str]) -> Iterator[str]:
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        yield "a block_id stands twice"
    for number, block in enumerate(blocks):
        where = f"blocks[{number}]"
        if not isinstance(block, dict) or block.get("type") not in allowed:
            yield f"{where}: type {block.get('type') if isinstance(block, dict) else block!r} is not allowed here"
            continue
        yield from _own(block, where)
        yield from _foreign(block, where)
        yield from _node(block, str(block["type"]), where)


def _own(block: Mapping[str, Any], where: str) -> Iterator[str]:
    """What holds for one kind of block only."""
    kind = block["type"]
    actions = [one.get("action_id") for one in block.get("elements", []) if kind == "actions"]
    if len(actions) != len(set(actions)):
        yield f"{where}: an action_id stands twice"
    if kind == "section" and not block.get("text") and not block.get("fields"):
        yield f"{where}: a section needs text or fields"
    if kind == "header" and block.get("text", {}).get("type") != "plain_text":
        yield f"{where}: a header takes plain text"
    if kind == "image":
        if not str(block.get("alt_text", "")).strip():
            yield f"{where}: a picture without alt_text"
        if ("image_url" in block) == ("slack_file" in block):
            yield f"{where}: a picture needs either image_url or slack_file"
    if kind == "rich_text" and any(one.get("type") not in LISTS for one in block["elements"]):
        yield f"{where}: rich text with something else in it"
    if kind == "table":
        yield from _table(block, where)
    if kind == "markdown" and _size(block.get("text", "")) > 12_000:
        yield f"{where}: more than 12000 characters"


def _foreign(block: Mapping[str, Any], where: str) -> Iterator[str]:
    """What does not belong into a block of small controls."""
    for one in block["elements"] if block["type"] == "context_actions" else ():
        if one.get("type") not in ("feedback_buttons", "icon_button"):
            yield f"{where}: {one.get('type')} does not belong here"


def _table(block: Mapping[str, Any], where: str) -> Iterator[str]:
    rows = block["rows"]
    if any(not 1 <= len(row) <= 20 for row in rows):
        yield f"{where}: a row needs 1 to 20 cells"
    if len({len(row) for row in rows}) > 1:
        yield f"{where}: rows of different length"
    if any(cell.get("type") not in ("raw_text", "raw_number", "rich_text") for row in rows for cell in row):
        yield f"{where}: a cell of a wrong kind"
    if blocks_weight(rows) > TABLE_CHARACTERS:
        yield f"{where}: more than {TABLE_CHARACTERS} characters in a table"


def _node(node: object, kind: str, where: str) -> Iterator[str]:
    """Judge one object by its kind, then everything below it."""
    if isinstance(node, dict):
        yield from _fields(node, kind, where)
        for name, one in node.items():
            below = BELOW.get(name, "")
            yield from _below(one, below, f"{where}.{name}")
    elif isinstance(node, list):
        yield from _below(node, kind, where)


def _below(value: object, kind: str, where: str) -> Iterator[str]:
    for number, one in enumerate(value if isinstance(value, list) else [value]):
        at = f"{where}[{number}]" if isinstance(value, list) else where
        if isinstance(one, dict):
            yield from _node(one, kind or str(one.get("type", "")), at)
        elif isinstance(one, list):
            yield from _below(one, kind, at)


def _fields(node: Mapping[str, Any], kind: str, where: str, skip: Sequence[str] = ()) -> Iterator[str]:
    for name, value in node.items():
        if name in skip:
            continue
        if name in ("block_id", "action_id") and not 1 <= _size(value) <= 255:
            yield f"{where}.{name}: {_size(value)} characters, 255 at most"
        if isinstance(value, dict) and value.get("type") in ("plain_text", "mrkdwn"):
            yield from _text(value, TEXTS.get((kind, name), 3_000), f"{where}.{name}")
        if isinstance(value, str) and _size(value) > STRINGS.get((kind, name), 100_000):
            yield f"{where}.{name}: {_size(value)} characters, {STRINGS[kind, name]} at most"
        least, most = COUNTS.get((kind, name), (0, 100_000))
        if isinstance(value, list) and not least <= len(value) <= most:
            yield f"{where}.{name}: {len(value)} entries, {least} to {most} are allowed"
    if kind == "text" and not node.get("text"):
        yield f"{where}: an empty run of text"
    if kind == "static_select":
        yield from _options(node, where)
    if kind == "mrkdwn":
        yield from _text(node, 3_000, where)


def _options(node: Mapping[str, Any], where: str) -> Iterator[str]:
    if ("options" in node) == ("option_groups" in node):
        yield f"{where}: either options or option_groups"
    groups = [node, *node.get("option_groups", ())]
    options = [one for group in groups for one in group.get("options", ())]
    if options and node.get("initial_option", options[0]) not in options:
        yield f"{where}: initial_option is none of the options"


def _text(value: Mapping[str, Any], most: int, where: str) -> Iterator[str]:
    text = value.get("text", "")
    if not 1 <= _size(text) <= most:
        yield f"{where}: {_size(text)} characters, 1 to {most} are allowed"
    if value["type"] != "mrkdwn":
        return
    if _ESCAPE.search(text):
        yield f"{where}: an ampersand that is not escaped, or an escape cut in two"
    for found in re.findall(r"<!date[^>]*>?", text):
        if not _DATE.fullmatch(found):
            yield f"{where}: a date without a fallback: {found}"


def _strings(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _strings(one, key)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _strings(one, name)
    elif isinstance(value, str):
        yield name, value


def _children(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list | tuple):
        yield from value


def _size(text: object) -> int:
    return len(str(text).encode("utf-16-le", "surrogatepass")) // 2
