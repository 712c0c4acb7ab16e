"""Modals (the diagnosis form, feedback on a verdict) and the App Home.

Pure: no network, no clock.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.model.request import MAX_RELAYS
from bot.model.vocabulary import PersonQuestion
from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import DIVIDER, Block, context, header, section, words
from bot.rendering.blocks.elements import ButtonContext, button, option, row
from bot.rendering.blocks.lists import PastRun, RelayRow, past_list, relay_list
from bot.rendering.blocks.message import modal

FORM: Final = "lm_form"  # callback_id
FEEDBACK: Final = "lm_feedback"
ANY: Final = "any"  # an option's value may not be empty
HOW: Final = "how"  # the field: from a relay, or by a link
LINK: Final = "link"
_WAYS: Final = ((ANY, "From a relay"), (LINK, "In the customer's browser: make a check link"))
_HOME_RUNS: Final = 10


def form(
    codes: Sequence[tuple[str, str]],
    platforms: Sequence[tuple[str, str]],
    edges: Sequence[str],
    relays: Sequence[str],
    given: Mapping[str, str] | None = None,
    metadata: str = "",
    questions: Sequence[PersonQuestion] = (),
    *,
    links: bool = False,
) -> Block:
    """Make the diagnosis form; *given* prefills code, story, platform, edge, relay, and answers to *questions*.

    *links*: instead of a test from a relay, a check link for the customer can be made.
    Block ids are field names, so that errors appear at the field; action ids are `value`.
    """
    known = given or {}
    fields = [
        _codes(codes, known.get("code", "")),
        _story(known.get("story", "")),
        _select(
            "platform",
            "Which platform?",
            [(ANY, "I don't know: test all"), *platforms],
            known.get("platform", ANY),
        ),
        _select(HOW, "How to test?", _WAYS, known.get(HOW, ANY)) if links else None,
        _several("relay", "From where?", [(name, name) for name in relays], known.get("relay", "")),
        _select("edge", "Edge set in the app", [(name, name) for name in edges], known.get("edge")),
        *(_question(question, known.get(question.option, "")) for question in questions),
    ]
    blocks = [
        section("Fill in what you know. Lineman asks for the rest later, if it matters."),
        *(field for field in fields if field),
        context("The tests change nothing."),
    ]
    return modal(
        FORM,
        "Diagnose a call",
        blocks,
        "Diagnose",
        text_limits.cut(text_limits.clean(metadata), text_limits.METADATA),
    )


def feedback(asked: ButtonContext, causes: Sequence[tuple[str, str]]) -> Block:
    """Make the modal that asks for the actual cause: one of *causes* or another, with a comment."""
    stored = {"case": text_limits.cut(asked.case, 120), "run": text_limits.cut(asked.run, 120)}
    text = _field(
        "words",
        "What would have helped to find it?",
        {"type": "plain_text_input", "action_id": "value", "multiline": True, "max_length": 2_000},
    )
    choose = _select("cause", "What was it?", [*causes, ("other", "Something else")], None)
    blocks = [
        section("Thank you. Lineman uses this for later verdicts."),
        *([choose] if choose else []),
        text,
        context("Please enter no passwords, tokens, or phone numbers. Lineman removes what looks like one."),
    ]
    return modal(FEEDBACK, "That was not it", blocks, "Send", json.dumps(stored))


def home(
    runs: Sequence[PastRun], relays: Sequence[RelayRow], notes: Sequence[str] = (), others: int = 0
) -> Block:
    """Make the App Home: a start button, recent diagnoses, relays, and *notes*."""
    blocks = [
        header("Why isn't the call connecting?"),
        section(
            "Lineman tests from inside the user's network, and says what is wrong, who must act, and what to send to "
            "the customer."
        ),
        row(
            button("start", "Start a diagnosis", ButtonContext(), style="primary"),
            button("guide", "What can I ask?", ButtonContext()),
        ),
        DIVIDER,
        header("Your recent diagnoses"),
        *past_list(runs[:_HOME_RUNS]),
        DIVIDER,
        header("Relays"),
        *relay_list(relays, others),
        *(context(text_limits.quote(note, 500)) for note in notes[:5]),
        context("The tests change nothing. Tokens and phone numbers are not stored."),
    ]
    return {"type": "home", "blocks": blocks[: text_limits.VIEW_BLOCKS]}


def answers(view: Mapping[str, Any]) -> dict[str, str]:
    """Read the submitted values by field name; empty fields are left out."""
    values = view.get("state", {}).get("values", {})
    found: dict[str, str] = {}
    for name, actions in values.items():
        sentence = actions.get("value", {})
        chosen = sentence.get("selected_option") or {}
        several = ",".join(str(item.get("value", "")) for item in sentence.get("selected_options") or ())
        text = chosen.get("value") or sentence.get("value") or several
        if text and text != ANY:
            found[name] = text
    return found


def _select(name: str, label: str, options: Sequence[tuple[str, str]], chosen: str | None) -> Block | None:
    """Make a select field; None if there are no options."""
    element = _list("static_select", "Choose", options)
    if element is None:
        return None
    initial = next((item for item in element["options"] if item["value"] == chosen), None)
    if initial:
        element["initial_option"] = initial
    return _field(name, label, element)


def _codes(codes: Sequence[tuple[str, str]], chosen: str) -> Block:
    """Make the select field of the error, in groups: a list without groups holds 100 options, fewer than the codes."""
    listed = {"No code": [option(ANY, "No code: I'll describe the problem")]}
    for code, name in codes:
        listed.setdefault(f"{code[:2]}xxx", []).append(option(code, f"{code} {name}"))
    groups: list[Block] = [
        {"label": words(label, text_limits.LABEL), "options": found[: text_limits.OPTIONS]}
        for label, found in list(listed.items())[: text_limits.OPTIONS]
    ]
    hint = words("Choose", text_limits.PLACEHOLDER)
    element = {"type": "static_select", "action_id": "value", "placeholder": hint, "option_groups": groups}
    if initial := [item for group in groups for item in group["options"] if item["value"] == chosen]:
        element["initial_option"] = initial[0]
    return _field("code", "Which error?", element, optional=False)


def _several(name: str, label: str, options: Sequence[tuple[str, str]], chosen: str) -> Block | None:
    """Make a multi-select field; *chosen* are comma-separated values."""
    element = _list("multi_static_select", "Choose one or more", options)
    if element is None:
        return None
    element["max_selected_items"] = MAX_RELAYS
    if initial := [item for item in element["options"] if item["value"] in chosen.split(",")]:
        element["initial_options"] = initial
    return _field(
        name,
        label,
        element,
        hint="Several relays are compared. What fails from only one is a fault in its network.",
    )


def _list(kind: str, placeholder: str, options: Sequence[tuple[str, str]]) -> Block | None:
    listed = [option(value, text) for value, text in options[: text_limits.OPTIONS]]
    if not listed:
        return None
    hint = words(placeholder, text_limits.PLACEHOLDER)
    return {"type": kind, "action_id": "value", "placeholder": hint, "options": listed}


def _field(name: str, label: str, element: Block, *, optional: bool = True, hint: str = "") -> Block:
    made = {
        "type": "input",
        "block_id": name,
        "label": words(label, text_limits.FIELD),
        "element": element,
        "optional": optional,
    }
    return made | ({"hint": words(hint, text_limits.PLACEHOLDER)} if hint else {})


def _story(given: str) -> Block:
    element: Block = {
        "type": "plain_text_input",
        "action_id": "value",
        "multiline": True,
        "max_length": 2_000,
        "placeholder": words("Connected, but no sound on the office Wi-Fi", text_limits.PLACEHOLDER),
    }
    if given:
        element["initial_value"] = text_limits.cut(text_limits.clean(given), 2_000)
    return _field("story", "Or describe what happens", element)


def _question(question: PersonQuestion, given: str) -> Block | None:
    """A field for what only a person can tell: a list of answers, or a version."""
    if question.choices:
        choices = [(answer, says[:1].upper() + says[1:]) for answer, says in question.choices]
        return _select(question.option, question.ask, [(ANY, "I don't know"), *choices], given or ANY)
    element: Block = {
        "type": "plain_text_input",
        "action_id": "value",
        "max_length": 40,
        "placeholder": words("6.12.0", text_limits.PLACEHOLDER),
    }
    if given:
        element["initial_value"] = text_limits.cut(text_limits.line(given), 40)
    return _field(question.option, question.ask, element)
