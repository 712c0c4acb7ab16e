"""All lines that the search learns from: about causes, and questions for passages.

Pure, except that it reads files.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from knowledge.loading.yaml_lines import parse_yaml
from knowledge.model.schema import Knowledge
from knowledge.search.passages import Passage
from knowledge.search.ranker import LabeledText
from knowledge.search.tokens import Concepts, make_concepts

HERE: Final = Path(__file__).parent
ELSEWHERE: Final = "elsewhere"  # the label of subjects that are not covered here

_TITLE: Final = 0.8  # an author's words count less than a user's
_TEXT: Final = 0.6


def load_concepts() -> Concepts:
    """Load and compile the synonym file."""
    return make_concepts(_yaml("synonyms.yaml"))


def stories(knowledge: Knowledge) -> list[LabeledText]:
    """All lines that describe a cause."""
    more = _yaml("phrases.yaml")
    lines = []
    for cause in knowledge.causes.values():
        lines += [
            LabeledText(cause.id, cause.title, _TITLE),
            LabeledText(cause.id, cause.generic_customer, _TEXT),
        ]
        fields = dict.fromkeys((*cause.symptoms, *map(str, more.get(cause.id, ()))))
        lines += [LabeledText(cause.id, text) for text in fields]
    return lines + [LabeledText(ELSEWHERE, text) for text in more[ELSEWHERE]]


def questions_for(passages: Sequence[Passage]) -> list[LabeledText]:
    """All lines that ask for a passage, and the subjects that no passage covers."""
    more = _yaml("asked.yaml")
    lines = []
    for passage in passages:
        lines += [LabeledText(passage.id, passage.title), LabeledText(passage.id, passage.text, _TEXT)]
        fields = dict.fromkeys((*passage.questions, *map(str, more.get(passage.id, ()))))
        lines += [LabeledText(passage.id, text) for text in fields]
    return lines + [LabeledText(ELSEWHERE, text) for text in _yaml("elsewhere.yaml")["subjects"]]


def extra_lines(name: str) -> dict[str, Any]:
    """The lines of `phrases.yaml` or `asked.yaml`, by label."""
    return _yaml(name)


def _yaml(name: str) -> dict[str, Any]:
    found: dict[str, Any] = parse_yaml((HERE / name).read_bytes(), f"knowledge/search/{name}").value
    return found
