"""What tells the forms of a report apart: the nouns that the files of the four forms share.

Pure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.preflight.keys import Map

# Sentences for what a whole report holds and this one does not, by the part that is missing.
PARTS: Final = {
    "edge": "the edge that the client went in by",
    "edge_asked": "the edge that was asked for, so it is not known whether DNS chose",
    "signaling": "the time that signaling took, so nothing shows that it came up",
    "ice": "the time that ICE took",
    "dtls": "the time that the DTLS handshake took",
    "stats": "averages of round trip and jitter",
    "samples": "samples, so there are averages only",
    "loss": "packet counts, so loss is not known and MOS cannot be computed anew",
    "candidates": "ICE candidates, so nothing shows which ways the device had",
    "pair": "the selected candidate pair, so nothing shows which way the media went",
}


@dataclass(frozen=True, slots=True)
class Form:
    """How one SDK writes its report."""

    name: str
    platforms: tuple[str, ...]
    holds: tuple[str, ...]  # keys of PARTS
    signs: Callable[[Map], int]  # how much speaks for it


def first(values: list[object]) -> Map:
    """Give the first map of a list, an empty one where there is none."""
    return Map(next((one for one in values if isinstance(one, dict)), None))


def timing(report: Map) -> Map:
    """Give the part with the times of a report."""
    return report.map("networktiming", "networktimings", "timing", "timings")


def native_signs(report: Map) -> int:
    """Tell how much speaks for a report of the native SDKs, whichever of the two."""
    found = sum(2 for name in ("networkstats", "icecandidates", "selectedicecandidatepair") if name in report)
    found += 3 * ("statssamples" in report) + 3 * ("networktimings" in report)
    times = set(timing(report).names())
    return found + 2 * len(times & {"iceconnection", "preflighttest", "peerconnecttimemeasurement"})
