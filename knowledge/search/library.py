"""Everything there is to compare a text with, made once for a state of the knowledge: stories of causes, and passages.

Pure but for reading the files beside it. Nothing is stored: learning is counting, and takes a fraction of a second.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from knowledge.loading.yaml_lines import parse_yaml
from knowledge.model.schema import Knowledge
from knowledge.search.derived_passages import cause_passages
from knowledge.search.features import Weights
from knowledge.search.passages import Passage, load_passages
from knowledge.search.ranker import LabeledText, Mix, Ranked, Ranker
from knowledge.search.tokens import Concepts, make_concepts

HERE: Final = Path(__file__).parent
_ASKING: Final = "ask-"  # how the names of concepts of asking begin
ELSEWHERE: Final = "elsewhere"  # the label of what is not answered here

# Found on the tuning phrases and questions alone; the surface is flat around these.
MIX: Final = Mix(near=1.0, centre=1.0, odds=0.5, features=Weights(word=1.0, concept=2.0, pair=0.6, piece=0.1))

_TITLE: Final = 0.8  # an author's words count less than a user's
_TEXT: Final = 0.6
_COMMON: Final = 0.2  # how much it counts that a cause is common
_HERE: Final = 0.25  # what the context adds or takes
_NOT_HERE: Final = -0.5
_FOREIGN: Final = 0.8  # for each word that only subjects not treated here have

# What it takes to answer; chosen on the tuning questions, 124 more foreign ones, and the passages' own questions by
# cross-validation.
_ENOUGH: Final = 1.25
_COVERED: Final = 0.5  # for the share of the question's words that the passage has
_STRANGE: Final = 0.4  # for each word that no passage has
_AHEAD: Final = 0.4  # for how far it is ahead of what is not treated here

_MADE: Final[dict[str, "Library"]] = {}  # by digest; the last one only


@dataclass(frozen=True, slots=True)
class Context:
    """What is known already when a question is asked; empty where it is not."""

    code: str = ""
    platform: str = ""
    causes: tuple[str, ...] = ()


class Library:
    """Finds the causes that a story fits, and the passages that answer a question."""

    def __init__(
        self, knowledge: Knowledge, passages: Sequence[Passage], without: Collection[str] = ()
    ) -> None:
        """Learn from all lines but those in *without* (an evaluation leaves out what it asks)."""
        whole = [*passages, *cause_passages(knowledge, passages)]
        self.passages: Mapping[str, Passage] = {passage.id: passage for passage in whole}
        self._left_out = {_bare(text) for text in without}
        self._common = _how_common(knowledge)
        self._knowledge = knowledge

    def causes(self, text: str, codes: Collection[str] = ()) -> list[Ranked]:
        """Every cause, best first, and `ELSEWHERE` among them; those that explain one of *codes* are favoured."""
        favour = dict(self._common)
        for code in codes:
            for cause in self._knowledge.causes.values():
                if code in cause.weight:
                    favour[cause.id] = favour.get(cause.id, 0.0) + _HERE + cause.weight[code] / 20
        return self._causes.rank(text, favour)

    def answers(self, text: str, context: Context | None = None) -> list[Ranked]:
        """Every passage, best first, and `ELSEWHERE` among them."""
        about = context or Context()
        favour = {passage.id: _fit(passage, about) for passage in self.passages.values()}
        favour[ELSEWHERE] = _FOREIGN * self._answers.foreign(text, ELSEWHERE)[0]
        best, *others = self._answers.rank(text, favour)
        foreign = next((ranked.score for ranked in others if ranked.label == ELSEWHERE), best.score)
        return [replace(best, ahead=best.score - foreign), *others]

    def answered(self, text: str, best: Ranked) -> bool:
        """Whether *best* answers *text*: it fits, and little of the text is about something else."""
        strange = sum(self._answers.foreign(text, ELSEWHERE))
        sure = best.score + _COVERED * best.share + _AHEAD * min(best.ahead, 1.0) - _STRANGE * strange
        return best.label != ELSEWHERE and sure >= _ENOUGH

    @property
    def story_lines(self) -> list[tuple[str, str]]:
        """Label and text of every line about a cause."""
        return self._pairs(_stories(self._knowledge))

    @property
    def question_lines(self) -> list[tuple[str, str]]:
        """Label and text of every line about a passage."""
        return self._pairs(_questions(tuple(self.passages.values())))

    def concepts_in(self, words: Sequence[str]) -> list[str]:
        """The concepts in *words*, by the synonym file."""
        return self._concepts.found_in(words)

    @cached_property
    def _concepts(self) -> Concepts:
        return load_concepts()

    @cached_property
    def _subjects(self) -> Concepts:
        """The concepts of what is told; in a story it says nothing that a question is asked."""
        return self._concepts.without(_ASKING)

    @cached_property
    def _causes(self) -> Ranker:
        return self._ranker(_stories(self._knowledge), self._subjects)

    @cached_property
    def _answers(self) -> Ranker:
        return self._ranker(_questions(tuple(self.passages.values())), self._concepts)

    def _ranker(self, lines: Sequence[LabeledText], concepts: Concepts) -> Ranker:
        return Ranker([text for text in lines if _bare(text.text) not in self._left_out], concepts, MIX)

    def _pairs(self, lines: Sequence[LabeledText]) -> list[tuple[str, str]]:
        return [(text.label, text.text) for text in lines if _bare(text.text) not in self._left_out]


def library_of(knowledge: Knowledge) -> Library:
    """The library for *knowledge*; made at its first use, and kept for the same digest."""
    if knowledge.digest not in _MADE:
        _MADE.clear()
        _MADE[knowledge.digest] = Library(knowledge, load_passages())
    return _MADE[knowledge.digest]


def load_concepts() -> Concepts:
    """The synonym file, compiled."""
    return make_concepts(_yaml("synonyms.yaml"))


def _stories(knowledge: Knowledge) -> list[LabeledText]:
    """All lines that speak of a cause."""
    more = _yaml("phrases.yaml")
    lines = []
    for cause in knowledge.causes.values():
        lines += [LabeledText(cause.id, cause.title, _TITLE), LabeledText(cause.id, cause.customer, _TEXT)]
        fields = dict.fromkeys((*cause.symptoms, *map(str, more.get(cause.id, ()))))
        lines += [LabeledText(cause.id, text) for text in fields]
    return lines + [LabeledText(ELSEWHERE, text) for text in more[ELSEWHERE]]


def _questions(passages: Sequence[Passage]) -> list[LabeledText]:
    """All lines that ask for a passage, and the subjects that none treats."""
    more = _yaml("asked.yaml")
    lines = []
    for passage in passages:
        lines += [LabeledText(passage.id, passage.title), LabeledText(passage.id, passage.text, _TEXT)]
        fields = dict.fromkeys((*passage.questions, *map(str, more.get(passage.id, ()))))
        lines += [LabeledText(passage.id, text) for text in fields]
    return lines + [LabeledText(ELSEWHERE, text) for text in _yaml("elsewhere.yaml")["subjects"]]


def _fit(passage: Passage, context: Context) -> float:
    """How much better or worse a passage fits for what is known already."""
    fit = 0.0
    if passage.platforms and context.platform:
        fit += _HERE if context.platform in passage.platforms else _NOT_HERE
    if not set(context.causes).isdisjoint(passage.causes):
        fit += _HERE / 2
    if context.code and context.code in passage.codes:
        fit += _HERE / 2
    return fit


def _how_common(knowledge: Knowledge) -> dict[str, float]:
    """A little for causes that stand behind many codes: of two that fit alike, the likelier one."""
    weights = {cause.id: math.log1p(sum(cause.weight.values())) for cause in knowledge.causes.values()}
    most = max(weights.values(), default=1.0) or 1.0
    return {name: _COMMON * weight / most for name, weight in weights.items()}


def _bare(text: str) -> str:
    return " ".join(text.casefold().split())


def extra_lines(name: str) -> dict[str, Any]:
    """The lines of `phrases.yaml` or `asked.yaml`, by label."""
    return _yaml(name)


def _yaml(name: str) -> dict[str, Any]:
    found: dict[str, Any] = parse_yaml((HERE / name).read_bytes(), f"knowledge/search/{name}").value
    return found
