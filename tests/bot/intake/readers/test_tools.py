"""Output of tools as people paste it: what each reader finds in it, and the cause that comes first."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.intake.read import read
from bot.intake.readers import TOOLS
from bot.model.vocabulary import make_vocabulary
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network

SAMPLES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("tools.yaml").read_text("utf-8"))
ELSEWHERE = ("trickle-ice",)  # tested beside the samples of captures
WRITERS = {"PAN-OS": 5, "FortiGate": 5, "ASA": 5, "mtr": 5}  # of formats that one reader reads
KNOWLEDGE = load_knowledge(quick=True)
VOCABULARY = make_vocabulary(KNOWLEDGE, load_network(None), ("local",))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample['tool']}: {sample['title']}")
def test_a_tool_is_read(sample: dict[str, Any]) -> None:
    """Host and facts are those of the output, and nothing is claimed that it does not show."""
    reading = read(sample["text"], VOCABULARY, KNOWLEDGE)
    seen = {look.target.host: look.facts for look in reading.pasted if look.facts["tool"] == sample["tool"]}
    assert len(seen) >= len(sample["rows"])
    for row in sample["rows"]:
        facts = seen[row["host"]]
        assert {name: facts.get(name) for name in row if name != "host"} == {
            name: value for name, value in row.items() if name != "host"
        }
    match reading.match.causes, sample.get("first"):
        case _, None:
            pass
        case _, "none":
            assert reading.match.verdict == "none", reading.match.causes[:3]
        case causes, first:
            assert reading.match.verdict != "none"
            assert causes[0].cause == first, causes[:3]


def test_each_tool_has_samples() -> None:
    """Five of each, and a healthy one among them."""
    for tool in (item.tool for item in TOOLS if item.tool not in ELSEWHERE):
        samples = [sample for sample in SAMPLES if sample["tool"] == tool]
        assert len(samples) >= 5, tool
        assert any(sample.get("first") == "none" for sample in samples), tool


@pytest.mark.parametrize("writer", WRITERS)
def test_each_writer_has_samples(writer: str) -> None:
    """The same for each of the products that one reader reads."""
    samples = [sample for sample in SAMPLES if writer in sample["title"]]
    assert len(samples) >= WRITERS[writer]
    assert any(sample.get("first") == "none" for sample in samples)


def test_every_sample_says_where_it_was_made() -> None:
    """No sample is taken for the output of a real tool by mistake."""
    assert {sample["made"] for sample in SAMPLES} == {"here", "elsewhere"}


@pytest.mark.parametrize(
    ("sent", "received", "is_loss"),
    [
        (3, 2, False),
        (20, 15, False),
        (50, 48, False),
        (60, 40, True),
        (1000, 960, False),
        (10000, 9500, True),
    ],
)
def test_ping_counts_loss_beyond_chance(sent: int, received: int, is_loss: bool) -> None:
    """As with a device, loss counts from 50 packets on, and only if chance does not explain it."""
    loss = f"{100 * (sent - received) / sent:g}%"
    text = (
        f"$ ping -c {sent} chunderm.gll.twilio.com\nPING chunderm.gll.twilio.com (203.0.113.5) 56(84) bytes of data.\n"
        f"--- chunderm.gll.twilio.com ping statistics ---\n"
        f"{sent} packets transmitted, {received} received, {loss} packet loss, time 100ms\n"
        "rtt min/avg/max/mdev = 20.1/21.1/23.5/0.4 ms"
    )
    signs = [look.facts.get("sign") for look in read(text).pasted]
    assert signs == ["packet_loss" if is_loss else None]
