"""Define an answer to a question: its sentences, each with its source, and how sure it is.

Pure data.
"""

from dataclasses import dataclass
from typing import Final

from knowledge.model.platforms import Reference
from knowledge.search.languages import ENGLISH

OFF: Final = "no language model is set"  # why a language model did not reword an answer, if none is set


@dataclass(frozen=True, slots=True)
class Source:
    """Where a sentence is from, and what it rests on there."""

    file: str
    title: str
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer, and the number of its source. *also* lists further sources."""

    text: str
    source: int
    also: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question. *closest* lists the nearest passages (id and title), answered or not.

    With *unsure*, the sources are only likely to answer it. With *either*, each of them is an answer of its own.

    *phrased* is set if a language model reworded it (`bot/language/rewording.py`). Else *because* says why
    not, if rewording was tried.
    """

    sentences: tuple[Sentence, ...] = ()
    sources: tuple[Source, ...] = ()
    closest: tuple[tuple[str, str], ...] = ()
    score: float = 0.0
    phrased: bool = False
    because: str = ""
    language: str = ENGLISH  # of the question
    unsure: bool = False
    either: bool = False

    @property
    def answered(self) -> bool:
        """Whether there is an answer."""
        return bool(self.sentences)

    @property
    def certain(self) -> bool:
        """Whether there is an answer, and more than a likely one."""
        return self.answered and not self.unsure

    @property
    def opening(self) -> str:
        """What to say before an answer that may be another one than was asked for; empty for all others."""
        if self.phrased or not (self.unsure or self.either):
            return ""
        if self.unsure:
            return (
                "I'm not sure. One of these may answer it:"
                if self.either
                else "I'm not sure. This may answer it:"
            )
        return "Two answers fit:"

    @property
    def nearest(self) -> str:
        """Return the words before the titles of the nearest passages."""
        return "The closest answer is" if len(self.closest) == 1 else "The closest answers are"

    @property
    def text(self) -> str:
        """Return the answer as running text, or say that there is none, with the nearest passages."""
        if self.sentences:
            return " ".join(filter(None, (self.opening, *(sentence.text for sentence in self.sentences))))
        if self.closest:
            titles = "; ".join(title for _, title in self.closest)
            return f"I don't know. {self.nearest}: {titles}."
        return "I don't know."
