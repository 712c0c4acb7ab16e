"""The series that are run: what is broken in each, and how many diagnoses are needed. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from probes.checks.mtu_datagrams import DTLS
from tests.lab.four_routers import ASKED, FLOWS, ROUTERS
from tests.lab.scenarios import Scenario

Fault = tuple[str, Mapping[str, Any]]
PERCENTS: Final = (5, 10, 20)  # lost each way
# What else is broken while packets are lost, and the one cause that must be found for it.
DROPS: Final[Mapping[str, tuple[Fault, str]]] = {
    "signaling": (("tcp", {"to": "signaling"}), "signaling-blocked"),
    "media": (("udp_range", {}), "media-udp-blocked"),
    "turn": (("turn_shut", {}), "turn-blocked"),
}
SIZES: Final = (1200, 1280, 1300, 1400, 1452)
# What becomes of packets that are too long, by the fault that does it; then whether that is a fault at any size.
NARROW: Final[Mapping[str, tuple[str, Mapping[str, Any], bool]]] = {
    "each way": ("long_packets", {}, True),
    "out": ("long_packets", {"way": "out"}, True),
    "in": ("long_packets", {"way": "in"}, True),
    "silent link": ("narrow_link", {"icmp": False}, True),
    "discovered": ("narrow_link", {}, False),
    "clamped": ("narrow_link", {"icmp": False, "clamped": True}, False),
}
JITTERS: Final = (20, 100)  # ms


@dataclass(frozen=True, slots=True)
class Series:
    """Diagnoses of one kind of network. With *rules*, by router, it is the network with four routers."""

    name: str
    runs: int
    scenario: Scenario
    rules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_silent: bool = False  # no router answers

    @property
    def four_routers(self) -> bool:
        return bool(self.rules)


def every() -> tuple[Series, ...]:
    """All series, in the order of the table."""
    return (*_lossy(), *_uneven(), *_narrow(), *_located())


def loss_name(dropped: str, percent: int) -> str:
    return f"loss {percent} % {dropped}"


def narrow_name(kind: str, size: int) -> str:
    return f"mtu {size} {kind}"


def is_fault(kind: str, size: int) -> bool:
    """Whether calls suffer. A limited MSS makes TCP fit, but DTLS of browsers is UDP, and stays too long."""
    return NARROW[kind][2] or (kind == "clamped" and size < DTLS)


def place_name(flow: str, hop: int) -> str:
    return f"place {flow} hop {hop}"


ONE_WAY: Final = "loss 10 % on the way in"
SILENT: Final = "place of media, no router answers"


def _lossy() -> Iterator[Series]:
    for percent in PERCENTS:
        yield _series(loss_name("alone", percent), 100, ("loss", {"percent": percent}))
        for dropped, (fault, _) in DROPS.items():
            yield _series(loss_name(dropped, percent), 100, ("loss", {"percent": percent}), fault)
    yield _series(ONE_WAY, 100, ("loss", {"percent": 10, "way": "in"}))


def _uneven() -> Iterator[Series]:
    for jitter in JITTERS:
        yield _series(f"jitter {jitter} ms", 100, ("uneven", {"jitter_ms": jitter}))


def _narrow() -> Iterator[Series]:
    for kind, (fault, parameters, _) in NARROW.items():
        for size in SIZES:
            longest = {"longest" if fault == "long_packets" else "mtu": size}
            yield _series(narrow_name(kind, size), 20, (fault, {**longest, **parameters}))


def _located() -> Iterator[Series]:
    for flow, rule in FLOWS.items():
        for hop, router in enumerate(ROUTERS, 1):
            yield Series(place_name(flow, hop), 1, _scenario(ASKED[flow][0]), {router: (rule,)})
    yield Series(SILENT, 1, _scenario("javascript"), {ROUTERS[0]: (FLOWS["media"],)}, is_silent=True)


def _series(name: str, runs: int, *faults: Fault) -> Series:
    return Series(name, runs, _scenario("javascript", *faults))


def _scenario(platform: str, *faults: Fault) -> Scenario:
    return Scenario("unnamed", "", faults=faults, options={"platform": platform})
