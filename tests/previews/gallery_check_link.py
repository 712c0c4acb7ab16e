"""Replies about check links, and verdicts with the result of a customer's browser.

Pure: no network, no clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from bot.check_link.browser_checks import BrowserChecks
from bot.check_link.result_schema import read_result
from bot.check_link.targets import page_config, targets_of
from bot.check_link.verdict import join, record_of
from bot.diagnosis.engine import load_engine
from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.triage import prepare
from bot.diagnosis.turn_settings import TurnSettings
from bot.model.request import Request
from bot.rendering.blocks import check_link
from bot.rendering.blocks.verdict_controls import VerdictOptions, more
from bot.rendering.check_link_text import invitation, reminder
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge
from probes.protocol.model import USER_NETWORK
from tests.bot.check_link.results import encode, result
from tests.previews import samples
from tests.previews.gallery_multi_relay import ShownTogether
from tests.previews.gallery_text import Exhibit

_REQUEST = Request("31009", "javascript")
_LINK = check_link.LinkHeader(
    "c-7f3a", "1f0c88ab", "31009 on JavaScript (browser)", samples.STARTED + 86_400, 5, "U0AGENT"
)
_URL = "https://check.example/check/0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"


@dataclass(frozen=True)
class Checked:
    """Results of a customer's browser, alone and beside a relay."""

    knowledge: Knowledge
    network: Network
    choices: VerdictOptions

    def browser(self, **changes: Any) -> RunRecord:
        """A result where everything works except *changes*."""
        targets = targets_of(_REQUEST, self.network, TurnSettings())
        engine = replace(load_engine(knowledge=self.knowledge), network=self.network)
        sent = result(page_config(targets, engine, ""), run="r", key="k", **changes)
        checks = BrowserChecks(read_result(encode(sent)), targets, self.network)
        problem = prepare(targets.request, self.knowledge, self.network)
        digest, at = self.knowledge.digest, samples.STARTED
        return record_of(checks, problem, targets.request, digest, USER_NETWORK, at)

    def beside(self, *faults: samples.Fault, **changes: Any) -> ShownTogether:
        """The same beside a relay with *faults*."""
        relay = samples.sample(_REQUEST, self.knowledge, self.network, *faults)
        browser = self.browser(**changes)
        problem = prepare(browser.request, self.knowledge, self.network)
        return self.shown(*join([relay], browser, problem))

    def shown(self, *records: RunRecord) -> ShownTogether:
        """The verdict of *records*, of which the last is the browser's."""
        choices = replace(self.choices, link=True, checked=True)
        return ShownTogether(records, self.knowledge, self.network, choices)


def about_links(checked: Checked) -> Iterator[Exhibit]:
    """Yield what the bot says about links, and the verdicts with their results."""
    yield Exhibit("link-opened", "A case opened by a link", check_link.opened(_LINK))
    yield Exhibit("link-waiting", "Waiting for the customer", check_link.waiting(_LINK, "waiting"))
    used = replace(_LINK, left=1)
    yield Exhibit("link-arrived", "The check has arrived", check_link.waiting(used, "arrived"))
    yield Exhibit("link-canceled", "The link was canceled", check_link.waiting(used, "canceled"))
    text = invitation(_URL, _LINK.expires)
    shown = check_link.for_customer(text, _LINK.expires, secret=True)
    yield Exhibit("link-for-customer", "The link to send", shown, private=True)
    again = check_link.for_customer(text, _LINK.expires, secret=True, replaced=True)
    yield Exhibit("link-after-restart", "The link, after a restart", again, private=True)
    ask = check_link.for_customer(reminder(_LINK.expires), _LINK.expires)
    yield Exhibit("link-reminder", "A reminder to send", ask, private=True)
    healthy = checked.shown(checked.browser())
    yield Exhibit("check-clear", "A browser: nothing found", healthy.verdict())
    lost = {"udp_media": "udp_outbound_lost"}
    yield Exhibit("check-blocked", "A browser: one cause", checked.shown(checked.browser(**lost)).verdict())
    open_ = checked.browser(websocket="inconclusive")
    yield Exhibit("check-unclear", "A browser: could not tell", checked.shown(open_).verdict())
    yield Exhibit(
        "check-beside", "Browser and relay agree", checked.beside(samples.MEDIA_LOST, **lost).verdict()
    )
    yield Exhibit("check-beside-clear", "Both find nothing", checked.beside().verdict())
    yield Exhibit("check-differs", "Browser and relay disagree", checked.beside(**lost).verdict())
    options = replace(healthy.mine, checked=False)
    last = more(healthy.about, healthy.whole.diagnosis, options)
    yield Exhibit("more-link", "Behind More, with links", last, private=True)
