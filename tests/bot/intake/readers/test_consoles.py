"""Consoles of the real JavaScript SDK in Chromium and Firefox, under one fault each; `make sdk-samples` makes them."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.intake.read import read
from bot.model.vocabulary import make_vocabulary
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network

FOLDER = Path(__file__).with_name("consoles")
EXPECTED: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load((FOLDER / "expected.yaml").read_text("utf-8"))
SAMPLES = [(fault, browser) for fault, browsers in EXPECTED.items() for browser in browsers]
KNOWLEDGE = load_knowledge(quick=True)
VOCABULARY = make_vocabulary(KNOWLEDGE, load_network(None), ("local",))
OF_THIS_MACHINE = re.compile(r"/(?:home|root|tmp|work|usr)/|eyJ[\w-]{10}")


def console(fault: str, browser: str) -> str:
    """The text of one sample."""
    return (FOLDER / browser / f"{fault}.log").read_text("utf-8")


@pytest.mark.parametrize(("fault", "browser"), SAMPLES)
def test_a_console_is_read(fault: str, browser: str) -> None:
    """Platform, codes, signs, and the likeliest causes are right, and only what one line proves is sure."""
    expected = EXPECTED[fault][browser]
    reading = read(console(fault, browser), VOCABULARY, KNOWLEDGE)
    assert reading.clues["platform"] == "javascript"
    assert set(expected["codes"]) <= set(reading.codes)
    assert bool(expected["codes"]) == bool(reading.codes)
    assert set(expected["signs"]) <= {look.facts["sign"] for look in reading.pasted}
    ranked = [candidate.cause for candidate in reading.match.causes]
    assert ranked[: len(expected["causes"])] == expected["causes"]
    assert (reading.match.verdict == "sure") == expected.get("sure", False)


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
def test_a_healthy_console_accuses_nobody(browser: str) -> None:
    """No sign, no cause, and a sentence that says so; Chrome's notice about sound is in every session."""
    reading = read(console("healthy", browser), VOCABULARY, KNOWLEDGE)
    assert (reading.pasted, reading.match.causes, reading.match.verdict) == ((), (), "none")
    assert "without an error" in reading.says
    assert reading.kind == "nothing"


def test_the_notice_about_sound_counts_alone() -> None:
    """Without a log of the SDK around it, Chrome's notice is what somebody chose to paste."""
    notice = next(line for line in console("healthy", "chromium").splitlines() if "AudioContext was" in line)
    reading = read(f"no ringtone before the first click\n{notice}", VOCABULARY, KNOWLEDGE)
    assert reading.match.causes[0].cause == "autoplay-blocked"


@pytest.mark.parametrize(("fault", "browser"), SAMPLES)
def test_samples_hold_nothing_private(fault: str, browser: str) -> None:
    """No token, and no path of the machine that made them."""
    assert OF_THIS_MACHINE.search(console(fault, browser)) is None


def test_each_file_is_expected() -> None:
    """No sample is left out."""
    assert sorted((path.stem, path.parent.name) for path in FOLDER.glob("*/*.log")) == sorted(SAMPLES)
