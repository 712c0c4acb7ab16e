"""Every kind of reply, from made-up runs on the real knowledge: for previews, and for tests that judge them all.

Pure: no network, no clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from bot.diagnosis.run_record import RunRecord
from bot.model.request import Request
from bot.model.vocabulary import person_questions
from bot.rendering.blocks import (
    evidence,
    fixes,
    guides,
    lists,
    modals,
    notices,
    run_diff,
    run_endings,
    ticket,
)
from bot.rendering.blocks.customer import customer_copy
from bot.rendering.blocks.decision_path import Mark, WalkedQuestion, follow, walked
from bot.rendering.blocks.elements import ButtonContext
from bot.rendering.blocks.message import Message
from bot.rendering.blocks.progress import acknowledged, progress
from bot.rendering.blocks.question import ask as ask_question
from bot.rendering.blocks.question import ended
from bot.rendering.blocks.run_header import RunHeader, run_header
from bot.rendering.blocks.tree_image import Picture, picture
from bot.rendering.blocks.verdict import verdict
from bot.rendering.blocks.verdict_controls import VerdictOptions, more
from bot.rendering.layer_progress import LayerProgress, layers_of
from bot.rendering.view import View, make_view
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge
from probes.protocol.model import REFERENCE, USER_NETWORK
from tests.previews import samples
from tests.previews.gallery_check_link import Checked, about_links
from tests.previews.gallery_device import from_devices
from tests.previews.gallery_multi_relay import RELAYS, Together
from tests.previews.gallery_text import Exhibit, free_words

_MARKS = {"found": Mark.FAULT, "clear": Mark.FINE, "unclear": Mark.UNKNOWN}
PICTURE = "F0PICTURE"  # the id of the picture's file


@dataclass(frozen=True)
class Shown:
    """One made-up run with all that is said about it."""

    record: RunRecord
    knowledge: Knowledge
    network: Network
    run: str

    @cached_property
    def view(self) -> View:
        """Its texts."""
        return make_view(self.record, self.knowledge, self.network)

    @cached_property
    def about(self) -> RunHeader:
        """What its messages are about."""
        asked = ButtonContext("c-7f3a", self.run)
        return run_header(self.record, asked, self.knowledge, "U0AGENT", self.network.title)

    @cached_property
    def walk(self) -> tuple[WalkedQuestion, ...]:
        """The way through the tree."""
        return walked(self.record, self.knowledge)

    @cached_property
    def partway(self) -> tuple[tuple[WalkedQuestion, ...], int, int]:
        """What had been answered after about half of its looks, with their number and that of all."""
        total = len(self.record.plan.steps)
        passed: tuple[WalkedQuestion, ...] = ()
        for told in samples.retold(self.record, total // 2, self.knowledge, self.network):
            passed = follow(passed, told, self.knowledge)
        return passed, total // 2, total

    @cached_property
    def layers(self) -> tuple[LayerProgress, ...]:
        """How far each layer was by then."""
        *_, told = samples.retold(self.record, self.partway[1], self.knowledge, self.network)
        return layers_of(told)

    @property
    def choices(self) -> VerdictOptions:
        """What can be chosen below its verdict."""
        platforms = tuple((one.id, one.title) for one in self.knowledge.platforms.values())
        others = tuple(name for name in RELAYS if name != self.record.relay)
        return VerdictOptions(platforms, self.record.request.platform or "", others)

    def verdict(self, **more: Any) -> Message:
        """Its verdict; *more* are other choices."""
        return verdict(self.about, self.view, self.record.diagnosis, replace(self.choices, **more))

    def picture(self) -> Picture:
        """Its tree, drawn."""
        outcome = self.record.diagnosis.outcome
        return picture(f"Error {self.about.subject}", self.walk, [(self.view.headline, _MARKS[outcome])])


@dataclass(frozen=True)
class Gallery:
    """All replies, each made when it is asked for."""

    knowledge: Knowledge
    network: Network

    def shown(self, platform: str | None, *faults: samples.Fault, run: str = "kite-42", **more: Any) -> Shown:
        """Make up one run."""
        record = samples.sample(Request("31009", platform), self.knowledge, self.network, *faults, **more)
        return Shown(record, self.knowledge, self.network, run)

    @cached_property
    def blocked(self) -> Shown:
        """One cause, on one platform."""
        return self.shown("ios", *samples.SIGNALING_SHUT)

    @cached_property
    def media(self) -> Shown:
        """One cause, and a question that may change it."""
        return self.shown("javascript", samples.MEDIA_LOST, run="heron-7")

    @cached_property
    def three(self) -> Shown:
        """Three causes, on every platform."""
        faults = (samples.MEDIA_LOST, samples.INSIGHTS_SHUT, samples.INTERCEPTED)
        return self.shown(None, *faults, run="lark-19")

    @cached_property
    def clear(self) -> Shown:
        """Nothing is found."""
        return self.shown("ios", run="kite-43")

    @cached_property
    def risk(self) -> Shown:
        """Nothing is found, and there is a risk."""
        return self.shown("ios", samples.FAR_EDGE_SHUT, run="kite-44")

    @cached_property
    def unclear(self) -> Shown:
        """A relay elsewhere cannot tell."""
        return self.shown("javascript", relay="reference-frankfurt", vantage=REFERENCE, run="wren-3")

    @cached_property
    def together(self) -> Together:
        """Runs from several relays."""
        return Together(self.knowledge, self.network, self.blocked.choices)

    def exhibits(self) -> Iterator[Exhibit]:
        """Yield every kind of reply, in the order in which somebody meets them."""
        yield from self._while_it_runs()
        yield from self._verdicts()
        yield from self._in_the_thread()
        yield from from_devices(
            self.knowledge, self.network, self.media.record, self.shown("javascript", run="kite-44").record
        )
        yield from free_words(self.knowledge, self.network, self.blocked.record, self.blocked.view)
        yield from about_links(Checked(self.knowledge, self.network, self.clear.choices))
        yield from self._notices()
        yield from self._surfaces()

    def _while_it_runs(self) -> Iterator[Exhibit]:
        one, (passed, done, total) = self.blocked.about, self.blocked.partway
        fresh = replace(one, took=0.0)
        yield Exhibit("acknowledged", "Acknowledged", acknowledged(fresh))
        yield Exhibit("progress", "Progress", progress(fresh, passed, done, total))
        cards = progress(fresh, passed, done, total, self.blocked.layers)
        yield Exhibit("progress-cards", "Progress, as cards", cards)
        yield Exhibit("progress-several", "Progress from several relays", self.together.progress())
        several = self.together.progress(cards=True)
        yield Exhibit("progress-several-cards", "Progress from several relays, as cards", several)
        yield Exhibit("stopped", "Stopped", run_endings.stopped(one, "U0AGENT", done, total))
        yield Exhibit("lost", "Interrupted by a restart", run_endings.lost(one, done, total))
        yield Exhibit("restarting", "Interrupted, starts again by itself", run_endings.restarting(fresh))
        again = progress(replace(fresh, restarted=True), passed, done, total)
        yield Exhibit("restarted", "Progress after a restart", again)

    def _verdicts(self) -> Iterator[Exhibit]:
        yield Exhibit("verdict", "Verdict", self.blocked.verdict())
        yield Exhibit("verdict-question", "Verdict with a question", self.media.verdict(earlier=True))
        yield Exhibit("verdict-several", "Verdict with several causes", self.three.verdict())
        yield Exhibit("verdict-relays", "Verdict from several relays", self.together.side_by_side.verdict())
        yield Exhibit("verdict-relays-two", "Verdict from two networks", self.together.two_faults.verdict())
        lost = self.together.side_by_side.part(RELAYS[1])
        yield Exhibit("verdict-lost", "Verdict of a relay that was lost", lost)
        yield Exhibit("verdict-judged", "Verdict after feedback", self.blocked.verdict(judged="right"))
        yield Exhibit("clear", "Nothing found", self.clear.verdict())
        yield Exhibit("clear-link", "Nothing found, with links", self.clear.verdict(link=True))
        yield Exhibit("unclear-link", "Could not tell, with links", self.unclear.verdict(link=True))
        yield Exhibit("risk", "Nothing found, one risk", self.risk.verdict())
        yield Exhibit("resolved", "Fixed", self.clear.verdict(resolved=True, earlier=True))
        yield Exhibit("unclear", "Could not tell", self.unclear.verdict())

    def _in_the_thread(self) -> Iterator[Exhibit]:
        blocked, clear, media = self.blocked, self.clear, self.media
        diagnosis, looks = blocked.record.diagnosis, blocked.record.observations
        one, platforms = blocked.about, blocked.choices.platforms
        question = media.record.diagnosis.next_question
        if question:
            yield Exhibit("question", "A question", ask_question(media.about, question))
            ended_message = ended(media.about, media.view.headline, question)
            yield Exhibit("ended", "After a run that took long", ended_message)
        yield Exhibit("evidence", "Evidence", evidence.evidence(one, blocked.view, diagnosis, looks.values()))
        yield Exhibit(
            "evidence-relays", "Evidence from several relays", self.together.side_by_side.evidence()
        )
        failed = next(look for look in looks.values() if look.failure is not None)
        yield Exhibit("step", "One look", evidence.step(one, failed))
        yield Exhibit("tree", "How it was decided", evidence.tree(one, blocked.walk, PICTURE))
        yield Exhibit("fixes", "Fix steps", fixes.fixes(one, blocked.view, "ios", platforms))
        yield Exhibit("fixes-all", "Steps for all", fixes.fixes(one, blocked.view, "", platforms))
        yield Exhibit("preflight", "Preflight", guides.preflight(one, blocked.view.preflight[0]))
        cause = self.knowledge.causes["tls-intercepted"]
        yield Exhibit("meaning-cause", "What a cause means", guides.cause_meaning(cause))
        asked = self.knowledge.questions["signaling-tcp"]
        yield Exhibit("meaning-question", "What a question means", guides.question_meaning(asked))
        change = run_diff.change(diagnosis, clear.record.diagnosis, blocked.walk, clear.walk)
        yield Exhibit("changed", "What changed", run_diff.compared(one, clear.about, change, "clear"))
        same = run_diff.change(diagnosis, diagnosis, blocked.walk, blocked.walk)
        yield Exhibit("unchanged", "Nothing changed", run_diff.compared(one, one, same, "found"))
        yield Exhibit("elsewhere", "No relay in common", self.together.elsewhere())
        options = replace(blocked.choices, earlier=True)
        yield Exhibit("more", "Behind More", more(one, diagnosis, options), private=True)
        relays = self.together.side_by_side
        yield Exhibit("more-relays", "Behind More, several relays", relays.more(), private=True)
        yield Exhibit("customer", "For the customer", customer_copy(self.three.view), private=True)
        yield Exhibit("ticket", "For the ticket", ticket.ticket(one, blocked.view, diagnosis))
        yield Exhibit("thanks", "Thanks for feedback", notices.thanks(one, "right"))

    def _notices(self) -> Iterator[Exhibit]:
        why = (
            "The relay acme-hq may be used by people of the channel #acme-support only, and this is #random."
        )
        instead = ("Ask in #acme-support.", "Use the built-in relay: /diagnose 31009 ios")
        yield Exhibit("refusal", "Refusal", notices.refusal(why, instead), private=True)
        wrong = "“iphon” is not a code, a platform or an edge; did you mean iphone?"
        yield Exhibit("usage", "Not understood", notices.usage(wrong), private=True)
        hint = "An access token was in your message. It was taken out before anything was stored."
        yield Exhibit(
            "usage-hint", "With a hint", notices.usage("No error code is given.", hint=hint), private=True
        )
        codes = [("31009", "Transport error"), ("31005", "Connection error")]
        yield Exhibit("choose", "Several codes", notices.choose(codes), private=True)
        broken = "The relay acme-hq stopped answering in the middle of the run."
        yield Exhibit("error", "Error", notices.error(broken, "e-20261122-7c1f", self.blocked.about))
        yield Exhibit("not-in-channel", "Not in the channel", notices.cannot_post(sent=True), private=True)
        yield Exhibit("not-a-member", "Not a member", notices.cannot_read(), private=True)
        archived = notices.cannot_post(word="is_archived")
        yield Exhibit("archived", "An archived channel", archived, private=True)
        yield Exhibit(
            "missing-scope", "Missing permission", notices.missing_scope(["files:write"]), private=True
        )

    def _surfaces(self) -> Iterator[Exhibit]:
        rows = [
            lists.RelayRow("local", USER_NETWORK, True, "ready, 2 of 16 places taken"),
            lists.RelayRow(
                "acme-hq",
                USER_NETWORK,
                True,
                "connected, round trip 38 ms, version 0.2.0",
                ("site=hq", "customer=acme"),
                ("Its clock is 4 s behind.",),
            ),
            lists.RelayRow(
                "acme-branch-lyon",
                USER_NETWORK,
                False,
                "not connected, last connected 3 h ago (the connection was closed)",
                ("site=lyon", "customer=acme"),
            ),
            lists.RelayRow(
                "reference-frankfurt", REFERENCE, True, "connected, round trip 9 ms, version 0.2.0"
            ),
        ]
        past = [
            lists.PastRun(
                one.about.asked, one.about.subject, one.view.headline, one.record.diagnosis.outcome, at
            )
            for one, at in zip(
                (self.clear, self.blocked, self.three, self.unclear),
                (samples.STARTED - 3_600 * number for number in range(4)),
                strict=True,
            )
        ]
        titles = [(one.id, one.title) for one in self.knowledge.platforms.values()]
        yield Exhibit(
            "help", "Help", lists.help_message(list(self.knowledge.errors), [one for one, _ in titles])
        )
        yield Exhibit("relays", "Relays", lists.relays(rows, 2))
        yield Exhibit("history", "History", lists.history(past))
        rows_of_all = [("U0AGENT", one) for one in past]
        yield Exhibit("history-channel", "History of a channel", lists.channel_history(rows_of_all))
        codes = [(one.code, one.name) for one in self.knowledge.errors.values()]
        form = modals.form(
            codes,
            titles,
            self.network.edge_names,
            RELAYS,
            {"code": "31009", "relay": "acme-hq"},
            questions=person_questions(self.knowledge),
            links=True,
        )
        yield Exhibit("form", "Form", form)
        causes = [(one.id, one.title) for one in self.knowledge.causes.values()]
        yield Exhibit("feedback", "Feedback form", modals.feedback(self.blocked.about.asked, causes))
        yield Exhibit("home", "App Home", modals.home(past, rows, others=2))
        yield Exhibit("home-empty", "App Home, first time", modals.home([], rows[:1]))
