"""Render a preflight report as JSON, in the format of `docs/schemas/preflight.schema.json`.

Pure: no network, no clock.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from bot.diagnosis.device_evidence import DEVICE, DeviceEvidence
from bot.diagnosis.discrepancies import find_discrepancies
from bot.intake.clues import Reading
from bot.intake.observation import kinds_of, media_of, path_of, signaling_of
from bot.intake.preflight_report import PreflightReport, word_for
from bot.intake.summary import remarks, sentences
from bot.rendering.report_summary import headline, outcome
from bot.rendering.view import View

# Increased when a field is renamed or its meaning changes; new fields do not increase it.
FORMAT: Final = 1


def render(
    reading: Reading,
    continued: DeviceEvidence,
    view: View,
    quality: Mapping[str, Any],
    then: tuple[str, ...],
    version: str,
) -> dict[str, Any]:
    """Return the reading and its conclusions as JSON values, without secrets."""
    record = continued.record
    return {
        "format": FORMAT,
        "version": version,
        "kind": reading.kind,
        "says": reading.says,
        "removed": list(reading.removed),
        "outcome": outcome(reading, continued),
        "headline": headline(reading, continued, view),
        "request": {
            "code": record.request.code,
            "platform": record.request.platform,
            "edge": record.request.edge,
            "told": dict(record.request.answers),
        },
        "relay": None if record.relay == DEVICE else {"name": record.relay, "vantage": record.vantage},
        "reports": [_report(report, quality) for report in reading.reports],
        "pasted": [
            {"host": observation.target.host, "port": observation.target.port, **observation.facts}
            for observation in continued.added
            if "tool" in observation.facts
        ],
        "answers": [asdict(side) for side in continued.comparisons],
        "beside": list(find_discrepancies(reading, record.observations, record.relay)),
        "found": [asdict(cause) for cause in view.found],
        "risks": [asdict(cause) for cause in view.risks],
        "possible": [{"id": judged.cause, "because": judged.because} for judged in record.diagnosis.possible],
        "ruled_out": [
            {"id": judged.cause, "because": judged.because} for judged in record.diagnosis.ruled_out
        ],
        "next": list(then),
        "observations": [
            {"step": observation.step, "probe": observation.probe, "facts": dict(observation.facts)}
            for observation in continued.added
        ],
        "knowledge": {"digest": record.digest},
    }


def _report(report: PreflightReport, quality: Mapping[str, Any]) -> dict[str, Any]:
    score = report.mos_computed if report.mos_computed is not None else report.mos.average
    return {
        "form": report.form,
        "platforms": list(report.platforms),
        "sdk_version": report.sdk,
        "state": report.state,
        "call_sid": report.call_sid,
        "edge": {"chosen": report.edge, "asked": report.edge_asked, "written": report.edge_written},
        "signaling": signaling_of(report),
        "media": media_of(report),
        "path": path_of(report),
        "turn_required": report.turn_required,
        "candidates": list(kinds_of(report)),
        "selected": {
            "local": asdict(report.local) if report.local else None,
            "remote": asdict(report.remote) if report.remote else None,
        },
        "timing_ms": asdict(report.timing),
        "rtt_ms": asdict(report.rtt),
        "jitter_ms": asdict(report.jitter),
        "loss_percent": report.loss_percent,
        "mos": {
            "reported": report.mos.average,
            "computed": report.mos_computed,
            "band": word_for(score) if score is not None else "",
        },
        "quality": report.quality,
        "samples": report.samples,
        "codec": report.codec,
        "warnings": [asdict(warning) for warning in report.cautions],
        "errors": [asdict(sdk_error) for sdk_error in report.faults],
        "says": list(sentences(report, quality)),
        "remarks": list(remarks(report, quality)),
        "missing": list(report.missing),
        "notes": list(report.notes),
    }
