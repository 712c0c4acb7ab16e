"""Build the values of `schema.py` from documents with a valid structure.

Pure. Checks nothing: `structure.py` has run before, `references.py` runs after.
"""

from collections.abc import Mapping
from typing import Any

from knowledge.loading.healthy import healthy_answer
from knowledge.model.examples import CauseExample, QuestionExample
from knowledge.model.person import HeardWords, Person
from knowledge.model.platforms import ErrorCode, Platform, Preflight, Reference, Sdk, Snippet
from knowledge.model.problems import Document, Origin
from knowledge.model.rules import Combined, Else, Quantified, Rule, Test
from knowledge.model.schema import (
    Alternatives,
    AnswerRule,
    Cause,
    Condition,
    DeviceAnswer,
    Explains,
    Fix,
    ImpactWhen,
    Observe,
    Option,
    Question,
)

LISTS = ("found", "possible", "ruled_out", "not_checked", "explained")


def build_question(document: Document) -> Question:
    """Build the question in *document*."""
    raw = document.value
    person = raw.get("person")
    observe = tuple(Observe(**item) for item in _many(raw.get("observe", [])))
    text = bool(person) or raw.get("code", False)
    answers = tuple(_answer(name, given, text) for name, given in raw["answers"].items())
    return Question(
        id=raw["id"],
        asks=raw["asks"],
        means=raw["means"],
        answers=answers,
        needs=_condition(raw.get("needs", {})),
        observe=observe,
        person=_person(raw) if person else None,
        code=raw.get("code", False),
        platforms=tuple(raw.get("platforms", ())),
        cost=float(raw.get("cost", 60 if person else 1)),
        tolerant=raw.get("tolerant", False),
        optional=raw.get("optional", False),
        texts=dict(raw.get("says", {})),
        fine=healthy_answer(answers, observe),
        cases=tuple(_question_case(item) for item in raw.get("cases", ())),
        device=tuple(_device_answer(name, item) for name, item in raw.get("device", {}).items()),
        origin=_origin(document),
    )


def build_cause(document: Document) -> Cause:
    """Build the cause in *document*."""
    raw = document.value
    return Cause(
        id=raw["id"],
        title=raw["title"],
        customer=raw["customer"],
        impact=raw["impact"],
        weight=raw["weight"],
        when=_alternatives(raw["when"]),
        clears_only_if=_condition(raw.get("clears_only_if", {})),
        clears_if=_condition(raw.get("clears_if", {})),
        explains=tuple(_explains(item) for item in raw.get("explains", ())),
        likely_when=_alternatives(raw.get("likely_when", [])),
        impact_when=tuple(_impact_when(item) for item in raw.get("impact_when", ())),
        platforms=tuple(raw.get("platforms", ())),
        evidence=tuple(raw["evidence"]),
        fixes={key: tuple(Fix(**fix) for fix in fixes) for key, fixes in raw["fixes"].items()},
        references=_references(raw),
        symptoms=tuple(raw.get("symptoms", ())),
        local=raw.get("local", False),
        network=raw.get("network", True),
        from_everywhere=raw.get("from_everywhere", ""),
        checked=raw.get("checked", ""),
        cases=tuple(_cause_case(item) for item in raw.get("cases", ())),
        origin=_origin(document),
    )


def build_platform(document: Document) -> Platform:
    """Build the platform in *document*."""
    raw = document.value
    preflight: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in raw["preflight"].items()
    }
    return Platform(
        id=raw["id"],
        title=raw["title"],
        sdk=Sdk(**raw["sdk"]),
        preflight=Preflight(**preflight),
        snippets={key: Snippet(**item) for key, item in raw["snippets"].items()},
        aliases=tuple(raw.get("aliases", ())),
        like=raw.get("like", ""),
        references=_references(raw),
        origin=_origin(document),
    )


def build_error(document: Document) -> ErrorCode:
    """Build the error code in *document*."""
    raw = document.value
    confused = raw.get("confused_with", {})
    return ErrorCode(
        code=str(raw["code"]),
        name=raw["name"],
        means=raw["means"],
        platforms=tuple(raw.get("platforms", ())),
        related=tuple(str(code) for code in raw.get("related", ())),
        confused_with=confused if isinstance(confused, dict) else {str(code): "" for code in confused},
        elsewhere=raw.get("elsewhere", ""),
        confidence=raw.get("confidence", "verified"),
        references=_references(raw),
        checked=raw.get("checked", ""),
        origin=_origin(document),
    )


def build_rule(raw: Any) -> Rule:
    """Build the rule in *raw*: `else`, or a mapping with one key."""
    if raw == "else":
        return Else()
    ((key, inner),) = raw.items()
    if key in ("all", "any"):
        return Combined(key, tuple(build_rule(item) for item in inner))
    return Quantified(key, tuple(_test(name, wanted) for name, wanted in inner.items()))


def _answer(name: str, raw: Any, by_person: bool) -> AnswerRule:
    if not by_person:
        return AnswerRule(name, rule=build_rule(raw))
    if raw == "else":
        return AnswerRule(name, option=Option(says=name))
    words = tuple(word.casefold() for word in _many(raw.get("is", [])))
    return AnswerRule(
        name, option=Option(raw["says"], words, _text(raw.get("below")), _text(raw.get("from")))
    )


def _person(raw: Mapping[str, Any]) -> Person:
    heard = raw.get("heard", {"words": [], "answers": {}})
    words = tuple(word.casefold() for word in heard["words"])
    patterns = {name: tuple(_many(items)) for name, items in heard["answers"].items()}
    return Person(**raw["person"], heard=HeardWords(words, patterns))


def _device_answer(name: str, raw: Mapping[str, Any]) -> DeviceAnswer:
    return DeviceAnswer(
        name,
        build_rule(raw["shows"]),
        raw.get("says", ""),
        tuple(raw.get("agrees", ())),
        tuple(raw.get("over", ())),
    )


def _test(name: str, wanted: Any) -> Test:
    if isinstance(wanted, dict):
        ((kind, value),) = wanted.items()
        return Test(name, kind, tuple(value) if isinstance(value, list) else (value,))
    return Test(name, "is", tuple(wanted) if isinstance(wanted, list) else (wanted,))


def _question_case(raw: Mapping[str, Any]) -> QuestionExample:
    if "device" in raw:
        return QuestionExample((raw["device"],), raw["answer"], device=True)
    if "heard" in raw:
        return QuestionExample(raw["heard"], raw["answer"], heard=True)
    given = raw["given"]
    return QuestionExample(tuple(given) if isinstance(given, list) else str(given), raw["answer"])


def _cause_case(raw: Mapping[str, Any]) -> CauseExample:
    return CauseExample(
        given=raw["given"],
        lists={name: tuple(raw[name]) for name in LISTS if name in raw},
        confidence=raw.get("confidence", {}),
        impact=raw.get("impact", {}),
        platform=raw.get("platform"),
    )


def _explains(raw: Any) -> Explains:
    return Explains(raw) if isinstance(raw, str) else Explains(raw["id"], _condition(raw["when"]))


def _impact_when(raw: Mapping[str, Any]) -> ImpactWhen:
    return ImpactWhen(raw["impact"], _condition(raw["when"]))


def _alternatives(raw: Any) -> Alternatives:
    return tuple(_condition(item) for item in _many(raw))


def _condition(raw: Mapping[str, Any]) -> Condition:
    return {question: tuple(_many(answers)) for question, answers in raw.items()}


def _references(raw: Mapping[str, Any]) -> tuple[Reference, ...]:
    return tuple(Reference(**item) for item in raw.get("references", ()))


def _origin(document: Document) -> Origin:
    return Origin(document.file, document.lines)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
