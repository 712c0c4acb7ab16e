"""Error objects of the four SDKs."""

from collections.abc import Mapping
from typing import Any

from bot.intake.parsing.error_objects import read_fault, report_of_faults
from bot.intake.parsing.fields import FieldMap
from bot.intake.preflight_report import PreflightReport


def read_error(value: Any) -> PreflightReport | None:
    """Make a report of an error object: a map with a code and words, directly or one level down."""
    inside = [value, *(value.values() if isinstance(value, Mapping) else ())]
    listed = [item for many in inside if isinstance(many, list) for item in many[:20]]
    for entry in [*inside[:50], *listed[:50]]:
        if isinstance(entry, Mapping) and (fault := read_fault(entry)) and fault.codes:
            return report_of_faults((fault,), FieldMap(value))
    return None
