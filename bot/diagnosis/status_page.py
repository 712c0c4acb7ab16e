"""Read the service's status page where an outage is in question, and quote it as evidence. It decides nothing.

The request goes out from the asking side, not from a relay, and only if the network file has an address.
"""

import time
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from bot.diagnosis.run_record import STATUS_PAGE, RunRecord
from bot.diagnosis.status_feed import FeedError, read_summary
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge
from probes.protocol.model import REFERENCE, Facts, Observation, Target

OUTAGE: Final = "service-failing"
KEPT: Final = 60.0  # seconds for which an answer is used again, a failure too
_HTTPS: Final = 443
_CACHE: Final[dict[str, tuple[float, Facts]]] = {}  # by address; one entry for each network file


def is_in_question(record: RunRecord, knowledge: Knowledge) -> bool:
    """Whether a finding of *record* is an outage, or may be one: then the status page is worth reading."""
    for finding in record.diagnosis.found:
        cause = knowledge.causes.get(finding.cause)
        may_be = cause is not None and cause.from_everywhere == OUTAGE
        is_open = finding.confidence == "likely" or record.vantage == REFERENCE
        if finding.cause == OUTAGE or (may_be and is_open):
            return True
    return False


async def observe_status(
    record: RunRecord,
    network: Network,
    knowledge: Knowledge,
    clock: Callable[[], float] = time.monotonic,
) -> Mapping[str, Observation]:
    """The observation of the status page by its step, if an outage is in question; it takes 3 s at most."""
    if not network.status_feed or not is_in_question(record, knowledge):
        return {}
    url = network.status_feed
    started, begun = time.time(), clock()
    known = _CACHE.get(url)
    if known is None or begun - known[0] > KEPT:
        known = begun, await _facts(url, network)
        _CACHE[url] = known
    place = urlsplit(url)
    target = Target("status-page", place.hostname or "", place.port or _HTTPS)
    runtime = round(clock() - begun, 5)
    return {STATUS_PAGE: Observation(STATUS_PAGE, STATUS_PAGE, target, None, known[1], started, runtime)}


async def _facts(url: str, network: Network) -> Facts:
    from bot.diagnosis.status_request import fetch  # keeps aiohttp, 0.3 s, out of other runs

    try:
        return {"says": read_summary(await fetch(url, network))}
    except FeedError as error:
        return {"trouble": str(error)}
