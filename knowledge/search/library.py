"""Index of the knowledge for free text: descriptions of causes, and passages; built once per digest.

Pure, except that it reads files. Nothing is stored: building takes a fraction of a second.
"""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from knowledge.model.schema import Knowledge
from knowledge.search.derived_passages import cause_passages
from knowledge.search.features import Weights
from knowledge.search.fit import Fit, fit_of, is_certain, rerank
from knowledge.search.labeled_lines import ELSEWHERE, load_concepts, questions_for, stories
from knowledge.search.languages import english_words
from knowledge.search.passages import GLOSSARY, Passage, load_passages
from knowledge.search.ranker import LabeledText, Mix, Ranked, Ranker
from knowledge.search.subjects import asks_what_it_is, framing, names_subject
from knowledge.search.tokens import Concepts, words_of
from knowledge.search.vectors import LineVectors, vectors_version

_SUBJECT: Final = "ask-about-"  # prefix of concepts for what is asked about
_ASKING: Final = "ask-"  # prefix of concepts for how a question is asked

# Tuned on the tuning phrases and questions only; results change little around these values.
MIX: Final = Mix(near=1.0, centre=1.0, odds=0.5, features=Weights(word=1.0, concept=2.0, pair=0.6, piece=0.1))

_COMMON: Final = 0.2  # weight of how common a cause is
_HERE: Final = 0.25  # what the context adds or subtracts
_NOT_HERE: Final = -0.5
_NO_DEFINITION: Final = -0.3  # for an entry of the glossary, if nobody asks what something is
_FOREIGN: Final = 0.8  # for each word that occurs only in subjects not covered here

_MADE: Final[dict[str, "Library"]] = {}  # by digest; only the latest


@dataclass(frozen=True, slots=True)
class Context:
    """What is known when a question is asked; unknown fields are empty."""

    code: str = ""
    platform: str = ""
    causes: tuple[str, ...] = ()
    heard: str = ""  # the question in its own language, if that is not English


class Library:
    """Finds the causes that a description fits, and the passages that answer a question."""

    def __init__(
        self, knowledge: Knowledge, passages: Sequence[Passage] | None = None, without: Collection[str] = ()
    ) -> None:
        """Learn from all lines except those in *without*, so that an evaluation can leave out what it asks.

        Without *passages*, those of the folder are read when a question needs them.
        """
        self._written_passages = passages
        self._left_out = {_bare(text) for text in without}
        self._common = _how_common(knowledge)
        self._knowledge = knowledge

    def causes(self, text: str, points: Mapping[str, float] | None = None) -> list[Ranked]:
        """All causes and `ELSEWHERE`, best first; *points* adds to the scores of some."""
        favour = dict(self._common)
        for cause, value in (points or {}).items():
            favour[cause] = favour.get(cause, 0.0) + value
        return self._causes.rank(text, favour)

    def answers(self, text: str, context: Context | None = None) -> list[Ranked]:
        """All passages and `ELSEWHERE`, best first."""
        about = context or Context()
        defines = asks_what_it_is(text)
        favour = {passage.id: _fit(passage, about, defines) for passage in self.passages.values()}
        favour[ELSEWHERE] = _FOREIGN * self._answers.foreign(text, ELSEWHERE)[0]
        ranked = _led(self._answers.rank(text, favour))
        if not vectors_version() or is_certain(ranked, self.fit(text, ranked[0])):
            return ranked
        return _led(rerank(ranked, self._vectors.likeness(about.heard or text)))

    def fit(self, text: str, best: Ranked) -> Fit:
        """How well *best* answers *text*: whether it fits, and how much of the text is about something else."""
        if best.label == ELSEWHERE:
            return "none"
        shared = names_subject(text, lambda word: self._answers.has(best.label, word))
        if shared != "subject" and self._shares_subject(text, best.label):
            shared = "subject"
        return fit_of(best, shared, sum(self._answers.foreign(text, ELSEWHERE)))

    def _shares_subject(self, text: str, label: str) -> bool:
        """Whether *text* names a subject of *label* in other words, according to the synonym file."""
        named = (name for name in self.concepts_in(words_of(text)) if name.startswith(_SUBJECT))
        return any(self._answers.has_concept(label, name) for name in named)

    def covers(self, text: str) -> bool:
        """Whether *text* has no word of subjects that are not covered here, and at most one unknown word."""
        foreign, unknown = self._answers.foreign(text, ELSEWHERE)
        return not foreign and unknown <= 1

    def answered(self, text: str, best: Ranked) -> bool:
        """Whether *best* is an answer to *text*, if only a likely one."""
        return self.fit(text, best) != "none"

    @cached_property
    def passages(self) -> Mapping[str, Passage]:
        """All passages by id: those that authors wrote, and those made from causes."""
        written = load_passages() if self._written_passages is None else self._written_passages
        whole = [*written, *cause_passages(self._knowledge, written)]
        return {passage.id: passage for passage in whole}

    @property
    def story_lines(self) -> list[tuple[str, str]]:
        """Label and text of every line about a cause."""
        return self._pairs(stories(self._knowledge))

    @property
    def question_lines(self) -> list[tuple[str, str]]:
        """Label and text of every line about a passage."""
        return self._pairs(questions_for(tuple(self.passages.values())))

    def concepts_in(self, words: Sequence[str]) -> list[str]:
        """The concepts in *words*, according to the synonym file."""
        return self._concepts.found_in(words)

    @cached_property
    def written(self) -> frozenset[str]:
        """Every word of the lines about causes, as it is written."""
        texts = " ".join(line.text for line in stories(self._knowledge))
        return frozenset(re.findall(r"[a-z]+", texts.casefold())) | english_words()

    @cached_property
    def _concepts(self) -> Concepts:
        return load_concepts()

    @cached_property
    def _subjects(self) -> Concepts:
        """The concepts for descriptions, without those for how a question is asked."""
        return self._concepts.without(_ASKING)

    @cached_property
    def _causes(self) -> Ranker:
        return self._ranker(stories(self._knowledge), self._subjects)

    @cached_property
    def _vectors(self) -> LineVectors:
        return LineVectors(self.question_lines)

    @cached_property
    def _answers(self) -> Ranker:
        lines = questions_for(tuple(self.passages.values()))
        return self._ranker(lines, self._concepts, framing())

    def _ranker(
        self, lines: Sequence[LabeledText], concepts: Concepts, framing: Collection[str] = ()
    ) -> Ranker:
        kept = [text for text in lines if _bare(text.text) not in self._left_out]
        return Ranker(kept, concepts, MIX, framing)

    def _pairs(self, lines: Sequence[LabeledText]) -> list[tuple[str, str]]:
        return [(text.label, text.text) for text in lines if _bare(text.text) not in self._left_out]


def library_of(knowledge: Knowledge) -> Library:
    """The library for *knowledge*; built on first use and cached by digest."""
    if knowledge.digest not in _MADE:
        _MADE.clear()
        _MADE[knowledge.digest] = Library(knowledge)
    return _MADE[knowledge.digest]


def _fit(passage: Passage, context: Context, defines: bool) -> float:
    """How much the *context* raises or lowers the score of a passage, and whether the text asks what something is."""
    fit = _NO_DEFINITION if passage.kind == GLOSSARY and not defines else 0.0
    if passage.platforms and context.platform:
        fit += _HERE if context.platform in passage.platforms else _NOT_HERE
    if not set(context.causes).isdisjoint(passage.causes):
        fit += _HERE / 2
    if context.code and context.code in passage.codes:
        fit += _HERE / 2
    return fit


def _led(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Note how far the best of *ranked* is ahead of the subjects that are not covered here."""
    best, *others = ranked
    foreign = next((item.score for item in others if item.label == ELSEWHERE), best.score)
    return [replace(best, ahead=best.score - foreign), *others]


def _how_common(knowledge: Knowledge) -> dict[str, float]:
    """A small bonus for causes of many codes: of two that fit equally well, the more common one."""
    weights = {cause.id: math.log1p(sum(cause.weight.values())) for cause in knowledge.causes.values()}
    most = max(weights.values(), default=1.0) or 1.0
    return {name: _COMMON * weight / most for name, weight in weights.items()}


def _bare(text: str) -> str:
    return " ".join(text.casefold().split())
