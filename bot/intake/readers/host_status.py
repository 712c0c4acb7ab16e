"""Read what a computer says about its own network: the Wi-Fi's signal, its addresses, and tests of its bandwidth.

This does not show whether calls work, so it points to no cause. The hint says what would.
"""

import re
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.hosts import ToolFacts
from bot.intake.parsing.lazy_pattern import LazyPattern

_WIFI: Final = r"^(?:[^\n]{0,200}[$#>%]\s*)?netsh\s+(?:wlan|int|interface)\b"
_ADDRESSES: Final = r"^[^\n]{0,200}[$#>%]\s*ipconfig\b|^Windows[- ]IP[- ](?:Configuration|Konfiguration)"
_SPEED: Final = (
    r"^\s*Speedtest by Ookla|^\s*(?:Idle Latency|Packet Loss|Download|Upload):\s+[\d.]+ ?(?:ms|%|[KMG]bps)"
)
# Labels of Windows, padded with blanks or with dots before the colon.
_LABEL: Final = r"^ {2,8}\S[^:\n]{1,50}(?: {2,}| (?:\. ){2,}):"
SIGN: Final = LazyPattern(
    rf"{_WIFI}|^There (?:is|are) \d+ interfaces? on the system|{_ADDRESSES}|{_SPEED}",
    re.IGNORECASE | re.MULTILINE,
)
LINES: Final = LazyPattern(
    rf"{_WIFI}|^There (?:is|are) \d+ interfaces? on the system|{_ADDRESSES}|{_SPEED}|{_LABEL}"
    r"|^\s*(?:Server|ISP|Result URL): ",
    re.IGNORECASE,
)
_SIGNAL: Final = LazyPattern(r"^\s*(?:Signal|Señal|Segnale|Sinal)\s*:\s*(\d{1,3}) ?%", re.MULTILINE)
_LOST: Final = LazyPattern(r"^\s*Packet Loss:\s+([\d.]+ ?%)", re.MULTILINE | re.IGNORECASE)
_RATES: Final = LazyPattern(r"^\s*(Download|Upload):\s+([\d.]+ ?[KMG]bps)", re.MULTILINE | re.IGNORECASE)
HELP: Final = (
    "That shows the computer's own network, and not whether calls work. This shows more: "
    "ping -n 100 voice-js.roaming.twilio.com (macOS and Linux: -c 100)."
)


def read_host_status(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield no host, what was measured in words, and what would show more."""
    parts = [f"Wi-Fi signal {percent} %" for percent in _SIGNAL.findall(text)]
    parts += [f"{name.casefold()} {rate}" for name, rate in _RATES.findall(text)]
    parts += [f"packet loss {percent}" for percent in _LOST.findall(text)]
    facts: ToolFacts = {"hint": HELP}
    yield "", 0, {"measured": ", ".join(parts[:6]), **facts} if parts else facts
