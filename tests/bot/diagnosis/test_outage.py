"""An outage of the service is named where every relay shows it, and nowhere else."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.diagnosis.aggregate import aggregate
from bot.diagnosis.comparison import compare
from bot.diagnosis.outage import name_outages
from bot.diagnosis.run_record import RunRecord
from bot.model.request import Request
from bot.rendering.vantage_summary import view_together
from bot.rendering.view import make_view
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from probes.protocol.failures import Failure
from probes.protocol.model import REFERENCE, USER_NETWORK
from tests.previews import samples

KNOWLEDGE, NETWORK = load_knowledge(), load_network(None)
REQUEST = Request("31009", "ios", relays=("acme-hq", "cloud"))
OFFLINE = (
    samples.fault("route", Failure.NETWORK_UNREACHABLE, gateway_answers=False, beyond_gateway=False),
    samples.fault("dns", Failure.DNS_UNREACHABLE_ERROR, addresses=[]),
    *(
        samples.fault(probe, Failure.NETWORK_UNREACHABLE)
        for probe in ("tcp", "stun", "turn", "tls", "http", "edges", "portal", "udp_media", "nat", "quality")
    ),
)


def sample(relay: str, *faults: samples.Fault, vantage: str = USER_NETWORK) -> RunRecord:
    return samples.sample(REQUEST, KNOWLEDGE, NETWORK, *faults, relay=relay, vantage=vantage)


DOWN = sample("acme-hq", *samples.SIGNALING_SHUT)
DOWN_TOO = sample("cloud", *samples.SIGNALING_SHUT, vantage=REFERENCE)
FINE = sample("cloud", vantage=REFERENCE)


def found(records: Sequence[RunRecord]) -> list[tuple[str, str]]:
    named = name_outages(records, KNOWLEDGE)
    return [(item.cause, item.confidence) for item in aggregate(named).diagnosis.found]


def test_what_every_relay_shows_is_an_outage() -> None:
    """With a reference relay that shows the same, the service is failing; the block is its effect."""
    named = name_outages([DOWN, DOWN_TOO], KNOWLEDGE)
    assert found([DOWN, DOWN_TOO]) == [("service-failing", "certain")]
    (effect, *_) = named[0].diagnosis.explained
    assert (effect.cause, effect.by) == ("signaling-blocked", "service-failing")
    (cause,) = compare(named).causes
    assert (cause.cause, cause.scope) == ("service-failing", "everywhere")
    assert cause.seen_from == ("acme-hq", "cloud (reference)")
    view = view_together(named, KNOWLEDGE, NETWORK)
    assert view.headline == "Blocked at both relays: The service failed, or could not reach the app's server"
    evidence = " ".join(view.found[0].evidence)
    assert "TCP 443 to" in evidence
    assert "According to the code" not in evidence
    assert name_outages(named, KNOWLEDGE) == named


@pytest.mark.parametrize(
    "records",
    [
        (DOWN,),
        (DOWN, FINE),
        (DOWN, replace(DOWN, relay="berlin")),
        (DOWN, sample("berlin"), DOWN_TOO),
    ],
    ids=["one relay", "the reference is fine", "no reference", "another network is fine"],
)
def test_no_outage_without_every_relay(records: tuple[RunRecord, ...]) -> None:
    """One relay, or relays without a reference, cannot tell; a relay that is fine shows that the service works."""
    assert found(records) == [("signaling-blocked", "certain")]


def test_a_refusal_from_the_path_is_no_outage() -> None:
    """Where a device on the path of one relay refuses the connections, the service is not named, whoever fails, too."""
    on_path = replace(
        DOWN,
        observations={
            step: replace(
                observation, facts={**observation.facts, "refused_early": observation.probe == "edges"}
            )
            for step, observation in DOWN.observations.items()
        },
    )
    assert found([on_path, DOWN_TOO]) == [("signaling-blocked", "certain")]


def test_relays_without_internet_tell_nothing_about_the_service() -> None:
    """Two relays without a route have no network each; neither makes it the service's fault."""
    records = [sample("acme-hq", *OFFLINE), sample("cloud", *OFFLINE, vantage=REFERENCE)]
    assert found(records) == [("no-network", "certain")]
    assert "service" not in compare(name_outages(records, KNOWLEDGE)).says
    both = [sample("acme-hq", *OFFLINE), sample("berlin", *OFFLINE)]
    assert "acme-hq and berlin have no internet access" in compare(both).says
    mixed = [DOWN, sample("cloud", *OFFLINE, vantage=REFERENCE)]
    assert found(mixed) == [("signaling-blocked", "certain")]


def test_the_code_still_speaks_for_itself() -> None:
    """Where the error code proves it, the evidence says so."""
    record = samples.sample(Request("31500", "ios"), KNOWLEDGE, NETWORK)
    view = make_view(record, KNOWLEDGE, NETWORK)
    assert "According to the code" in " ".join(view.found[0].evidence)
