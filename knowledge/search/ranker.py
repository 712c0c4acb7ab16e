"""Rank labels by how well a text fits their lines: nearest line, centroid, and log odds of features.

Pure and deterministic. Learning is counting, so nothing has to be stored.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from knowledge.search.features import Weights, features
from knowledge.search.tokens import Concepts

Vector: TypeAlias = Mapping[str, float]

_SMOOTH: Final = 0.3  # added to every count, so that a feature new to a label does not rule it out


@dataclass(frozen=True, slots=True)
class LabeledText:
    """A text about *label*, and its weight."""

    label: str
    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Mix:
    """The weight of each comparison method."""

    near: float = 1.0  # the most similar line
    centre: float = 1.0  # all lines of the label together
    odds: float = 1.0  # how much more likely its features are in the label than elsewhere
    features: Weights = field(default_factory=Weights)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A label with its score, and the parts of the score."""

    label: str
    score: float
    near: float  # 0 to 1: similarity of the nearest line
    share: float  # 0 to 1: how much of the text the label's lines cover
    ahead: float = 0.0  # for the best label: its lead over the label that it must not be confused with
    alike: float | None = (
        None  # up to 1: similarity of the nearest line by sentence vectors; None: not compared
    )


class Ranker:
    """Compares texts with labeled lines; built once from all lines."""

    def __init__(
        self, lines: Sequence[LabeledText], concepts: Concepts, mix: Mix, framing: Collection[str] = ()
    ) -> None:
        """Learn from *lines*. Words of *framing* that no line has are left out of a text that is ranked."""
        self._concepts, self._mix, self._framing = concepts, mix, framing
        found = [(line, features(line.text, concepts, mix.features)) for line in lines]
        self.labels = tuple(dict.fromkeys(line.label for line in lines))
        self._rarity = self._rarities(found)
        self._unseen = max(self._rarity.values(), default=1.0)
        self._lines: dict[str, list[tuple[int, float]]] = defaultdict(list)  # feature: lines that have it
        self._owner: list[str] = []
        self._weight: list[float] = []
        self._centres: dict[str, dict[str, float]] = {label: {} for label in self.labels}
        for line, raw in found:
            self._learn(line, self._unit(raw))
        self._best = {label: self._widest(label) for label in self.labels}
        self._centres = {label: _unit(vector) for label, vector in self._centres.items()}
        self._odds = self._log_odds()

    def rank(self, text: str, favour: Mapping[str, float] | None = None) -> list[Ranked]:
        """All labels, best first; *favour* adds to the scores of some."""
        raw = self._features(text)
        query = self._unit(raw)
        near = self._nearest(query)
        ranked = []
        for label in self.labels:
            centre, odds = self._centres[label], self._odds[label]
            base = odds[""]
            score = (
                self._mix.near * near.get(label, 0.0)
                + self._mix.centre * sum(value * centre.get(name, 0.0) for name, value in query.items())
                + self._mix.odds * sum(value * odds.get(name, base) for name, value in query.items())
            )
            score += (favour or {}).get(label, 0.0)
            ranked.append(Ranked(label, score, near.get(label, 0.0), self._share(raw, label)))
        return sorted(ranked, key=lambda item: (-item.score, item.label))

    def has(self, label: str, word: str) -> bool:
        """Whether a line of *label* has *word*, in the form that `words_of` returns."""
        return f"w:{word}" in self._best[label]

    def has_concept(self, label: str, name: str) -> bool:
        """Whether a line of *label* has the concept *name*."""
        return f"c:{name}" in self._best[label]

    def foreign(self, text: str, label: str) -> tuple[int, int]:
        """How many words of *text* occur only under *label*, and how many occur nowhere."""
        raw = self._features(text)
        words = [name for name in raw if name[0] == "w"]
        return (
            sum(self._sole.get(name) == label for name in words),
            sum(name not in self._rarity for name in words),
        )

    def _features(self, text: str) -> dict[str, float]:
        raw = features(text, self._concepts, self._mix.features)
        return raw if not self._framing else {name: raw[name] for name in raw if not self._frames(name)}

    def _frames(self, name: str) -> bool:
        """Whether *name* is a number or a word of the framing, and no line has it."""
        word = name.removeprefix("w:")
        return word != name and name not in self._rarity and (word in self._framing or word.isdigit())

    def _learn(self, line: LabeledText, vector: Vector) -> None:
        number = len(self._owner)
        self._owner.append(line.label)
        self._weight.append(line.weight)
        centre = self._centres[line.label]
        for name, value in vector.items():
            self._lines[name].append((number, value))
            centre[name] = centre.get(name, 0.0) + value * line.weight

    def _nearest(self, query: Vector) -> dict[str, float]:
        """By label: similarity of its nearest line, cosine times the line's weight."""
        likeness: dict[int, float] = defaultdict(float)
        for name, value in query.items():
            for number, other in self._lines.get(name, ()):
                likeness[number] += value * other
        best: dict[str, float] = {}
        for number, value in likeness.items():
            label = self._owner[number]
            best[label] = max(best.get(label, 0.0), value * self._weight[number])
        return best

    def _rarities(self, found: Iterable[tuple[LabeledText, Vector]]) -> dict[str, float]:
        """How informative each feature is: the fewer labels have it, the more."""
        owners: dict[str, set[str]] = defaultdict(set)
        for line, vector in found:
            for name in vector:
                owners[name].add(line.label)
        total = len(self.labels)
        self._sole = {name: next(iter(some)) for name, some in owners.items() if len(some) == 1}
        return {name: math.log((1 + total) / (0.5 + len(some))) for name, some in owners.items()}

    def _unit(self, raw: Vector) -> dict[str, float]:
        weighed = {
            name: value * self._rarity.get(name, self._unseen if name[0] in "wc" else 0.0)
            for name, value in raw.items()
        }
        return _unit(weighed)

    def _log_odds(self) -> dict[str, dict[str, float]]:
        """By label and feature: log of how much more likely it is there than overall, scaled to about 1."""
        everywhere: dict[str, float] = defaultdict(float)
        for centre in self._centres.values():
            for name, value in centre.items():
                everywhere[name] += value
        total, kinds = sum(everywhere.values()) or 1.0, len(everywhere) or 1
        odds: dict[str, dict[str, float]] = {}
        for label, centre in self._centres.items():
            mass = sum(centre.values()) + _SMOOTH
            odds[label] = {"": 0.0}
            for name, value in centre.items():
                here = (value + _SMOOTH * everywhere[name] / total) / mass
                odds[label][name] = math.log(here / (everywhere[name] / total)) / math.log(kinds + 1)
        return odds

    def _widest(self, label: str) -> frozenset[str]:
        return frozenset(self._centres[label])

    def _share(self, raw: Vector, label: str) -> float:
        """The share of the words of a text that *label* has; rare words count more."""
        known, total = 0.0, 0.0
        here = self._best[label]
        for name in raw:
            if name[0] == "w":
                weight = self._rarity.get(name, self._unseen)
                total += weight
                known += weight if name in here else 0.0
        return known / total if total else 0.0


def _unit(vector: Vector) -> dict[str, float]:
    length = math.sqrt(sum(value * value for value in vector.values())) or 1.0
    return {name: value / length for name, value in vector.items()}
