"""Read error objects of the four SDKs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.intake.parsing.error_objects import name_codes, read_fault, report_of_faults
from bot.intake.parsing.fields import FieldMap
from bot.intake.preflight_report import PreflightReport


def read_error(value: Any) -> PreflightReport | None:
    """Make a report of an error object: a map with a code and a text, at the top or one level down."""
    inside = [value, *(value.values() if isinstance(value, Mapping) else ())]
    listed = [item for many in inside if isinstance(many, list) for item in many[:20]]
    for entry in [*inside[:50], *listed[:50]]:
        if isinstance(entry, Mapping) and (fault := read_fault(entry)) and fault.codes:
            return report_of_faults((fault,), FieldMap(value))
    return None


def merge_errors(errors: list[PreflightReport]) -> list[PreflightReport]:
    """Merge the error reports of a paste into one. They are probably of the same call."""
    if not errors:
        return []
    faults = tuple(dict.fromkeys(fault for error in errors for fault in error.faults))
    hangup, csp = any(error.hangup for error in errors), any(error.csp for error in errors)
    return [replace(errors[0], faults=faults, hangup=hangup, csp=csp)]


def error_says(error: PreflightReport) -> str:
    """Describe in one sentence which codes the error has."""
    if not error.faults:
        return "Voice Insights data without an error."
    return f"An SDK error: {name_codes(error.faults)}."
