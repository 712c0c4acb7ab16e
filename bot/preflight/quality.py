"""How good a call would sound: MOS by the SDK's formula, and the words for it.

Pure. The formula is that of `rtc/mos.ts` in twilio-voice.js; the bands are those that the iOS SDK documents, without
the gaps that the JavaScript SDK leaves between 3.6 and 3.7 and between 4.0 and 4.1.
"""

from typing import Final

WORDS: Final = ("excellent", "great", "good", "fair", "degraded")

# Above the first it is excellent; from each of the others on it is the next word.
_EXCELLENT: Final = 4.2
_FROM: Final = ((4.1, "great"), (3.7, "good"), (3.1, "fair"))

DIFFERS: Final = 0.1  # MOS: less comes from rounding and from the first samples


def mos(rtt_ms: float, jitter_ms: float, loss_percent: float) -> float:
    """Compute the mean opinion score, 1 to 4.5, from round trip, jitter (ms) and loss (%)."""
    latency = rtt_ms + 2 * jitter_ms + 10
    r = 94.768 - (latency / 40 if latency < 160 else (latency - 120) / 10)
    r = min(max(r - 2.5 * loss_percent, 0.0), 100.0)
    return min(max(1 + 0.035 * r + 0.000007 * r * (r - 60) * (100 - r), 1.0), 4.5)


def word_for(score: float) -> str:
    """Name the band of a MOS; every score has one."""
    if score > _EXCELLENT:
        return WORDS[0]
    return next((word for low, word in _FROM if score >= low), WORDS[-1])


def word_said(value: object) -> str:
    """Give the word that a report means: a name in any case, or 0 (excellent) to 4 (degraded) as iOS counts."""
    text = str(value).strip().casefold() if isinstance(value, str | int | float) else ""
    text = text.removesuffix(".0").rpartition(".")[2]
    if text.isdecimal() and int(text) < len(WORDS):
        return WORDS[int(text)]
    return text if text in WORDS else ""
