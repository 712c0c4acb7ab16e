"""What people and machines really wrote, and what must be read from it: the columns kind, way, input, expect, why.

`input` knows backslash n, t and backslash. `expect` is JSON; all that it holds must hold. A row is *sure and wrong* if
the reading claims a cause (verdict `sure`, or found) that its expectation contradicts.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.cli.read import evidence_of
from bot.diagnosis.device_evidence import case_of
from bot.intake.clues import Reading
from bot.intake.read import read
from bot.language.answering import answer_question
from bot.language.case_context import CaseContext
from bot.language.free_text import answer_or_match
from bot.language.make_request import request_for_match
from bot.language.routed_intent import LanguageContext
from bot.language.router import route
from bot.model.request import Request
from bot.model.symptom_match import SymptomMatch
from bot.model.vocabulary import make_vocabulary
from bot.rendering.json import reading as json_reading
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from tests.eval.data import HERE

_ESCAPES: Final = {"n": "\n", "t": "\t"}
KNOWLEDGE: Final = load_knowledge()
NETWORK: Final = load_network()
VOCABULARY: Final = make_vocabulary(KNOWLEDGE, NETWORK, ("local",))
LANGUAGE: Final = LanguageContext(KNOWLEDGE, NETWORK, VOCABULARY)


@dataclass(frozen=True, slots=True)
class FieldCase:
    kind: str
    way: str
    text: str
    expect: Mapping[str, Any]


def load_cases(name: str) -> list[FieldCase]:
    rows = [line.split("\t") for line in (HERE / name).read_text("utf-8").splitlines()[1:] if line.strip()]
    return [
        FieldCase(
            row[0], row[1], re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), row[2]), json.loads(row[3])
        )
        for row in rows
    ]


def outcome_of(case: FieldCase) -> dict[str, Any]:
    """What the product makes of the text: the keys that `faults` looks at."""
    match case.way:
        case "read":
            return _read(case.text)
        case "ask":
            given = case.expect.get("with") or {}
            answer = answer_question(
                case.text, CaseContext(platform=given.get("platform", "")), KNOWLEDGE, NETWORK
            )
            return {"answered": answer.answered, "says": " ".join(item.text for item in answer.sentences)}
    return _routed(case.text)


def _read(text: str) -> dict[str, Any]:
    reading = read(text, VOCABULARY, KNOWLEDGE)
    evidence = evidence_of(reading, VOCABULARY, KNOWLEDGE, NETWORK) if reading.useful else None
    got = json_reading.render(reading, evidence, KNOWLEDGE)
    return got | {name: [item["id"] for item in got[name]] for name in ("causes", "found")}


def _routed(text: str) -> dict[str, Any]:
    """What `lineman diagnose` or a conversation would look into, and what is found before any check has run."""
    routed = route(text, LANGUAGE)
    reading = read(text, VOCABULARY, KNOWLEDGE)
    request = routed if isinstance(routed, Request) else None
    if isinstance(routed, SymptomMatch):
        request = request_for_match(routed, KNOWLEDGE, VOCABULARY)
    got = _read(text)
    evidence = (
        case_of(Reading("nothing", ""), request, KNOWLEDGE, NETWORK, on_device=False) if request else None
    )
    found = [judged.cause for judged in evidence.record.diagnosis.found] if evidence else []
    free = answer_or_match(text, CaseContext(), LANGUAGE) if not request else None
    # Before a run begins, both a terminal and Slack print the code that it looks into.
    says = [
        got["says"],
        *([request.code] if request else []),
        *(item.text for item in getattr(free, "sentences", ())),
    ]
    return got | {
        "found": found,
        "codes": [request.code] if request and not request.assumed else list(reading.codes),
        "platform": request.platform if request else None,
        "says": " ".join([*says, *(KNOWLEDGE.causes[name].title for name in found)]),
        "rc": 0 if request else 2,
    }


def faults(got: Mapping[str, Any], expect: Mapping[str, Any]) -> list[str]:
    """What does not hold, in words."""
    return [f"{key}: {_seen(got, key)}" for key, wanted in expect.items() if not _holds(got, key, wanted)]


def _seen(got: Mapping[str, Any], key: str) -> object:
    name = {
        "top1": "causes",
        "top3": "causes",
        "not_top1": "causes",
        "not_top3": "causes",
        "not_codes": "codes",
    }
    value = got.get(name.get(key, key.removeprefix("not_") if key in ("not_found", "not_says") else key))
    return (
        value[:4]
        if isinstance(value, list)
        else got.get("verdict")
        if key in ("verdict", "never_sure")
        else value
    )


def _holds(got: Mapping[str, Any], key: str, wanted: Any) -> bool:  # noqa: C901  # one branch per key
    causes, found, codes = (list(got.get(name) or ()) for name in ("causes", "found", "codes"))
    none = got.get("verdict") == "none"
    match key:
        case "top1" | "top3":
            first = {*causes[: int(key[3])], *found[: int(key[3])]}
            return (bool({*wanted} & first) and not (none and not found)) or ("-" in wanted and none)
        case "not_top1" | "not_top3":
            return none or not {*wanted} & {*causes[: int(key[7])]}
        case "codes" | "found":
            return {*wanted} <= {*codes} if key == "codes" else bool({*wanted} & {*found})
        case "not_codes" | "not_found":
            have = codes if key == "not_codes" else found
            return not have if "*" in wanted else not {*wanted} & {*have}
        case "told":
            return all((got.get("told") or {}).get(name) == value for name, value in wanted.items())
        case "verdict":
            return got.get("verdict") in wanted
        case "never_sure":
            return got.get("verdict") != "sure"
        case "says" | "not_says":
            return bool(re.search(wanted, got.get("says") or "")) is (key == "says")
        case "rc_not":
            return got.get("rc") not in wanted
        case "with":
            return True
    return bool(got.get(key) == wanted)


def is_sure_and_wrong(got: Mapping[str, Any], expect: Mapping[str, Any]) -> bool | None:
    """None if nothing is claimed as sure, else whether that is wrong."""
    sure, found = got.get("verdict") == "sure", list(got.get("found") or ())
    claims = [*found, *(got["causes"][:1] if sure else [])]
    if not claims:
        return None
    right = {*expect.get("top1", ()), *expect.get("top3", ()), *expect.get("found", ())} - {"-"}
    unproven = {*expect.get("not_found", ())}
    unranked = {*expect.get("not_top1", ()), *expect.get("not_top3", ())}
    if sure and (expect.get("never_sure") or "sure" not in expect.get("verdict", ["sure"])):
        return True
    if found and ("*" in unproven or unproven & {*found}):
        return True
    return (sure and bool(unranked & {*got["causes"][:1]})) or (bool(right) and not right & {*claims})


@dataclass(frozen=True, slots=True)
class FieldScore:
    rows: int
    right: int
    sure: int
    sure_wrong: int
    kinds: Mapping[str, tuple[int, int]]
    misses: tuple[str, ...]

    def __str__(self) -> str:
        by_kind = ", ".join(f"{kind} {right}/{total}" for kind, (right, total) in sorted(self.kinds.items()))
        share = f"{self.right / self.rows:.1%}" if self.rows else "-"
        claims = f"sure and wrong {self.sure_wrong} of {self.sure}"
        return f"right {self.right} of {self.rows} ({share}), {claims}; {by_kind}"


def measure_cases(cases: Iterable[FieldCase]) -> FieldScore:
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    claims: list[bool] = []
    misses = []
    for case in cases:
        got = outcome_of(case)
        wrong = faults(got, case.expect)
        claim = is_sure_and_wrong(got, case.expect) if case.way == "read" else None
        claims += [] if claim is None else [claim]
        total[case.kind] += 1
        right[case.kind] += not wrong
        if wrong or claim:
            mark = "SURE-WRONG" if claim else "wrong"
            misses.append(f"{mark:10} {case.kind:22} {case.way:12} {case.text[:110]!r} -> {'; '.join(wrong)}")
    kinds = {kind: (right[kind], count) for kind, count in total.items()}
    return FieldScore(
        sum(total.values()), sum(right.values()), len(claims), sum(claims), kinds, tuple(misses)
    )


def field_files() -> Iterator[str]:
    """The tables of field cases, each measured apart."""
    yield from sorted(path.name for path in HERE.glob("field-*.tsv"))
