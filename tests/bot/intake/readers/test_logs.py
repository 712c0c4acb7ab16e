"""Lines of logs as people paste them: what each reader finds, the cause that comes first, also in a long log."""

import random
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.intake.read import read
from bot.intake.readers import LOGS
from bot.model.vocabulary import make_vocabulary
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from tests.bot.intake.noise import NOISE

SAMPLES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("logs.yaml").read_text("utf-8"))
KNOWLEDGE = load_knowledge(quick=True)
VOCABULARY = make_vocabulary(KNOWLEDGE, load_network(None), ("local",))
FAULTY = [sample for sample in SAMPLES if sample["signs"] and sample.get("first", "none") != "none"]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample['log']}: {sample['title']}")
def test_a_log_is_read(sample: dict[str, Any]) -> None:
    """Host and sign are those of the line, and nothing is claimed that it does not show."""
    reading = read(sample["text"], VOCABULARY, KNOWLEDGE)
    signs = [[look.target.host, look.facts["sign"]] for look in reading.pasted]
    assert sorted(signs) == sorted(sample["signs"])
    if first := sample.get("first"):
        found = reading.match.causes[0].cause if reading.match.verdict != "none" else "none"
        assert found == first


def test_each_kind_has_samples() -> None:
    """Five of each, and one among them that points to nothing."""
    for log in (item.log for item in LOGS):
        samples = [sample for sample in SAMPLES if sample["log"] == log]
        assert len(samples) >= 5, log
        assert any(sample.get("first") == "none" for sample in samples) or log == "Apple error", log


def test_a_megabyte_is_read_in_a_second() -> None:
    """Of processor time, wherever the line is. The tracer of a coverage run is no part of it."""
    line = FAULTY[0]["text"]
    lots = random.Random(1)
    text = "\n".join(lots.choice(NOISE) for _ in range(12_000))[:990_000]
    read(line, VOCABULARY, KNOWLEDGE)  # once, so that the index of symptoms is there
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        for _ in range(5):  # a busy machine slows the processor itself down
            began = time.process_time()
            reading = read(f"{text}\n{line}", VOCABULARY, KNOWLEDGE)
            if (took := time.process_time() - began) < 1.0:
                break
    finally:
        sys.settrace(tracer)
    assert took < 1.0
    assert reading.match.causes[0].cause == FAULTY[0]["first"]


def test_a_code_at_the_end_of_a_long_log() -> None:
    """It is read, however much stands before it."""
    lots = random.Random(2)
    noise = "\n".join(lots.choice(NOISE) for _ in range(8_000))
    reading = read(
        f"{noise}\nE/VoiceActivity: Call Error: 53405, Media connection failed\n", VOCABULARY, KNOWLEDGE
    )
    assert "53405" in (*reading.codes, *(code for fault in reading.faults for code in fault.codes))
