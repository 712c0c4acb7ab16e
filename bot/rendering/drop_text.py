"""Say where on the path a dropped flow is lost, as one more sentence of its cause's evidence.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from bot.diagnosis.drop_location import DropLocation, locations
from bot.rendering.failure_text import outcome
from knowledge.model.advice import AdvisedCause, BlockedAt
from knowledge.model.conclusions import Diagnosis
from probes.protocol.model import Observation


def with_locations(
    causes: Iterable[AdvisedCause], diagnosis: Diagnosis, observations: Mapping[str, Observation]
) -> tuple[AdvisedCause, ...]:
    """Add to each of *causes* where its packets are lost, as far as that was located."""
    steps = {finding.cause: finding.steps for finding in diagnosis.found}
    return tuple(_with_location(cause, observations, steps.get(cause.id, ())) for cause in causes)


def located(diagnosis: Diagnosis, observations: Mapping[str, Observation]) -> tuple[str, ...]:
    """Return all these sentences, each once."""
    found = (locations(observations.values(), finding.steps) for finding in diagnosis.found)
    return tuple(dict.fromkeys(text for places in found for text in _sentences(places)))


def _with_location(
    cause: AdvisedCause, observations: Mapping[str, Observation], steps: Iterable[str]
) -> AdvisedCause:
    places = tuple(locations(observations.values(), steps))
    blocked_at = next((place.blocked_at for place in places if place.blocked_at), None)
    # Second: some readers get the first few sentences only.
    evidence = (*cause.evidence[:1], *_sentences(places), *cause.evidence[1:])
    return replace(cause, evidence=evidence, blocked_at=blocked_at)


def _sentences(places: Iterable[DropLocation]) -> Iterator[str]:
    for place in places:
        relay = place.observation.facts.get("relay")
        if result := _result(place):
            yield f"{_flow(place)}: {result}{f' (from {relay})' if relay else ''}."


def _result(place: DropLocation) -> str:
    observation = place.observation
    if place.blocked_at:
        return where(place.blocked_at)
    if observation.failure is not None:
        because = observation.facts.get("because")
        return f"the path could not be traced: {because or outcome(observation)}".rstrip(".")
    if not place.path_answers:
        return "no router on the path answered, so it is unknown where the packets are lost"
    return ""  # they arrive now


def where(place: BlockedAt) -> str:
    """Name the hops between which packets are lost."""
    before = place.last_seen
    if before is None:
        return f"lost before hop {place.hop} ({place.address})"
    last = f"hop {before.hop}" + (f" ({before.address})" if before.address else "")
    if place.address is None:
        return f"lost after {last}"
    return f"lost between {last} and hop {place.hop} ({place.address})"


def _flow(place: DropLocation) -> str:
    target = place.observation.target
    if place.is_hello:
        return f"TLS handshake with {target.host}, port {target.port}"
    return f"{'UDP' if target.transport == 'udp' else 'TCP'} {target.port} to {target.host}"
