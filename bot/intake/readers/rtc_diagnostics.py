"""Read the results of the Voice Diagnostics Tool: one test for each edge, also those that failed.

Its button copies the list of results; some people save it under `TestResults`. Older versions call an edge a region.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.intake.parsing.edge_names import edge_id
from bot.intake.parsing.error_objects import read_fault
from bot.intake.parsing.fields import FieldMap
from bot.intake.parsing.json_blocks import reports_in
from bot.intake.preflight_report import PreflightReport, SdkError

_MOST: Final = 50  # edges
NO_CALL: Final = "Results of the Voice Diagnostics Tool, without a test call that ended. Run the tool again."


def edge_results(value: Any) -> tuple[FieldMap, ...]:
    """Return the results of each edge in *value*; none if it is something else."""
    listed = value if isinstance(value, list) else FieldMap(value).list("testresults")
    found = [FieldMap(item) for item in listed[:_MOST] if isinstance(item, Mapping)]
    return tuple(item for item in found if {"results", "errors"} <= set(item.names()))


def failed_edges(value: Any) -> Iterator[PreflightReport]:
    """Yield a report for each edge whose test failed and left none."""
    for fields in edge_results(value):
        if reports_in(fields.take("results")):
            continue
        faults = tuple(dict.fromkeys(_faults(fields)))
        edge = edge_id(fields.text("edge", "region", longest=80))
        if edge and faults:
            yield PreflightReport(
                "javascript", ("javascript",), state="failed", edge_asked=edge, faults=faults
            )


def _faults(fields: FieldMap) -> Iterator[SdkError]:
    """Find the errors of one edge, by the test that raised them."""
    errors = fields.take("errors")
    inside = [errors, *(errors.values() if isinstance(errors, Mapping) else ())]
    for item in inside:
        if (
            isinstance(item, Mapping | str)
            and (fault := read_fault(item))
            and (fault.codes or fault.close_code)
        ):
            yield fault
