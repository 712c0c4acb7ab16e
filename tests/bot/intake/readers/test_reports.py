"""JSON of the Voice Diagnostics Tool and of Voice Insights, and error objects, as people copy them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.intake.read import read
from bot.model.vocabulary import make_vocabulary
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network

SAMPLES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("reports.yaml").read_text("utf-8"))
KNOWLEDGE = load_knowledge(quick=True)
VOCABULARY = make_vocabulary(KNOWLEDGE, load_network(None), ("local",))
FORMS = ("rtc-diagnostics", "Voice Insights", "React Native error", "Android error")


def text_of(sample: dict[str, Any]) -> str:
    """What is pasted."""
    return str(sample["text"]) if "text" in sample else json.dumps(sample["value"], indent=2)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample['form']}: {sample['title']}")
def test_a_report_is_read(sample: dict[str, Any]) -> None:
    """Each edge and error is found, and nothing is claimed that the text does not show."""
    reading = read(text_of(sample), VOCABULARY, KNOWLEDGE)
    found = [
        [
            report.edge or report.edge_asked,
            list(dict.fromkeys(code for fault in report.faults for code in fault.codes)),
        ]
        for report in reading.reports
    ]
    assert found == sample["reports"]
    if first := sample.get("first"):
        assert (reading.match.causes[0].cause if reading.match.verdict != "none" else "none") == first
    if platform := sample.get("platform"):
        assert reading.clues.get("platform") == platform


@pytest.mark.parametrize("form", FORMS)
def test_each_form_has_samples(form: str) -> None:
    """Five of each, and one among them in which nothing is wrong."""
    samples = [sample for sample in SAMPLES if sample["form"] == form]
    assert len(samples) >= 5
    assert any(sample.get("first") == "none" for sample in samples)
