"""Any knowledge file loads or is refused with file and line; no other exception is raised."""

import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.checking.completeness import gaps
from knowledge.checking.embedded_cases import question_case_problem
from knowledge.loading.build import build_cause, build_error, build_platform, build_question
from knowledge.loading.load import FOLDER
from knowledge.loading.references import reference_problems
from knowledge.loading.structure import structure_problems
from knowledge.loading.yaml_lines import parse_yaml
from knowledge.model.problems import KnowledgeError
from knowledge.model.schema import Knowledge
from tests.knowledge.small import write_all

pytestmark = pytest.mark.unmeasured

RUNS = 10_000
ELSEWHERE = re.compile("there is no (question|cause|platform|error code) ")
WORDS = [
    b"else",
    b"null",
    b"{}",
    b"[]",
    b"yes",
    b"-",
    b": ",
    b"\n",
    b"  ",
    b"{",
    b"}",
    b"[",
    b"]",
    b"'",
    b'"',
]
WORDS += [
    b"every",
    b"some",
    b"not",
    b"above",
    b"below",
    b"failure",
    b"unknown",
    b"running",
    b"&a",
    b"*a",
    b"!!x",
]
WORDS += [
    b"0",
    b"-1",
    b"1.5",
    b"9" * 30,
    b"\xff",
    b"\x00",
    b"\xe2\x80\xa8",
    b"all: [{any: [else]}]",
    b"port",
    b"~",
]
BUILD = {
    "questions": ("question", build_question),
    "causes": ("cause", build_cause),
    "errors": ("error", build_error),
    "platforms": ("platform", build_platform),
}


def load(source: bytes, room: str) -> bool:
    """Go the whole way of one file; whether it is accepted."""
    problems = refusal(source, room)
    assert all(re.match(r"file\.yaml:[1-9]\d*: \S", one) for one in problems), problems
    return not problems


def refusal(source: bytes, room: str) -> list[str]:
    """What the loader says against the file; what it accepts is used as well."""
    schema, build = BUILD[room]
    try:
        document = parse_yaml(source, "file.yaml")
    except KnowledgeError as error:
        return error.problems
    if problems := structure_problems(document, schema):
        return problems
    rooms: dict[str, dict[str, Any]] = {name: {} for name in BUILD}
    rooms[room]["one"] = build(document)
    knowledge = Knowledge(**rooms, digest="")
    # The other files are not there: only what is wrong inside this one counts.
    problems = [one for one in reference_problems(knowledge) if not ELSEWHERE.search(one)]
    if not problems:
        for question in knowledge.questions.values():
            for case in question.cases:
                question_case_problem(question, case)
            list(gaps(question))
    return problems


def mutated(source: bytes, chance: random.Random) -> bytes:
    """Return *source* with a few bytes, words, or lines replaced, duplicated, or removed."""
    text = bytearray(source)
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice([0, 1, 1, 5, 40]))
        lines = bytes(text).splitlines(keepends=True)
        text[start:end] = chance.choice([chance.choice(WORDS), chance.choice(lines or [b"x"]), b""])
    return bytes(text)


def test_mutated_files(tmp_path: Path) -> None:
    """Ten thousand broken copies of small and real files: each loads or is refused by sentences."""
    small = write_all(tmp_path)
    files = [
        (room, file)
        for at in (small, FOLDER)
        for room in BUILD
        for file in sorted((at / room).glob("*.yaml"))
    ]
    sources = [(room, file.read_bytes()) for room, file in files if file.stat().st_size < 6_000]
    chance = random.Random(31009)  # a fixed seed, so that a failure can be reproduced
    accepted = 0
    for number in range(RUNS):
        room, source = sources[number % len(sources)]
        accepted += load(mutated(source, chance), room)
    assert 0 < accepted < RUNS


@settings(max_examples=300, deadline=None)
@given(
    source=st.binary(max_size=200) | st.text(max_size=200).map(str.encode),
    room=st.sampled_from(sorted(BUILD)),
)
def test_random_bytes(source: bytes, room: str) -> None:
    """Bytes that were never meant as a file are refused as one."""
    assert not load(source, room)
