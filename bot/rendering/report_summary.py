"""What a pasted report says, for a terminal: what it is, what the device saw, what follows, what is missing.

Pure: no network, no clock.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.preflight.beside import beside
from bot.preflight.continuing import DEVICE, Continued, Side
from bot.preflight.model import Reading, Report
from bot.preflight.says import remarks, sentences
from bot.redact import hint
from bot.replies.page import Line
from bot.replies.terminal import STYLES, cause_lines, items, section
from bot.replies.view import View

COMPLETED: Final = "The test on the user's device went through; nothing in it points to a cause"
UNTOLD: Final = "What was read does not tell the cause by itself"
# With more reports than this, only what each one is gets told.
IN_FULL: Final = 4


def render(
    reading: Reading, continued: Continued, view: View, quality: Mapping[str, Any], then: tuple[str, ...]
) -> Iterator[Line]:
    """Write *reading* and what follows from it; *then* is what to do next."""
    diagnosis = continued.record.diagnosis
    yield Line(reading.says, "bold")
    if taken_out := hint(reading.removed):
        yield Line(taken_out, "yellow")
    yield Line()
    yield Line(headline(reading, continued, view), STYLES[outcome(reading, continued)])
    for number, report in enumerate(reading.reports[:IN_FULL], 1):
        named = f" ({number} of {len(reading.reports)})" if len(reading.reports) > 1 else ""
        yield from section(f"What the device saw{named}", items(sentences(report, quality)))
        yield from section("Worth knowing", items(remarks(report, quality)))
        yield from section("Not in it", items(missing(report)))
        yield from section("Read with care", items(report.notes))
    yield from section("What was pasted", items(pasted(reading)))
    yield from section("What that answers", items(_side(side, continued) for side in continued.sides))
    yield from section(
        "Beside the relay", items(beside(reading, continued.record.observations, continued.record.relay))
    )
    for found in view.found:
        yield from section("Found", items([found.title])) if len(view.found) > 1 else ()
        yield from cause_lines(found, several=False)
    ruled = [one.title for one in diagnosis.ruled_out]
    yield from section("Ruled out", items(ruled))
    yield from section("Possible", items(f"{one.title}: {one.because}" for one in diagnosis.possible))
    yield from section("Next", items(then))


def outcome(reading: Reading, continued: Continued) -> str:
    """Found, clear (a test that went through, and nothing found) or unclear."""
    if continued.record.diagnosis.found:
        return "found"
    looked_too = continued.record.relay != DEVICE
    if looked_too:
        return continued.record.diagnosis.outcome
    through = reading.reports and all(one.state == "completed" and not one.faults for one in reading.reports)
    return "clear" if through else "unclear"


def headline(reading: Reading, continued: Continued, view: View) -> str:
    """Say in one line what follows."""
    if continued.record.diagnosis.found or continued.record.relay != DEVICE:
        return view.headline
    return COMPLETED if outcome(reading, continued) == "clear" else UNTOLD


def missing(report: Report) -> tuple[str, ...]:
    """List what is not there, in sentences; a log is not expected to be whole."""
    return report.missing if report.form != "log" else ()


def pasted(reading: Reading) -> Iterator[str]:
    """Say what each tool's output shows."""
    for look in reading.pasted:
        facts = look.facts
        shown = [f"{name} {facts[name]}" for name in ("dns", "tcp", "tls", "websocket") if name in facts]
        bad = f": {facts['bad']}" if "bad" in facts else ""
        yield f"{facts['tool']} about {look.target.host}: {', '.join(shown) or 'connected'}{bad}."


def _side(side: Side, continued: Continued) -> str:
    if continued.record.relay == DEVICE or not side.relay:
        return f"{side.asks} {side.device}"
    relay = continued.record.relay
    differ = (
        " They differ, so neither is taken: the two may not stand in the same network." if side.differ else ""
    )
    return f"{side.asks} The user's device: {side.device}; {relay}: {side.relay}.{differ}"
