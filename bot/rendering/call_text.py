"""What the service has about one call, in words for terminal and Slack.

Pure.
"""

from collections.abc import Mapping
from typing import Any

from bot.diagnosis.call_data import CallData
from bot.intake.summary import remarks, sentences


def call_sentences(call: CallData, quality: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return a title and the sentences: what the call's data show, and what they cannot tell."""
    if call.reading is None:
        return f"No data for call {call.sid}", list(call.problems)
    texts = [call.reading.says]
    for report in call.reading.reports:
        texts += [*sentences(report, quality), *remarks(report, quality), *report.notes]
    return f"Twilio\u2019s data for call {call.sid}", list(dict.fromkeys(texts))
