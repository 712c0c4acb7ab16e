"""What several relays saw, laid together as one record, and said as one verdict."""

from dataclasses import replace

from bot.diagnosis.aggregate import aggregate, unchecked_by_all
from bot.diagnosis.run_record import RunRecord
from bot.model.request import Request
from bot.rendering.blocks.run_diff import what_changed
from bot.rendering.vantage_summary import view_together
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from probes.protocol.model import REFERENCE
from tests.previews import samples

KNOWLEDGE, NETWORK = load_knowledge(), load_network(None)
REQUEST = Request("31009", "ios", relays=("acme-hq", "berlin", "cloud"))


def sample(relay: str, *faults: samples.Fault, **more: str) -> RunRecord:
    return samples.sample(REQUEST, KNOWLEDGE, NETWORK, *faults, relay=relay, **more)  # type: ignore[arg-type]  # a vantage


def lost(relay: str, after: int = 0) -> RunRecord:
    return samples.lost(sample(relay), after, "the line broke", KNOWLEDGE, NETWORK)


HQ, BERLIN = sample("acme-hq", *samples.SIGNALING_SHUT), sample("berlin", samples.MEDIA_LOST)
FINE, CLOUD = sample("lyon"), sample("cloud", vantage=REFERENCE)


def test_found_from_any_relay_is_found() -> None:
    """Each cause is told once, with the evidence of the relay that saw it, whatever the others saw of the same look."""
    whole = aggregate([HQ, BERLIN])
    assert {one.cause for one in whole.diagnosis.found} == {"signaling-blocked", "media-udp-blocked"}
    assert whole.relay == "acme-hq and berlin"
    view = view_together([HQ, BERLIN], KNOWLEDGE, NETWORK)
    shut = next(one for one in view.found if one.id == "signaling-blocked")
    assert any("no reply" in text for text in shut.evidence)
    assert len(whole.observations) == len(HQ.observations) + len(BERLIN.observations)
    steps = [step for one in whole.diagnosis.found for step in one.steps]
    assert all(step in whole.observations for step in steps)


def test_ruled_out_only_where_every_network_rules_it_out() -> None:
    """What one relay rules out and another could not check is not ruled out; what nobody checked is named."""
    whole = aggregate([FINE, lost("berlin")])
    assert "signaling-blocked" in {one.cause for one in FINE.diagnosis.ruled_out}
    assert whole.diagnosis.ruled_out == ()
    (open_,) = [one for one in whole.diagnosis.not_checked if one.cause == "signaling-blocked"]
    assert open_.because.startswith("ruled out from lyon only; ")
    assert unchecked_by_all([FINE, lost("berlin")]) == ()
    assert "signaling-blocked" in {one.cause for one in unchecked_by_all([lost("lyon"), lost("berlin")])}
    assert whole.diagnosis.outcome == "unclear"


def test_reference_relay_neither_clears_nor_blurs() -> None:
    """Beside a relay that sees nothing wrong, one elsewhere leaves it clear; alone it can tell nothing."""
    assert aggregate([FINE, CLOUD]).diagnosis.outcome == FINE.diagnosis.outcome == "clear"
    assert aggregate([CLOUD, replace(CLOUD, relay="cloud-2")]).diagnosis.outcome == "unclear"
    assert view_together([FINE, CLOUD], KNOWLEDGE, NETWORK).headline == "No problem found at 2 relays"


def test_one_relay_stays_as_it_is() -> None:
    """A single record is not changed at all."""
    assert aggregate([HQ]) is HQ


def test_what_changed_from_each_relay() -> None:
    """A fault that is gone from one relay and not from another is told with their names."""
    what = what_changed([HQ, BERLIN], [replace(FINE, relay="acme-hq"), BERLIN], KNOWLEDGE)
    assert what.gone == ("Connections to the signaling gateways are blocked (from acme-hq)",)
    assert what.still == ("UDP to the media ports is blocked (from berlin)",)
    assert not what.resolved
    assert what_changed([HQ], [replace(FINE, relay="acme-hq")], KNOWLEDGE).resolved


def test_lost_relay_is_no_repair() -> None:
    """What a relay had found and cannot look at any more is not gone."""
    what = what_changed([HQ], [lost("acme-hq")], KNOWLEDGE)
    assert what.gone == ()
    assert what.unknown == ("Connections to the signaling gateways are blocked",)
    assert not what.resolved


def test_other_relays_are_no_change() -> None:
    """Runs from different relays are laid side by side: whose fault it is, and nothing gone."""
    what = what_changed([HQ], [FINE], KNOWLEDGE)
    assert (what.gone, what.new, what.still, what.comparable) == ((), (), (), False)
    assert not what.resolved
    assert "the fault is in the network of acme-hq" in what.elsewhere[-1]
