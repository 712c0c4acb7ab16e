"""Buttons, selects, and their payloads.

Pure. A button carries its payload in its value; a select carries it in its block_id, because option values are
short. Buttons of the same kind in one row are numbered: `lm_answer_2`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import Block, words

PREFIX: Final = "lm_"
VERBS: Final = (
    "again", "relay", "compare", "answer", "ticket", "stop", "right", "wrong", "platform", "evidence", "raw",
    "preflight", "tree", "start", "fixes", "open", "guide", "reading",
    "none", "nearest", "meaning", "list", "view", "more", "customer", "vote", "link", "unlink", "remind", "recheck",
)  # fmt: skip
VOTES: Final = ("right", "wrong")
NONE: Final[Mapping[str, str]] = {}
_PART: Final = 120  # characters per part of a payload; our ids are shorter


@dataclass(frozen=True, slots=True)
class ButtonContext:
    """The case and run that a button refers to."""

    case: str = ""
    run: str = ""
    relay: str = ""  # one relay of a run on several, if the button refers to it


@dataclass(frozen=True, slots=True)
class Confirm:
    """The confirmation dialog of an action that cannot be undone."""

    title: str
    text: str
    yes: str
    no: str = "Cancel"

    def block(self) -> Block:
        """Return the dialog as Block Kit."""
        return {
            "title": words(self.title, text_limits.CONFIRM_TITLE),
            "text": words(self.text, text_limits.CONFIRM_TEXT),
            "confirm": words(self.yes, text_limits.CONFIRM_WORD),
            "deny": words(self.no, text_limits.CONFIRM_WORD),
        }


def button(
    verb: str,
    label: str,
    asked: ButtonContext,
    *,
    style: Literal["", "primary", "danger"] = "",
    speak: str = "",
    confirm: Confirm | None = None,
    number: int = 0,
    values: Mapping[str, str] = NONE,
) -> Block:
    """Make a button; *speak* is the label for screen readers where the visible one is too short."""
    made: Block = {
        "type": "button",
        "action_id": f"{PREFIX}{verb}{f'_{number}' if number else ''}",
        "text": words(label),
        "value": _value({"case": asked.case, "run": asked.run, "relay": asked.relay, **values}),
    }
    if style:
        made["style"] = style
    if speak:
        made["accessibility_label"] = text_limits.cut(text_limits.line(speak), text_limits.LABEL)
    if confirm:
        made["confirm"] = confirm.block()
    return made


def thumbs(asked: ButtonContext) -> Block:
    """Make Slack's feedback block: thumbs up and down, whose presses are read as the verbs `right` and `wrong`."""

    def thumb(vote: str) -> Block:
        value = _value({"case": asked.case, "run": asked.run, "vote": vote})
        label = f"The verdict was {vote}"
        return {"text": words(label), "value": value, "accessibility_label": label}

    pair: Block = {
        "type": "feedback_buttons",
        "action_id": f"{PREFIX}vote",
        "positive_button": thumb("right"),
        "negative_button": thumb("wrong"),
    }
    return {"type": "context_actions", "elements": [pair]}


def select(verb: str, hint: str, options: Iterable[tuple[str, str]], chosen: str | None = None) -> Block:
    """Make a select of (value, label); its block needs `block_id(verb, asked)`."""
    listed = [option(value, label) for value, label in options][: text_limits.OPTIONS]
    made: Block = {
        "type": "static_select",
        "action_id": f"{PREFIX}{verb}",
        "placeholder": words(hint, text_limits.PLACEHOLDER),
        "options": listed,
    }
    initial = next((block for block in listed if block["value"] == chosen), None)
    return made | ({"initial_option": initial} if initial else {})


def option(value: str, label: str) -> Block:
    """Make one option of a select."""
    return {
        "text": words(label),
        "value": text_limits.cut(text_limits.line(value), text_limits.OPTION) or "-",
    }


def row(*elements: Block, block_id: str = "") -> Block:
    """Make an actions block of buttons and selects."""
    made: Block = {"type": "actions", "elements": list(elements[:25])}
    return made | ({"block_id": block_id} if block_id else {})


def block_id(verb: str, asked: ButtonContext, place: str = "") -> str:
    """Return the block_id that carries a select's payload; *place* distinguishes selects of the same kind."""
    parts = {"verb": verb, "case": asked.case, "run": asked.run, "relay": asked.relay, "place": place}
    return text_limits.cut(_value(parts, 40), text_limits.ID)


def read(action: Mapping[str, Any]) -> dict[str, str]:
    """Read an action's payload: verb, case, run, and further values; empty strings if absent."""
    verb = str(action.get("action_id", "")).removeprefix(PREFIX).rstrip("0123456789").rstrip("_")
    found = {
        "case": "",
        "run": "",
        **_texts(action.get("block_id")),
        **_texts(action.get("value")),
        "verb": verb,
    }
    if found.get("vote") in VOTES:
        found["verb"] = found["vote"]
    chosen = action.get("selected_option")
    return found | ({"chosen": str(chosen.get("value", ""))} if isinstance(chosen, Mapping) else {})


def _value(parts: Mapping[str, str], most: int = _PART) -> str:
    visible = {name: text_limits.cut(text_limits.line(text), most) for name, text in parts.items() if text}
    return json.dumps(visible, ensure_ascii=False, separators=(",", ":"))


def _texts(value: object) -> dict[str, str]:
    """Parse JSON written by this module; anything else gives an empty dict."""
    try:
        read = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return {}
    return {str(key): str(item) for key, item in read.items()} if isinstance(read, dict) else {}


def numbered(
    verb: str,
    labels: Sequence[tuple[str, str]],
    asked: ButtonContext,
    name: str,
    values: Mapping[str, str] = NONE,
) -> list[Block]:
    """Make one numbered button per (value, label); *name* is the payload key of the value."""
    return [
        button(verb, label, asked, number=number, values={**values, name: value})
        for number, (value, label) in enumerate(labels, 1)
    ]
