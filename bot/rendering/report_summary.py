"""Headline and gaps of a preflight report."""

from collections.abc import Iterable, Iterator
from typing import Final

from bot.diagnosis.device_evidence import DEVICE, DeviceEvidence
from bot.intake.clues import Reading
from bot.intake.preflight_report import PreflightReport
from bot.rendering.view import View
from probes.protocol.model import Observation

COMPLETED: Final = "The test on the user's device passed. It shows no cause"


UNTOLD: Final = "The text alone does not show the cause"


MEASUREMENTS: Final = "measurements"  # in place of a host: they are about the whole call
_MEASURED: Final = {"rtt_ms": "round trip {} ms", "jitter_ms": "jitter {} ms", "loss_percent": "loss {} %"}


# What a tool shows that has no failure in it.
_SHOWS: Final = (
    ("ping", "silent", "no answer, which proves nothing"),
    ("ping", "answers", "it answers"),
    ("trace", "arrives", "the path is complete"),
    ("verdict", "passed", "let through"),
    ("ipv6_addresses", 0, "no IPv6 address; calls then use IPv4"),
)


def outcome(reading: Reading, continued: DeviceEvidence) -> str:
    """Return "found", "clear" (the test completed and nothing was found), or "unclear"."""
    if continued.record.diagnosis.found:
        return "found"
    looked_too = continued.record.relay != DEVICE
    if looked_too:
        return continued.record.diagnosis.outcome
    through = reading.reports and all(
        report.state == "completed" and not report.faults for report in reading.reports
    )
    return "clear" if through else "unclear"


def headline(reading: Reading, continued: DeviceEvidence, view: View) -> str:
    """Return the conclusion in one line."""
    if continued.record.diagnosis.found or continued.record.relay != DEVICE:
        return view.headline
    return COMPLETED if outcome(reading, continued) == "clear" else UNTOLD


def missing(report: PreflightReport) -> tuple[str, ...]:
    """List what the report lacks, in sentences; a log may be incomplete, so it lacks nothing."""
    return report.missing if report.form != "log" else ()


def pasted(looks: Iterable[Observation]) -> Iterator[str]:
    """Summarize what each tool or log says about each host."""
    for look in looks:
        facts = look.facts
        texts = [f"{name} {facts[name]}" for name in ("dns", "tcp", "tls", "websocket") if name in facts]
        texts += [text.format(facts[name]) for name, text in _MEASURED.items() if name in facts]
        about = f" about {look.target.host}" if look.target.host not in ("", MEASUREMENTS) else ""
        texts += [text for name, value, text in _SHOWS if facts.get(name) == value and not texts]
        says = ": ".join(filter(None, (", ".join(texts), str(facts.get("bad", "")))))
        says = says or str(facts.get("measured") or facts.get("hint") or "no failure in it")
        yield f"{facts['tool']}{about}: {says.rstrip('.')}."
