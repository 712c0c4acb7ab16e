"""Made-up runs from several relays, for previews and tests.

Pure: no network, no clock.
"""

from dataclasses import dataclass, replace
from functools import cached_property

from bot.diagnosis.aggregate import aggregate
from bot.diagnosis.run_record import RunRecord
from bot.model.request import Request
from bot.rendering.blocks import evidence, relay_progress, run_diff
from bot.rendering.blocks.decision_path import Mark, walked
from bot.rendering.blocks.elements import ButtonContext
from bot.rendering.blocks.message import Message
from bot.rendering.blocks.run_header import RunHeader, run_header
from bot.rendering.blocks.verdict import verdict
from bot.rendering.blocks.verdict_controls import VerdictOptions, more
from bot.rendering.vantage_summary import compared_view
from bot.rendering.view import View
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge
from probes.protocol.model import REFERENCE, USER_NETWORK
from tests.previews import samples

RELAYS = ("acme-hq", "acme-branch-lyon", "reference-frankfurt")


@dataclass(frozen=True)
class ShownTogether:
    """One made-up run from several relays."""

    records: tuple[RunRecord, ...]
    knowledge: Knowledge
    network: Network
    choices: VerdictOptions

    @cached_property
    def whole(self) -> RunRecord:
        """All of them, laid together."""
        return aggregate(self.records)

    @cached_property
    def view(self) -> View:
        """Their texts."""
        return compared_view(self.whole, self.records, self.knowledge, self.network)

    @cached_property
    def about(self) -> RunHeader:
        """What its messages are about."""
        title = self.network.title
        return run_header(self.whole, ButtonContext("c-7f3a", "swift-8"), self.knowledge, "U0AGENT", title)

    @cached_property
    def mine(self) -> VerdictOptions:
        """What can be chosen below their verdict."""
        names = tuple(record.relay for record in self.records)
        platform = self.whole.request.platform or ""
        return replace(self.choices, platform=platform, relays=("local", *names), views=names)

    def verdict(self) -> Message:
        """The verdict over all of them."""
        return verdict(self.about, self.view, self.whole.diagnosis, self.mine)

    def more(self) -> Message:
        """What else can be done with their run."""
        return more(self.about, self.whole.diagnosis, self.mine)

    def part(self, relay: str) -> Message:
        """One relay's own verdict."""
        (record,) = (one for one in self.records if one.relay == relay)
        asked = ButtonContext("c-7f3a", "swift-8", relay)
        one = run_header(record, asked, self.knowledge, "U0AGENT", self.network.title)
        view = compared_view(record, [record], self.knowledge, self.network)
        return verdict(one, view, record.diagnosis, replace(self.choices, part=True))

    def evidence(self) -> Message:
        """What all of them saw."""
        looks = self.whole.observations.values()
        return evidence.evidence(self.about, self.view, self.whole.diagnosis, looks, self.records)


@dataclass(frozen=True)
class Together:
    """Runs from several relays, each made when it is asked for."""

    knowledge: Knowledge
    network: Network
    choices: VerdictOptions

    @cached_property
    def side_by_side(self) -> ShownTogether:
        """Three relays: one behind a firewall, one that was lost in the middle, one elsewhere."""
        request = Request("31009", "ios", relays=RELAYS)
        hq = self._sample(request, RELAYS[0], *samples.SIGNALING_SHUT)
        lyon, frankfurt = (self._sample(request, name) for name in RELAYS[1:])
        gone = f"{RELAYS[1]} is not connected to the hub; last connected 3 h ago (the connection was closed)"
        return self._shown((hq, samples.lost(lyon, 9, gone, self.knowledge, self.network), frankfurt))

    @cached_property
    def two_faults(self) -> ShownTogether:
        """Two relays in two offices, each with a fault of its own, and one that both have."""
        request = Request("31009", "javascript", relays=RELAYS[:2])
        both = (samples.INSIGHTS_SHUT,)
        first = self._sample(request, RELAYS[0], *both, samples.INTERCEPTED)
        second = self._sample(request, RELAYS[1], *both, samples.MEDIA_LOST)
        return self._shown((first, second))

    def progress(self, *, cards: bool = False) -> Message:
        """How far four relays are."""
        hq = self.side_by_side.records[0]
        shut = [step for step in walked(hq, self.knowledge) if step.mark is Mark.FAULT]
        relays = [
            relay_progress.RelayProgress(RELAYS[0], passed=shut, done=31, total=45),
            relay_progress.RelayProgress(RELAYS[1], done=9, total=45),
            relay_progress.RelayProgress(
                RELAYS[2], REFERENCE, done=45, total=45, ended="The service is up", outcome="clear"
            ),
            relay_progress.RelayProgress("local", before=1),
        ]
        return relay_progress.side_by_side(
            replace(self.side_by_side.about, took=0.0, relay="4 relays"), relays, cards=cards
        )

    def elsewhere(self) -> Message:
        """A second run from another relay than the first."""
        here, there = self.side_by_side.records[0], self.side_by_side.records[2]
        what = run_diff.what_changed([here], [there], self.knowledge)
        one = replace(self.side_by_side.about, relay=there.relay, vantage=there.vantage)
        return run_diff.compared(
            replace(self.side_by_side.about, relay=here.relay, asked=ButtonContext("c-7f3a", "swift-7")),
            one,
            what,
            "unclear",
        )

    def _sample(self, request: Request, relay: str, *faults: samples.Fault) -> RunRecord:
        vantage = REFERENCE if relay == RELAYS[2] else USER_NETWORK
        return samples.sample(request, self.knowledge, self.network, *faults, relay=relay, vantage=vantage)

    def _shown(self, records: tuple[RunRecord, ...]) -> ShownTogether:
        return ShownTogether(records, self.knowledge, self.network, self.choices)
