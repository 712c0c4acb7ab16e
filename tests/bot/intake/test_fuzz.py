"""Broken reports: each gives a reading, and none an exception; 10,000 of them by `make preflight-fuzz`."""

import json
import os
import random

import pytest

from bot.diagnosis.device_evidence import observations_of
from bot.intake.read import read
from bot.intake.summary import remarks, sentences
from bot.rendering.report_summary import pasted
from knowledge.model.network import Network
from probes.protocol.json_codec import dump, load, observation_from_json, observation_to_json
from tests.bot.intake.samples import SAMPLES, Json

pytestmark = pytest.mark.unmeasured

TIMES = 10_000 if os.environ.get("LINEMAN_FUZZ") == "full" else 2_000
JUNK = (
    "{", "}", "[", "]", "(", ")", ":", ";", "=", ",", '"', "'", "`", "\\", "\n", "\u201c", "\u2026", "\x00", "\ud800",
    "null", "NaN", "1e999", "-0", "true", '"code": 53000', "Optional(", "AnyHashable(",
    "candidate:1 1 udp 1 192.0.2.1 9 typ relay",
    "-connect a.example:443 CONNECTED(0", "<<>> a.example", "\u0661\u0662", "9" * 400, "&lt;", "<http://a.example|",
    "//", "/*",
)  # fmt: skip


def short(report: Json) -> Json:
    """The same with one sample and the selected pair alone: small, so that a change hits something."""
    return {
        key: value[:1] if isinstance(value, list) else value
        for key, value in report.items()
        if not key.startswith("iceCandidate")
    }


def part(report: Json, lots: random.Random) -> Json:
    """Some of its keys."""
    return {key: report[key] for key in lots.sample(sorted(report), k=lots.randint(3, 7))}


def broken(text: str, lots: random.Random) -> str:
    """Cut, double, insert and swap in *text*."""
    for _ in range(lots.randint(1, 8)):
        at = lots.randrange(len(text) + 1)
        end = min(len(text), at + lots.randint(0, 40))
        match lots.randrange(4):
            case 0:
                text = text[:at] + text[end:]
            case 1:
                text = text[:end] + text[at:]
            case 2:
                text = text[:at] + lots.choice(JUNK) + text[at:]
            case _:
                text = text[:at] + lots.choice(JUNK) + text[end:]
    return text


def replaced(value: object, lots: random.Random) -> object:
    """Put a value of another type where lots fall."""
    if lots.random() < 0.08:
        return lots.choice(
            [None, "", "x", -1, 1e308, 10**400, True, [], {}, [[]], {"a": {}}, "\ud800", 2**63, "1,5 ms"]
        )
    if isinstance(value, dict):
        return {key: replaced(one, lots) for key, one in value.items()}
    return [replaced(one, lots) for one in value] if isinstance(value, list) else value


def test_broken_reports_give_a_reading_each(twilio: Network) -> None:
    """Whatever was done to a report, a sentence comes out, facts that travel as JSON, and no exception."""
    lots = random.Random(31009)
    whole = [short(make()) for make in SAMPLES.values()]
    useful = 0
    for number in range(TIMES):
        if number % 4 == 0:
            text = json.dumps(replaced(lots.choice(whole), lots))
        else:
            text = broken(json.dumps(part(lots.choice(whole), lots)), lots)
        reading = read(text)
        assert reading.says
        useful += reading.useful
        if number % 10 == 0:
            for report in reading.reports:
                list(sentences(report, twilio.quality)), list(remarks(report, twilio.quality))
            list(pasted(reading.pasted))
            for one in observations_of(reading, twilio, "roaming"):
                again = observation_from_json(load(dump(observation_to_json(one))))
                assert again.facts == one.facts
    assert useful > TIMES * 0.5
