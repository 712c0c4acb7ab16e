"""Every message and view keeps Slack's limits and pings nobody, whatever it is made of."""

import json
import re
import warnings
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View as SlackView

from bot.rendering.blocks import evidence, fixes, modals, text_limits, ticket
from bot.rendering.blocks.block_types import runs
from bot.rendering.blocks.customer import customer_copy
from bot.rendering.blocks.elements import ButtonContext, block_id, button, read, select
from bot.rendering.blocks.message import Message
from bot.rendering.blocks.progress import progress
from bot.rendering.blocks.run_header import RunHeader
from bot.rendering.blocks.verdict import verdict
from bot.rendering.blocks.verdict_controls import VerdictOptions
from bot.rendering.layer_progress import LayerProgress
from bot.rendering.view import View
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.model.advice import AdvisedCause
from knowledge.model.conclusions import Finding
from knowledge.model.schema import Cause
from knowledge.search.library import library_of
from tests.bot.rendering.blocks.hostile import PIECES, everything, texts
from tests.previews.gallery import Gallery, Shown
from tests.previews.gallery_text import Exhibit
from tests.slack_limits import markup_in, message_problems, view_problems

GALLERY = Gallery(load_knowledge(), load_network())
EXHIBITS = list(GALLERY.exhibits())
MIXED = "".join(PIECES) * 12
OURS = re.compile(r"<!date\^\d+\^[^<>|]*\|[^<>]*>|<@U0AGENT>")


def problems(shown: Message | dict[str, Any]) -> list[str]:
    return message_problems(shown.payload()) if isinstance(shown, Message) else view_problems(shown)


def validate(shown: Message | dict[str, Any]) -> None:
    """Let Slack's own SDK judge; what it does not know is a failure too."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if isinstance(shown, dict):
            view = SlackView(**shown)
            assert view.blocks
            assert None not in view.blocks
            view.validate_json()
            return
        for raw in shown.blocks:
            block = Block.parse(raw)
            assert block is not None, raw["type"]
            block.validate_json()
            block.to_dict()


def payload(shown: Message | dict[str, Any]) -> dict[str, Any]:
    return shown.payload() if isinstance(shown, Message) else shown


def foreign_markup(shown: Message | dict[str, Any]) -> list[str]:
    """What stands between angles in markup, and is no date and no mention of ours."""
    return [
        found for text in markup_in(payload(shown)) for found in re.findall("<[^>]*>?", OURS.sub("", text))
    ]


@pytest.mark.parametrize("one", EXHIBITS, ids=[one.file for one in EXHIBITS])
def test_gallery(one: Exhibit) -> None:
    """Each kind of reply is taken by Slack's SDK, keeps the limits, and nothing of it had to be left out."""
    validate(one.shown)
    assert problems(one.shown) == []
    assert foreign_markup(one.shown) == []
    assert "Not everything fits" not in json.dumps(payload(one.shown))


@pytest.mark.unmeasured
@pytest.mark.parametrize("text", ["x" * 5_000, "word " * 1_000, "&" * 5_000, "\U0001f525" * 2_500, MIXED, ""])
def test_largest(text: str) -> None:
    """All causes found with 5,000 characters everywhere, 20 relays, 4 platforms: every limit is kept."""
    for shown in everything(text):
        validate(shown)
        assert problems(shown) == []


@pytest.mark.parametrize("text", PIECES)
def test_every_piece(text: str) -> None:
    """Each hostile text is shown, and neither pings, nor links, nor formats, nor hides."""
    for shown in everything(f"a {text} b {text}{text}", 2):
        validate(shown)
        assert problems(shown) == []
        assert foreign_markup(shown) == []


@pytest.mark.unmeasured
@settings(max_examples=25, deadline=None)
@given(text=texts)
def test_any_text(text: str) -> None:
    """Whatever is put in, limits are kept, nothing pings or links, and all of it can be sent."""
    for shown in everything(text):
        sent = payload(shown)
        assert problems(shown) == []
        assert foreign_markup(shown) == []
        written = json.dumps(sent, ensure_ascii=False)
        written.encode()
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\ufeff\x00-\x08]", written)
        for markup in markup_in(sent):
            assert not re.search("@(channel|here|everyone)", markup)
            assert "://" not in markup


@pytest.mark.parametrize(
    "one", [one for one in EXHIBITS if isinstance(one.shown, Message)], ids=lambda one: one.file
)
def test_simpler(one: Exhibit) -> None:
    """Where Slack refuses the blocks, one paragraph of plain text still says the same."""
    assert isinstance(one.shown, Message)
    plain = one.shown.simpler()
    validate(plain)
    assert problems(plain) == []


def test_links_are_the_knowledge_s() -> None:
    """Every link in every reply is one that a knowledge file names."""
    known = {
        page.url
        for kind in (GALLERY.knowledge.causes, GALLERY.knowledge.platforms, GALLERY.knowledge.errors)
        for one in kind.values()
        for page in one.references
    }
    known |= {page.url for one in library_of(GALLERY.knowledge).passages.values() for page in one.references}
    known |= {url for what in GALLERY.network.sources.values() for url in re.findall(r"https://\S+", what)}
    links = {
        link for one in EXHIBITS for link in re.findall(r'"url": "([^"]*)"', json.dumps(payload(one.shown)))
    }
    assert links
    assert links <= known


def copied(part: Any) -> list[str]:
    """What Slack puts on the clipboard for each piece of rich text in *part*."""
    if isinstance(part, list):
        return [text for each in part for text in copied(each)]
    if not isinstance(part, dict):
        return []
    if part.get("type") == "link":
        return [part["text"], part["url"]]
    own = [part["text"]] if part.get("type") == "text" else []
    return own + [text for each in part.values() for text in copied(each)]


def test_what_is_copied_is_exact() -> None:
    """Rich text holds no look-alikes and no marks of code, and the customer text and code copy out as written."""
    for one in EXHIBITS:
        for text in copied(payload(one.shown)["blocks"]):
            assert not set(text) & set("\u02cd\u2217\u223c\u02cb\u2215\ufe6b"), (one.file, text)
            if one.file not in ("ticket", "fixes", "fixes-all"):  # these hold code
                assert "`" not in text, (one.file, text)
    copy = customer_copy(GALLERY.three.view)
    assert copied(list(copy.blocks)) == [GALLERY.three.view.customer_text]
    code = next(fix.code for found in GALLERY.blocked.view.found for fix in found.fixes if fix.code)
    steps = fixes.fixes(GALLERY.blocked.about, GALLERY.blocked.view, "", GALLERY.blocked.choices.platforms)
    assert code.strip("\n") in copied(list(steps.blocks))


def test_settings_stay_as_they_are() -> None:
    """A setting, an address, and code in backticks are the same in rich text; in markup, a setting is."""
    text = "Set `LINEMAN_ACCESS=a_b*c` as in https://docs.example/x_y, or ask @channel"
    assert "".join(copied(runs(text))) == text.replace("`", "")
    assert [piece["style"] for piece in runs(text) if "style" in piece] == [{"code": True}]
    assert text_limits.quote("LINEMAN_RATE_USER") == "LINEMAN_RATE_USER"
    assert "_" not in text_limits.quote("_so_")[::3]


def test_fallback_carries_the_verdict() -> None:
    """The text alone names every cause, what to tell the customer, what to do first and what is asked."""
    for shown in (GALLERY.blocked, GALLERY.media, GALLERY.three, GALLERY.clear, GALLERY.unclear):
        text = shown.verdict().text
        assert text.startswith(shown.view.headline)
        assert all(found.title in text for found in shown.view.found)
        assert shown.view.customer_text in text
        assert all(found.fixes[0].do in text for found in shown.view.found)
        question = shown.record.diagnosis.next_question
        assert question is None or question.ask in text


def test_signs_have_words() -> None:
    """No sign stands alone: beside each of them a word says the same."""
    words = {"\u2705": "fine", "\u274c": "fault", "\U0001f539": "noted", "\u2754": "not known"}
    for name in ("progress", "tree", "evidence"):
        (one,) = (one for one in EXHIBITS if one.file == name)
        shown = json.dumps(payload(one.shown), ensure_ascii=False)
        for sign, word in words.items():
            body = shown.split('"blocks"')[1]
            assert body.count(sign) <= body.count(word), (name, word)


def test_buttons_are_read_again() -> None:
    """What a button or a select carries is what a press gives back, whatever stands in it."""
    asked = ButtonContext("c-1", "kite-42")
    pressed = button("answer", "Yes", asked, number=2, values={"option": "vpn", "answer": 'a"b'})
    assert read(pressed) == {
        "case": "c-1", "run": "kite-42", "verb": "answer", "option": "vpn", "answer": 'a"b'
    }  # fmt: skip
    chosen = select("platform", "?", [("ios", "iOS")])
    action = chosen | {
        "block_id": block_id("platform", asked, "verdict"),
        "selected_option": chosen["options"][0],
    }
    told = read(action)
    assert (told["verb"], told["run"], told["place"], told["chosen"]) == (
        "platform",
        "kite-42",
        "verdict",
        "ios",
    )
    for broken in ("", "[]", "null", "{", "7", None, 7):
        assert read({"action_id": "lm_again", "value": broken}) == {"case": "", "run": "", "verb": "again"}


@given(text=texts)
def test_cut(text: str) -> None:
    """A text that is cut fits, and one that fits is left as it is."""
    shown = text_limits.clean(text)
    for most in (1, 2, 24, 150):
        assert text_limits.size(text_limits.cut(shown, most)) <= most
        assert text_limits.size(text_limits.quote(text, most)) <= most
    assert text_limits.cut(shown, text_limits.size(shown)) == shown


def one_more_cause(number: int) -> Cause:
    """A cause such as somebody may add: of an ordinary size, with evidence and steps."""
    model = GALLERY.knowledge.causes["signaling-blocked"]
    return replace(
        model, id=f"one-more-{number}", title=f"One more thing in the network is blocked, number {number}"
    )


@pytest.mark.parametrize("more", [0, 1, 12])
def test_every_cause_that_looks_can_find(more: int) -> None:
    """With every cause found that probes can see, and *more* that may come, verdict and steps name them all."""
    added = {cause.id: cause for cause in map(one_more_cause, range(more))}
    knowledge = replace(GALLERY.knowledge, causes={**GALLERY.knowledge.causes, **added})
    record, questions = GALLERY.three.record, knowledge.questions
    causes = {
        id_: one
        for id_, one in knowledge.causes.items()
        if "31009" in one.weight and any(questions[q].observe for when in one.when for q in when)
    }
    assert len(causes) >= 15
    steps, platforms = tuple(record.observations), tuple(knowledge.platforms)
    found = tuple(Finding(one.id, one.title, "certain", (), steps, (), platforms) for one in causes.values())
    diagnosis = replace(record.diagnosis, found=found, outcome="found")
    shown = Shown(replace(record, diagnosis=diagnosis), knowledge, GALLERY.network, "all")
    for message in (
        shown.verdict(),
        *(fixes.fixes(shown.about, shown.view, one, shown.choices.platforms) for one in ("", "ios")),
        evidence.evidence(shown.about, shown.view, diagnosis, record.observations.values()),
    ):
        validate(message)
        assert problems(message) == []
        written = json.dumps(message.blocks, ensure_ascii=False)
        assert all(one.title in written for one in causes.values())
        assert "Not everything fits" not in written
    assert all(one.title in shown.verdict().text for one in causes.values())


def test_next_to_nothing() -> None:
    """A cause without evidence, fixes, or pages, and a run without observations, are still messages."""
    bare = AdvisedCause("c", "Something", "certain", "blocks", "It is so.", (), (), ())
    view = View("Found: Something", (), (bare,), (bare,), (), ())
    one, diagnosis = RunHeader(ButtonContext(), "31009"), GALLERY.blocked.record.diagnosis
    for message in (
        verdict(one, view, diagnosis, VerdictOptions()),
        fixes.fixes(one, view, "", ()),
        evidence.evidence(one, view, diagnosis, ()),
        evidence.tree(one, ()),
        progress(one, (), 0, 0),
        progress(one, (), 0, 0, (LayerProgress("DNS", 0, 0),)),
        ticket.ticket(one, view, diagnosis),
    ):
        validate(message)
        assert problems(message) == []


def test_every_code_is_in_the_form() -> None:
    """A list without groups ends at 100 options, and the last code can be chosen, too."""
    codes = [(code, error.name) for code, error in load_knowledge(quick=True).errors.items()]
    assert len(codes) > 100
    view = modals.form(codes, [], [], [], {"code": codes[-1][0]})
    (element,) = [block["element"] for block in view["blocks"] if block.get("block_id") == "code"]
    listed = [item["value"] for group in element["option_groups"] for item in group["options"]]
    assert listed == [modals.ANY, *(code for code, _ in codes)]
    assert element["initial_option"]["value"] == codes[-1][0]
