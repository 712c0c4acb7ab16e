"""Say what to do next after a report, a log, or a tool's output was read."""

from bot.diagnosis.device_evidence import DeviceEvidence
from bot.intake.clues import Reading
from bot.rendering.terminal.short_answer import ask_with_option
from knowledge.model.schema import Knowledge


def next_steps(
    reading: Reading, continued: DeviceEvidence, knowledge: Knowledge, *, ran: bool
) -> tuple[str, ...]:
    """List the next steps: what is missing, what a relay could add, what only the user knows."""
    steps = []
    request = continued.record.request
    if any(report.state == "running" for report in reading.reports):
        steps.append("The test was still running: send the report that it gives on completion.")
    if reading.kind in ("log", "error"):
        steps.append(
            "Run the SDK's preflight test on the device and send its report: it shows how far a call gets."
        )
    if not ran and request.code:
        words = " ".join(
            filter(
                None,
                (
                    request.code,
                    request.platform,
                    f"--edge {request.edge}" if request.edge != "roaming" else "",
                ),
            )
        )
        steps.append(
            f"In the user's network, run: lineman diagnose {words}. Or add --run here, and both are compared."
        )
    if reading.pasted and not all(
        observation.facts.get("placed") for observation in continued.added if "tool" in observation.facts
    ):
        steps.append("If the tools ran on the user's device, add --on-device. Their output then counts.")
    question = continued.record.diagnosis.next_question
    if question and continued.record.diagnosis.outcome != "clear":
        steps.append(f"{ask_with_option(question, knowledge)[:-1]} to lineman diagnose.")
    return tuple(steps)
