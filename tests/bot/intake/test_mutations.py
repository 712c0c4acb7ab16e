"""Pastes as they arrive: cut, doubled, shuffled, quoted, encoded otherwise, in the midst of noise.

None breaks the reader, none holds it up, and no secret comes out. A decisive line is found in 99 of 100. The gate
reads 150 of them, `make paste-fuzz` 10,000.
"""

import json
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from bot.intake.clues import Reading
from bot.intake.read import read
from bot.model.vocabulary import make_vocabulary
from bot.rendering.json import reading as json_reading
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from tests.bot.intake.noise import NOISE, noisy
from tests.bot.intake.samples import SAMPLES as REPORTS

pytestmark = pytest.mark.unmeasured

TIMES: Final = 10_000 if os.environ.get("LINEMAN_FUZZ") == "full" else 150
LONGEST: Final = 3.0  # seconds of processor time for one paste
KNOWLEDGE = load_knowledge(quick=True)
VOCABULARY = make_vocabulary(KNOWLEDGE, load_network(None), ("local",))
FOLDER: Final = Path(__file__).with_name("readers")
SAMPLES: list[dict[str, Any]] = [
    sample
    for name in ("tools.yaml", "logs.yaml")
    for sample in yaml.safe_load((FOLDER / name).read_text("utf-8"))
]
FAULTY = [sample for sample in SAMPLES if sample.get("first", "none") != "none"]
OBJECTS: list[dict[str, Any]] = yaml.safe_load((FOLDER / "reports.yaml").read_text("utf-8"))
TEXTS = [
    *(str(sample["text"]) for sample in SAMPLES),
    *(json.dumps(report()) for report in REPORTS.values()),
    *(str(sample.get("text") or json.dumps(sample["value"], indent=2)) for sample in OBJECTS),
]
HIDDEN: Final = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
SECRETS: Final = (
    f"TWILIO_AUTH_TOKEN={HIDDEN}",
    f'{{"username": "x", "credential": "{HIDDEN}"}}',
    f"> Authorization: Bearer {HIDDEN}",
    f"https://agent:{HIDDEN}@proxy.example.com/",
    f'{{"type":"listen","payload":{{"token":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ{HIDDEN}In0.{HIDDEN}"}}}}',
)


def shuffled(text: str, lots: random.Random) -> str:
    """*text* with its lines in another order."""
    lines = text.split("\n")
    lots.shuffle(lines)
    return "\n".join(lines)


def escaped(text: str, _: random.Random) -> str:
    """*text* as a web page holds it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# What copying, chat programs, and editors do.
CHANGES: Final[tuple[Callable[[str, random.Random], str], ...]] = (
    lambda text, lots: text[: lots.randrange(len(text) + 1)],
    lambda text, lots: text[lots.randrange(len(text) + 1) :],
    lambda text, _: f"{text}\n{text}",
    shuffled,
    lambda text, _: "\n".join(f"> {line}" for line in text.split("\n")),
    lambda text, _: text.replace("\n", "\r\n").replace("'", "\u2019").replace('"', "\u201c"),
    lambda text, _: f"```\n{text}\n```",
    escaped,
    lambda text, lots: f"{text}\n{lots.choice(TEXTS)}",
    lambda text, lots: noisy(text, lots.randrange(1, 30), lots),
)


def mutated(text: str, lots: random.Random) -> str | bytes:
    """Change *text* up to three times, put a secret beside it, and encode it somehow."""
    for _ in range(lots.randint(1, 3)):
        text = lots.choice(CHANGES)(text, lots)
    secret = lots.choice(SECRETS)
    text = f"{secret}\n{text}" if lots.random() < 0.5 else f"{text}\n{secret}"
    encoding = lots.choice(("", "", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"))
    return text.encode(encoding, "replace") if encoding else text


def printed(reading: Reading) -> str:
    """All that `lineman read --json` prints, and the observations that may be stored."""
    return json.dumps(json_reading.render(reading, None, KNOWLEDGE)) + repr((reading.pasted, reading.reports))


def test_mutated_pastes() -> None:
    """A reading each, in time, without a secret."""
    lots = random.Random(20)
    for number in range(TIMES):
        paste = mutated(lots.choice(TEXTS), lots)
        began = time.process_time()
        reading = read(paste, VOCABULARY, KNOWLEDGE)
        assert time.process_time() - began < LONGEST, (number, paste[:500])
        assert HIDDEN not in printed(reading), (number, paste[-500:])


def test_a_decisive_line_is_found_in_noise() -> None:
    """In 99 of 100, wherever it stands among 500 lines."""
    lots = random.Random(21)
    chosen = FAULTY * (TIMES // 10 // len(FAULTY)) or lots.sample(FAULTY, 25)
    missed = []
    for sample in chosen:
        text = noisy(sample["text"], 500, lots)
        match = read(text, VOCABULARY, KNOWLEDGE).match
        if match.verdict == "none" or match.causes[0].cause != sample["first"]:
            missed.append(
                (sample["title"], match.verdict, [candidate.cause for candidate in match.causes[:2]])
            )
    assert len(missed) <= len(chosen) / 100, missed


def test_noise_alone_points_to_nothing() -> None:
    """Otherwise the noise would decide above."""
    lots = random.Random(22)
    text = "\n".join(lots.choice(NOISE) for _ in range(500))
    assert read(text, VOCABULARY, KNOWLEDGE).pasted == ()
