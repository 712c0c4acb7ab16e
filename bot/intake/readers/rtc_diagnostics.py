"""Read `TestResults` of the Voice Diagnostics Tool: one test for each edge, also those that failed."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.intake.parsing.edge_names import edge_id
from bot.intake.parsing.error_objects import read_fault
from bot.intake.parsing.fields import FieldMap
from bot.intake.parsing.json_blocks import reports_in
from bot.intake.preflight_report import PreflightReport, SdkError


def failed_edges(value: Any) -> Iterator[PreflightReport]:
    """Yield a report for each edge whose test failed and left none."""
    for result in FieldMap(value).list("testresults")[:50]:
        if not isinstance(result, Mapping) or reports_in(result):
            continue
        fields = FieldMap(result)
        faults = tuple(dict.fromkeys(_faults(fields)))
        edge = edge_id(fields.text("edge", longest=80))
        if edge and faults:
            yield PreflightReport(
                "javascript", ("javascript",), state="failed", edge_asked=edge, faults=faults
            )


def _faults(fields: FieldMap) -> Iterator[SdkError]:
    """Find the errors of one edge, by the test that raised them."""
    errors = fields.take("errors", "error")
    inside = [errors, *(errors.values() if isinstance(errors, Mapping) else ())]
    for item in inside:
        if (
            isinstance(item, Mapping | str)
            and (fault := read_fault(item))
            and (fault.codes or fault.close_code)
        ):
            yield fault
