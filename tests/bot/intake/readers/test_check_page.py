"""A result of the check page that a person pasted: recognized in a text, and in no other JSON."""

import json
from typing import Any

import pytest

from bot.intake.read import read
from bot.intake.readers.check_page import LARGEST, SAYS

RESULT: dict[str, Any] = {
    "v": 1,
    "run": "0123456789ab",
    "same_network": "yes",
    "browser": {"name": "Chrome", "user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"},
    "observations": [{"probe": "websocket", "host": "chunderm.gll.twilio.com", "port": 443, "failure": None}],
}
LINES = "Signaling: works\nCall audio: blocked\nlineman-check: "


@pytest.mark.parametrize(
    "text",
    [
        LINES + json.dumps(RESULT),
        json.dumps(RESULT, separators=(",", ":")),
        f"The customer sent this:\n```\n{LINES}{json.dumps(RESULT)}\n```\nThanks!",
        LINES + json.dumps(RESULT).replace('"', "\u201d"),
        LINES.replace("\n", "\r\n") + json.dumps(RESULT, indent=1),
    ],
)
def test_recognized(text: str) -> None:
    """As copied, alone, in a code block, with typographic quotes, and with line breaks."""
    reading = read(text)
    assert (reading.kind, reading.says, reading.useful, reading.has_report_form) == (
        "report",
        SAYS,
        True,
        True,
    )
    assert json.loads(reading.check) == RESULT
    assert (reading.reports, reading.pasted) == ((), ())


@pytest.mark.parametrize(
    "value",
    [
        {"v": 1, "run": "x", "observations": []},
        {**RESULT, "observations": ["x" * LARGEST]},
        [RESULT["observations"]],
        {},
    ],
)
def test_not_recognized(value: object) -> None:
    """Other JSON, and more than a page can have written."""
    assert read(f"lineman-check: {json.dumps(value)}").check == ""


def test_cut_off() -> None:
    """A text that was cut off is no result, and nothing fails."""
    text = LINES + json.dumps(RESULT)
    for end in range(len(LINES), len(text) - 1, 7):
        assert read(text[:end]).check == ""
