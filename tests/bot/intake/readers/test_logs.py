"""Lines of logs as people paste them: what each reader finds, the cause that comes first, also in a long log."""

import random
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


@pytest.mark.unmeasured
def test_a_log_costs_as_much_as_it_is_long() -> None:
    """Eight times the lines take about eight times as long to read, not the square; the decisive line is found.

    The two are timed side by side, so a busy machine slows both. `make bench` prints the seconds of a megabyte.
    """
    line = FAULTY[0]["text"]
    lots = random.Random(1)
    text = "\n".join(lots.choice(NOISE) for _ in range(12_000))[:990_000]
    short, long = f"{text[: len(text) // 8]}\n{line}", f"{text}\n{line}"
    read(line, VOCABULARY, KNOWLEDGE)  # once, so that the index of symptoms is there
    spent: dict[str, list[float]] = {short: [], long: []}
    for paste in (short, long, short, short):
        began = time.process_time()
        reading = read(paste, VOCABULARY, KNOWLEDGE)
        spent[paste].append(time.process_time() - began)
        assert reading.match.causes[0].cause == FAULTY[0]["first"]
    assert min(spent[long]) < 3 * 8 * min(spent[short])


@pytest.mark.parametrize("title", ["Safari, the network is down", "Safari, the name"])
def test_an_error_without_a_host_takes_none_of_other_requests(title: str) -> None:
    """Safari does not name the WebSocket's host, and the page has loaded something from another one just before."""
    sample = next(sample for sample in SAMPLES if sample["title"] == title)
    noise = "2026-03-05 GET https://api.example.com/v2/agents 200 (OK)\n"
    reading = read(noise + sample["text"], VOCABULARY, KNOWLEDGE)
    assert [[look.target.host, look.facts["sign"]] for look in reading.pasted] == sample["signs"]
    assert reading.match.causes[0].cause == sample["first"]


def test_a_code_at_the_end_of_a_long_log() -> None:
    """It is read, however much stands before it."""
    lots = random.Random(2)
    noise = "\n".join(lots.choice(NOISE) for _ in range(8_000))
    reading = read(
        f"{noise}\nE/VoiceActivity: Call Error: 53405, Media connection failed\n", VOCABULARY, KNOWLEDGE
    )
    assert "53405" in (*reading.codes, *(code for fault in reading.faults for code in fault.codes))
