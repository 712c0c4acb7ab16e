"""Read the events that the SDKs send to Insights, as their own logs print them: states, warnings, and samples.

Pure. An event is the device's own. Only failures are read: a state that was reached proves nothing about later.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.intake.parsing.fields import FieldMap
from bot.intake.parsing.hosts import ToolFacts

_SENT: Final = 50  # packets, one second of audio: with fewer, the first ones may still be on their way
_MOST: Final = 500  # samples of one event
_SILENT: Final = "the device sent audio and received none"

# (group, name): the sign, and what it means.
EVENTS: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("get-user-media", "denied"): ("microphone_denied", "the microphone is not allowed"),
    ("get-user-media", "failed"): ("microphone_missing", "the microphone could not be opened"),
    ("ice-connection-state", "failed"): ("ice_failed", "no path for media was found"),
    ("dtls-transport-state", "failed"): ("dtls_failed", "the DTLS handshake failed"),
    **{
        ("network-quality-warning-raised", name): (sign, "the SDK warned of poor quality")
        for name, sign in (
            ("high-packet-loss", "packet_loss"), ("high-packets-lost-fraction", "packet_loss"),
            ("high-rtt", "poor_quality"), ("high-jitter", "poor_quality"), ("low-mos", "poor_quality"),
        )
    },
    ("audio-level-warning-raised", "constant-audio-input-level"): (
        "input_silent", "the microphone stayed at one level",
    ),
    ("network-quality-warning-raised", "low-bytes-received"): ("one_way", "hardly any audio arrived"),
}  # fmt: skip


def read_event(value: Any) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield the failure that an event shows, or that its samples or a sample alone show."""
    event = FieldMap(value)
    group, name = event.text("group", longest=60).casefold(), event.text("name", longest=60).casefold()
    if (group, name) in EVENTS and ("publisher" in event or "payload" in event):
        sign, bad = EVENTS[group, name]
        yield "", 0, facts_of(sign, bad)
    payload = event.take("payload")
    samples = payload if isinstance(payload, list) else [value]
    if any(_is_silent(FieldMap(sample)) for sample in samples[:_MOST][-1:]):
        yield "", 0, facts_of("one_way", _SILENT)


def _is_silent(sample: FieldMap) -> bool:
    """Tell whether the packets of the call so far went only one way: out."""
    received, sent = sample.number("totalpacketsreceived"), sample.number("totalpacketssent")
    return received == 0 and sent is not None and sent >= _SENT


def facts_of(sign: str, bad: str) -> ToolFacts:
    """Return the facts of a failure: its *sign*, and *bad*, what it means. Audio one way concerns media."""
    return {"sign": sign, "bad": bad, **({"service": "media"} if sign == "one_way" else {})}
