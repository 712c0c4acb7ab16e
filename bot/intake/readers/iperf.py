"""Read the output of iperf: loss and jitter of a UDP stream between two hosts of the user's own.

Neither end is the service, so this measures the line between the two, and not the line to the service. Of TCP,
iperf shows throughput only, which says nothing about calls.
"""

import re
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.hosts import COMMAND, ToolFacts
from bot.intake.parsing.lazy_pattern import LazyPattern
from bot.intake.parsing.loss import LEAST, is_beyond_chance

_COMMAND: Final = COMMAND.format(command="iperf[23]?")
_HEAD: Final = r"^\[ ID\] Interval|^iperf3?: |^iperf Done\."
SIGN: Final = LazyPattern(rf"{_COMMAND}|{_HEAD}", re.IGNORECASE | re.MULTILINE)
LINES: Final = LazyPattern(
    rf"{_COMMAND}|{_HEAD}|^\[(?: *\d+|SUM| ID)\] |^Connecting to host \S+, port \d+|^(?:- ){{9}}|^-{{40}}"
    r"|^(?:Server listening|Accepted connection|Client connecting to|Reverse mode)",
    re.IGNORECASE,
)
# The stream's end is decisive: the interval, the jitter, and what was lost of how much.
_UDP: Final = LazyPattern(
    r"^\[ *(?:\d+|SUM)\] +[\d.]+- *([\d.]+) +sec [^\n]*? ([\d.]+) ms +(\d{1,9})/ *(\d{1,9}) \([^)\n]*\)([^\n]*)$",
    re.MULTILINE | re.IGNORECASE,
)
_THROUGHPUT: Final = LazyPattern(
    r"^\[ *(?:\d+|SUM)\] [^\n]*?([\d.]+ [KMG]?bits/sec)", re.MULTILINE | re.IGNORECASE
)
_MUCH: Final = 0.03  # the rate of loss that calls suffer from
UDP_HELP: Final = (
    "Throughput over TCP says little about calls. To measure loss and jitter, send UDP at the rate of a call: "
    "iperf3 -u -b 100k -l 160 -t 30 -c SERVER."
)


def read_iperf(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield no host, and the facts of each run."""
    for part in re.split(rf"(?={_COMMAND})", text, flags=re.IGNORECASE | re.MULTILINE)[:20]:
        rows = [found for found in _UDP.finditer(part) if "sender" not in found[5]]
        if rows:
            last = max(rows, key=lambda found: (float(found[1]), "receiver" in found[5]))
            yield "", 0, _udp(float(last[2]), int(last[3]), int(last[4]))
        elif speed := _THROUGHPUT.findall(part):
            yield "", 0, {"measured": f"{speed[-1]} over TCP", "hint": UDP_HELP}


def _udp(jitter: float, lost: int, packets: int) -> ToolFacts:
    """Say what was measured in words: a question about the line to the service must not take it for an answer."""
    facts: ToolFacts = {"measured": f"jitter {jitter:g} ms, {lost} of {packets} packets lost"}
    if packets >= LEAST and is_beyond_chance(lost, packets, _MUCH):
        percent = 100 * lost / packets
        facts |= {"sign": "packet_loss", "bad": f"{percent:.1f} % of {packets} packets were lost"}
    return facts
