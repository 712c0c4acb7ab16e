"""How long a paste takes to read, and how much memory: a long log, a large HAR, a sentence. Processor time, medians."""

import json
import os
import random
import statistics
import time
import tracemalloc
from typing import Final

from bot.intake.read import read
from bot.model.vocabulary import make_vocabulary
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from tests.bot.intake.noise import NOISE

RUNS: Final = 5
LINE: Final = (
    "WebSocket connection to 'wss://voice-js.roaming.twilio.com/signal' failed: net::ERR_NAME_NOT_RESOLVED"
)
SENTENCE: Final = "Since the office moved nobody can place calls from Chrome, but on mobile data it works"


def _log() -> str:
    lots = random.Random(1)
    return "\n".join([*(lots.choice(NOISE) for _ in range(12_000)), LINE])[-1_000_000:]


def _har() -> bytes:
    entry = {
        "request": {"method": "GET", "url": "https://cdn.example.com/big.js", "headers": []},
        "response": {"status": 200, "content": {"text": "x" * 1_000_000}},
    }
    return json.dumps({"log": {"version": "1.2", "entries": [entry] * 49}}).encode()


def measure() -> bool:
    """Print a row for each kind of paste; True when every goal is met."""
    knowledge = load_knowledge(quick=True)
    vocabulary = make_vocabulary(knowledge, load_network(None), ("local",))
    began = time.process_time()
    read(SENTENCE, vocabulary, knowledge)
    print(f"first sentence, which builds the index: {(time.process_time() - began) * 1000:.0f} ms")
    met = True
    for name, paste, goal in (
        ("1 MB log", _log(), 1.0),
        ("49 MB HAR", _har(), 10.0),
        ("sentence", SENTENCE, 0.02),
    ):
        spent = []
        for _ in range(RUNS):
            began = time.process_time()
            read(paste, vocabulary, knowledge)
            spent.append(time.process_time() - began)
        tracemalloc.start()
        read(paste, vocabulary, knowledge)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        median = statistics.median(spent)
        met &= median <= goal
        print(
            f"{name}: median {median * 1000:.0f} ms of {RUNS} (goal {goal * 1000:.0f}), {peak / 1e6:.0f} MB of memory"
        )
    print(f"load {os.getloadavg()[0]:.1f}")
    return met
