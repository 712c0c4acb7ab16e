"""What a run measured about the line: loss, round trip, jitter, MOS, and path MTU, from its observations.

Pure: no network, no clock. Facts come from a relay, so their types are checked.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from bot.diagnosis.run_record import FILL
from probes.protocol.frozen import frozen
from probes.protocol.model import Observation

_FULL: Final = 1500  # bytes of Ethernet's longest packet
_UNCONFIRMED: Final = "unconfirmed"  # one server answered too few packets, and no second one agreed


@frozen
class Measurements:
    """The key `measurements` of the JSON output; None where nothing was measured."""

    rtt_ms: float | None = None  # median
    jitter_ms: float | None = None
    loss_percent: float | None = None  # of the round trip
    loss_interval: tuple[float, float] | None = None  # 95 %, in percent
    mos: float | None = None
    path_mtu: int | None = None  # bytes
    loaded_rtt_ms: float | None = None  # while the line is filled


def measurements_of(observations: Iterable[Observation]) -> Measurements:
    """Collect the measurements from *observations*: of each kind, the first that succeeded."""
    observations = tuple(observations)
    line = _line(observations)
    low, high = _number(line, "loss_low_percent"), _number(line, "loss_high_percent")
    return Measurements(
        rtt_ms=_number(line or _media(observations), "rtt_ms" if line else "echo_rtt_ms"),
        jitter_ms=_number(line, "jitter_ms"),
        loss_percent=_number(line, "loss_percent"),
        loss_interval=None if low is None or high is None else (low, high),
        mos=_number(line, "mos"),
        path_mtu=_path_mtu(observations),
        loaded_rtt_ms=_number(_full_line(observations), "loaded_rtt_ms"),
    )


def line_text(observations: Iterable[Observation]) -> str:
    """One line for people: `Round trip 23 ms, jitter 2 ms, no loss in 50 packets`; empty without one."""
    observations = tuple(observations)
    line = _line(observations)
    rtt, jitter, mos = (_number(line, name) for name in ("rtt_ms", "jitter_ms", "mos"))
    sent, lost = _number(line, "sent"), _number(line, "lost")
    if rtt is None or jitter is None or not sent or lost is None:
        return ""
    if line.get("loss_is") == _UNCONFIRMED:
        loss = f"loss not known ({lost:.0f} of {sent:.0f} packets without a reply from one server)"
    elif lost:
        loss = f"{lost:.0f} of {sent:.0f} packets lost ({100 * lost / sent:.1f} %)"
    else:
        loss = f"no loss in {sent:.0f} packets"
    score = f", MOS {mos:.1f}" if mos is not None else ""
    path_mtu = _path_mtu(observations)
    size = f", packets up to {path_mtu} bytes" if path_mtu and path_mtu < _FULL else ""
    loaded = _number(_full_line(observations), "loaded_rtt_ms")
    busy = f", {_whole(loaded)} ms while busy" if loaded is not None else ""
    return f"Round trip {_whole(rtt)} ms, jitter {_whole(jitter)} ms, {loss}{score}{size}{busy}"


def full_line_text(observations: Iterable[Observation]) -> str:
    """One sentence about the full line: `While the line was busy: 850 ms (before: 23 ms).`; empty if not measured."""
    full = _full_line(tuple(observations))
    before, loaded = _number(full, "rtt_ms"), _number(full, "loaded_rtt_ms")
    if before is None or loaded is None:
        return ""
    return f"Round trip while the line was busy: {_whole(loaded)} ms (before: {_whole(before)} ms)."


def _full_line(observations: Sequence[Observation]) -> Mapping[str, Any]:
    measured = (look.facts for look in observations if look.probe == FILL and look.failure is None)
    return next(measured, {})


def _path_mtu(observations: Iterable[Observation]) -> int | None:
    """The longest packet that passes, whether or not longer ones are a fault."""
    sizes = (_number(one.facts, "path_mtu") for one in observations if one.probe == "mtu")
    return next((int(size) for size in sizes if size), None)


def _line(observations: Sequence[Observation]) -> Mapping[str, Any]:
    measured = [look for look in observations if look.probe == "quality"]
    complete = (look.facts for look in measured if look.failure is None)
    partial = (look.facts for look in measured if look.facts.get("loss_is") == _UNCONFIRMED)
    return next(chain(complete, partial), {})


def _media(observations: Sequence[Observation]) -> Mapping[str, Any]:
    """The facts of the media check: where STUN measured nothing, its datagrams still have a round trip."""
    return next((look.facts for look in observations if look.probe == "udp_media"), {})


def _number(facts: Mapping[str, Any], name: str) -> float | None:
    value = facts.get(name)
    return None if isinstance(value, bool) or not isinstance(value, int | float) else value


def _whole(milliseconds: float) -> str:
    return "under 1" if milliseconds < 0.5 else f"{milliseconds:.0f}"
