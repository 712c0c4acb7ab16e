"""Read what the service's data of one call show beside errors: how the call ended, and what failed on the device.

Pure. Nothing here is proof: it ranks causes. How a call ended is read only if no error explains it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.intake.parsing.fields import FieldMap
from bot.intake.parsing.hosts import ToolFacts, ToolRows
from bot.intake.parsing.insights_answers import InsightsCall, sort_answers
from bot.intake.readers.sdk_event import EVENTS, facts_of

_TAGS: Final[Mapping[str, tuple[str, str]]] = {
    "ice_failure": ("ice_failed", "no path for media was found"),
    "high_packet_loss": ("packet_loss", "the call is tagged with high packet loss"),
    "low_mos": ("poor_quality", "the call is tagged with low quality"),
    "high_jitter": ("poor_quality", "the call is tagged with high jitter"),
    "high_latency": ("poor_quality", "the call is tagged with high latency"),
    "silence": ("silent_stream", "the call is tagged with silence"),
}
_STATES: Final[Mapping[str, str]] = {
    "busy": "the other side was busy", "noanswer": "nobody answered", "canceled": "the call was canceled",
}  # fmt: skip
# The last response to the call: the sign, and what it means. 200 and 0 show nothing.
_RESPONSES: Final[Mapping[int, tuple[str, str]]] = {
    403: ("call_forbidden", "the call was answered with 403"),
    **{code: ("callee_unknown", f"the call was answered with {code}") for code in (404, 410, 484, 604)},
    **{code: ("call_declined", f"the call was answered with {code}") for code in (480, 486, 487, 600, 603)},
    **{code: ("service_error", f"the call was answered with {code}") for code in (500, 502, 503, 504)},
}  # fmt: skip


def read_insights_signs(value: Any) -> ToolRows:
    """Yield host, port, and facts of each sign in the answers of Voice Insights, the strongest first."""
    call = sort_answers(value) if isinstance(value, Mapping) else None
    if call is None:
        return
    signs = dict.fromkeys([*_failed_on_the_device(call), *_tagged(call)])
    for sign, bad in signs:
        yield "", 0, facts_of(sign, bad)
    has_error = any(FieldMap(part.get("sdk_edge")).take("error") for part in call.parts) or call.alerts
    if not has_error and not any(sign == "ice_failed" for sign, _ in signs):
        yield from _ended(call.summary)


def _failed_on_the_device(call: InsightsCall) -> Iterator[tuple[str, str]]:
    for event in call.events:
        known = EVENTS.get((str(event.get("group", "")), str(event.get("name", ""))))
        if known:
            yield known


def _tagged(call: InsightsCall) -> Iterator[tuple[str, str]]:
    yield from (sign for tag, sign in _TAGS.items() if tag in call.tags)


def _ended(summary: Mapping[str, Any]) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield how the call ended, if it never began: by its state, or else by the last response."""
    if says := _STATES.get(str(summary.get("call_state", "")).casefold()):
        yield "", 0, facts_of("call_declined", says)
        return
    response = FieldMap(summary.get("properties")).number("lastsipresponsenum")
    if known := _RESPONSES.get(int(response or 0)):
        yield "", 0, facts_of(*known)
