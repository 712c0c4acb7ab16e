"""Answer questions with sentences extracted from the knowledge, each with its source, or not at all.

Pure: no network, no clock. The case's evidence comes first, then the cause or code that is named, then the passages.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from bot.intake.named_codes import named_codes
from bot.language.answer import Answer, Sentence, Source
from bot.language.case_advice import others_work
from bot.language.case_context import CaseContext, seen_here
from bot.language.case_questions import answer_from_case
from bot.language.case_scope import in_short, points_here
from bot.language.other_vendors import is_about_others
from bot.language.passage_ranking import NEARBY, Nearest, rank_passages
from bot.language.port_questions import EVERYTHING, all_ports, passages_about_ports
from bot.model.normalize import normalize
from knowledge.advice.names import names_for
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge
from knowledge.search.derived_passages import cause_passage, code_passage, fix_passage
from knowledge.search.languages import ENGLISH, language_of, to_english
from knowledge.search.library import library_of
from knowledge.search.passages import Passage, sentences_of
from knowledge.search.tokens import telling, words_of

LOOKS: Final = "the checks of this case"  # the source of the case's observations
# Words that refer to the case instead of naming a subject.
_POINTING: Final = frozenset(
    words_of(
        "fix solve resolve repair help cause problem error code issue it this that do does next step now against "
        "about wrong happen reason certain sure know see look evidence proof prove found finding result case "
        "customer firewall admin developer support people team fixed work again exactly message change broken"
    )
)
_HOW_TO_FIX: Final = re.compile(
    r"\b(?:fix\w*|solve\w*|resolve|repair|remedy|"
    r"what (?:can|should|could|must|shall|do|does) (?:\w+ ){1,3}(?:do|change)|"
    r"to do|what now|next step|get rid|help)\b"
)
_HOW_KNOWN: Final = re.compile(
    r"\b(?:evidence|proof|prove|how (?:do|did|can) you (?:know|tell|see)|are you sure|what did you see|"
    r"why do you (?:think|say|believe)|how certain|how sure)\b"
)


def answer_question(text: str, about: CaseContext, knowledge: Knowledge, network: Network) -> Answer:
    """Answer *text* in the context of a case: from its observations first, then from the knowledge."""
    language = language_of(text)
    sentence = normalize(text if language == ENGLISH else to_english(text, language, asking=True))
    return replace(_answer(sentence, text, about, knowledge, network), language=language)


def _answer(
    sentence: str, original: str, about: CaseContext, knowledge: Knowledge, network: Network
) -> Answer:
    """Answer the English *sentence*; *original* is the question in its own language."""
    lower = _lower(sentence)
    compares = bool(about.looked) and others_work(lower)
    if not compares and (is_about_others(sentence) or is_about_others(original)):
        return Answer()
    of_case, general = answer_from_case(lower, about)
    if of_case:
        return _after(of_case, _passages(general, knowledge))
    if ports := passages_about_ports(sentence, about.platform):
        return _passages(ports, knowledge)
    nearest = rank_passages(sentence, about, knowledge, "" if language_of(original) == ENGLISH else original)
    written = _written(sentence, about, knowledge, network, nearest)
    if found := seen_here(sentence, lower, about, knowledge):
        return _after(found, written)
    if written.answered or not (
        about.looked and points_here(lower) and library_of(knowledge).covers(sentence)
    ):
        return written
    return replace(_answer_about_checks(in_short(about), written.closest), unsure=True)


def _lower(sentence: str) -> str:
    return " ".join(sentence.casefold().replace("\u2019", "'").split())


def _written(text: str, about: CaseContext, knowledge: Knowledge, network: Network, found: Nearest) -> Answer:
    """Answer from the knowledge: the files of the case's causes, of the named codes, and the passages."""
    closest, lower = found.ranked, _lower(text)
    nearest = tuple((passage.id, passage.title) for passage, _ in closest[:NEARBY])
    codes = named_codes(text, knowledge.errors)
    subject = _subject(text, (*codes, *(_platform_words(knowledge) if about.causes else ())))
    if about.evidence and _HOW_KNOWN.search(lower) and not subject:
        return _answer_about_checks(about.evidence, nearest)
    if about.causes and not subject and not codes:
        return _answer_from(
            [_of_cause(cause, lower, about, knowledge, network) for cause in about.causes], nearest, 1.0
        )
    if codes and not subject:
        files = _of_codes(codes, about, knowledge, closest)
        return _answer_from(files, nearest, 1.0) if files else Answer((), (), nearest)
    if about.code and about.code in knowledge.errors and not subject and lower:
        return _answer_from(_of_codes([about.code], about, knowledge, closest), nearest, 1.0)
    best = closest[0][1] if closest and (subject or codes) else 0.0
    known = [code for code in codes if code in knowledge.errors]
    if not (best or known) or any(
        code not in knowledge.errors and not _tells(code, closest) for code in codes
    ):
        return Answer((), (), nearest, best)
    if known and not _tells(known[0], closest):  # the code counts more than the words around it
        return _answer_from(_of_codes(known, about, knowledge, ()), nearest, 1.0)
    if found.sure and not codes and closest[0][0].id == EVERYTHING:
        return _passages(all_ports(about.platform), knowledge)
    answers = found.answers if found.answers and not codes else (closest[0][0],)
    return replace(_answer_from(answers, nearest, best), unsure=not found.sure, either=len(answers) > 1)


def passage(name: str, knowledge: Knowledge) -> Answer:
    """Return all sentences of the passage *name*, or no answer if it does not exist."""
    return _passages([name], knowledge)


def _passages(names: Sequence[str], knowledge: Knowledge) -> Answer:
    known = library_of(knowledge).passages
    found = [known[name] for name in names if name in known]
    return _answer_from(found, (), 1.0) if found else Answer()


def _subject(text: str, others: Sequence[str] = ()) -> list[str]:
    """Return the words of *text* that name a subject of their own. *others* are words that do not."""
    return [word for word in telling(words_of(text)) if word not in _POINTING and word not in others]


def _platform_words(knowledge: Knowledge) -> list[str]:
    """Return the words for platforms. In a case, "how do we fix it on iOS?" asks about the cause, not about iOS."""
    named = (
        f"{platform.id} {platform.title} {' '.join(platform.aliases)}"
        for platform in knowledge.platforms.values()
    )
    return words_of(" ".join(named))


def _after(found: Iterable[str], written: Answer) -> Answer:
    """Append what is *written* to what was *found* in the case."""
    answer = _answer_about_checks(found, written.closest)
    later = (Sentence(sentence.text, sentence.source + 1) for sentence in written.sentences)
    return Answer((*answer.sentences, *later), (*answer.sources, *written.sources), written.closest, 1.0)


def _answer_about_checks(found: Iterable[str], closest: tuple[tuple[str, str], ...]) -> Answer:
    return Answer(tuple(Sentence(item, 0) for item in found), (Source("", LOOKS),), closest, 1.0)


def _of_cause(cause: str, lower: str, about: CaseContext, knowledge: Knowledge, network: Network) -> Passage:
    names = names_for(knowledge, network, about.platform, about.edge, ())
    known = knowledge.causes[cause]
    if _HOW_TO_FIX.search(lower):
        return fix_passage(known, about.platform, names)
    return cause_passage(known, about.platform, names, fixes=False)


def _of_codes(
    codes: Sequence[str], about: CaseContext, knowledge: Knowledge, closest: Sequence[tuple[Passage, float]]
) -> list[Passage]:
    """Return the nearest passage if it is about a code, or else the file of each known code."""
    if closest and closest[0][1] and _tells(codes[0], closest):
        return [closest[0][0]]
    known = dict.fromkeys(code for code in codes if code in knowledge.errors)
    return [code_passage(knowledge.errors[code], about.platform) for code in known]


def _tells(code: str, closest: Sequence[tuple[Passage, float]]) -> bool:
    return bool(closest) and (code in closest[0][0].codes or code in closest[0][0].text)


def _answer_from(passages: Sequence[Passage], closest: tuple[tuple[str, str], ...], score: float) -> Answer:
    """Return the sentences of *passages*, each with the number of its source."""
    sources = tuple(Source(passage.file, passage.title, passage.references) for passage in passages)
    sentences = [
        Sentence(text, number)
        for number, passage in enumerate(passages)
        for text in sentences_of(passage.text)
    ]
    return Answer(tuple(sentences), sources, closest, round(score, 4))
