"""Name relays and their networks.

Pure: no network, no clock.
"""

from collections.abc import Iterator
from typing import Final

from bot.diagnosis.comparison_text import relay_text
from bot.diagnosis.run_record import RunRecord
from bot.rendering.vantage import VantageSummaries
from probes.protocol.model import REFERENCE, USER_NETWORK

_LOCAL: Final = "local"
HERE: Final = "this machine"  # for a reader who sits at it
HOST: Final = "Lineman's host"  # for every other reader
NETWORKS: Final = {USER_NETWORK: "user's network", REFERENCE: "reference"}


def as_read_here(text: str) -> str:
    """Reword a stored *text*, written for every reader, for one who sits at the machine that Lineman runs on."""
    return text.replace(f"the network of {HOST}", f"{HERE}'s network").replace(HOST, HERE)


def place_of(record: RunRecord, here: str = HERE) -> str:
    """Name the relay; *here* is the name of the host that Lineman runs on."""
    return here if record.relay == _LOCAL else relay_text(record.relay)


def network_of(vantage: str) -> str:
    """Say in words in which network *vantage* is."""
    return NETWORKS.get(vantage, "network unknown")


def where_of(record: RunRecord, vantages: VantageSummaries | None) -> str:
    """Name the relay with its network: `acme-hq (user's network)`; several relays are counted."""
    if vantages and len(vantages.summaries) > 1:
        return f"{len(vantages.summaries)} relays"
    return f"{place_of(record)} ({network_of(record.vantage)})"


def on_network_of(record: RunRecord, here: str = HERE) -> str:
    """Name the network that was tested."""
    place = place_of(record, here)
    return f"{HERE}'s network" if place == HERE else f"the network of {place}"


def relay_rows(vantages: VantageSummaries | None) -> Iterator[tuple[str, str]]:
    """Yield each relay and its result, if there are several. One cause of all is named above them."""
    if vantages is None or len(vantages.summaries) <= 1:
        return
    widest = max(len(summary.relay) for summary in vantages.summaries)
    for summary in vantages.summaries:
        network = network_of(summary.vantage).ljust(len(NETWORKS[USER_NETWORK]) + 1)
        result = summary.headline
        if summary.outcome == "found" and len(vantages.compared) == 1:
            result = result.partition(":")[0]
        yield f"{summary.relay.ljust(widest)}  {network}", result
