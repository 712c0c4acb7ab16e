"""Replies to free words, made from the real knowledge: answers, readings, meanings, allow-lists.

Pure: no network, no clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.allowlist.formats import FORMS
from bot.allowlist.model import make_list
from bot.allowlist.request import ListRequest
from bot.diagnosis.run_record import RunRecord
from bot.intake.read import read
from bot.language.answering import answer_question
from bot.language.case_context import CaseContext, context_of_case
from bot.language.make_request import request_for
from bot.model.request import Request, Vocabulary
from bot.model.vocabulary import make_vocabulary
from bot.rendering.blocks import allowlists, answers, codes, symptom_choices
from bot.rendering.blocks.elements import ButtonContext
from bot.rendering.blocks.message import Message
from bot.rendering.view import View
from knowledge.advice.meaning import meaning_of
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One reply: a message, or a view as Slack takes it."""

    file: str
    name: str
    shown: Message | dict[str, Any]
    private: bool = False


def free_words(knowledge: Knowledge, network: Network, record: RunRecord, view: View) -> Iterator[Exhibit]:
    """Every reply to words that are no command; *record* is a case that questions are asked about."""
    yield from _answers(knowledge, network, context_of_case(record, view.found))
    yield from _readings(knowledge, make_vocabulary(knowledge, network, ("local",)))
    yield from _codes(knowledge)
    yield from _lists(knowledge, network)


def _answers(knowledge: Knowledge, network: Network, case: CaseContext) -> Iterator[Exhibit]:
    why = answer_question("why?", case, knowledge, network)
    yield Exhibit(
        "answer-case",
        "An answer about the case",
        answers.answer(why, asked=ButtonContext("c-7f3a", "kite-42")),
    )
    suspect = answer_question("could it be the VPN?", case, knowledge, network)
    yield Exhibit(
        "answer-suspect", "A suspicion", answers.answer(suspect, asked=ButtonContext("c-7f3a", "kite-42"))
    )
    question = "why does TURN help?"
    turn = answer_question(question, CaseContext(), knowledge, network)
    yield Exhibit("answer", "An answer", answers.answer(turn, question), private=True)
    question = "what is the difference between 31005 and 31009?"
    both = [(code, knowledge.errors[code].name) for code in ("31005", "31009")]
    yield Exhibit(
        "answer-codes",
        "With codes",
        answers.answer(answer_question(question, CaseContext(), knowledge, network), codes=both),
    )
    question = "what color is your logo?"
    unknown = answer_question(question, CaseContext(), knowledge, network)
    yield Exhibit("answer-unknown", "Not known", answers.answer(unknown, question), private=True)


def _readings(knowledge: Knowledge, vocabulary: Vocabulary) -> Iterator[Exhibit]:
    story = "my phone does not ring"
    told = {one.id: one.generic_customer for one in knowledge.causes.values()}
    close = read(story, vocabulary, knowledge).match
    yield Exhibit(
        "readings", "Close readings", symptom_choices.which(close, "s-1", story, told), private=True
    )
    story = "no audio on VPN"
    sure = read(story, vocabulary, knowledge).match
    request = request_for(sure, sure.offered, knowledge, vocabulary) or Request("31009")
    yield Exhibit(
        "reading", "What was understood", symptom_choices.taken(sure, request, "s-2", story), private=True
    )
    yield Exhibit(
        "readings-none", "None of these", symptom_choices.nothing("my phone does not ring"), private=True
    )
    sounds = symptom_choices.unverified(sure.causes[0], told[sure.causes[0].cause])
    yield Exhibit("reading-unverified", "Nothing can confirm it", sounds, private=True)


def _codes(knowledge: Knowledge) -> Iterator[Exhibit]:
    for name, code, platform in (
        ("code", "31005", ""),
        ("code-ios", "53000", "ios"),
        ("code-foreign", "31901", ""),
    ):
        known = meaning_of(knowledge, code, platform or None)
        assert known is not None  # a file of ours
        yield Exhibit(name, f"What {code} means", codes.code_meaning(known, platform))
    linked = meaning_of(knowledge, "31009")
    assert linked is not None  # a file of ours
    yield Exhibit("code-card", "Card below a link", codes.code_card(linked))
    near = [(code, knowledge.errors[code].name) for code in ("31009", "31008", "31007")]
    shown = codes.unknown_code("31006", near, meaning=True)
    yield Exhibit("code-unknown", "An unknown code", shown, private=True)
    far = codes.unknown_code("39999", (), meaning=False)
    yield Exhibit("code-far", "A code near to none", far, private=True)


def _lists(knowledge: Knowledge, network: Network) -> Iterator[Exhibit]:
    short = ListRequest("ios", "frankfurt", turn=True)
    found = make_list(network, "ios", "frankfurt", turn=True)
    yield Exhibit("allowlist", "An allow-list", allowlists.the_list(found, short, "iOS"))
    whole = make_list(network, "javascript")
    roaming = allowlists.the_list(whole, ListRequest("javascript", network.roaming), "JavaScript")
    yield Exhibit("allowlist-roaming", "An allow-list for every edge", roaming)
    as_csv = ListRequest("ios", "frankfurt", turn=True, form="csv")
    text = allowlists.as_text(as_csv, FORMS["csv"](found))
    yield Exhibit("allowlist-text", "An allow-list without files", text)
    titles = [(one.id, one.title) for one in knowledge.platforms.values()]
    which = allowlists.which_platform(titles, {"edge": "frankfurt"})
    yield Exhibit("allowlist-platform", "An allow-list of what?", which, private=True)
