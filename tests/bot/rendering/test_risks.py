"""A risk affects nobody now: no verdict calls it a cause, and every one names it."""

from typing import Any

import pytest

from bot.diagnosis.comparison import compare
from bot.diagnosis.engine import load_engine
from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.stored_run import summary_of
from bot.model.records import RunRow
from bot.model.request import Request
from bot.rendering.blocks.elements import ButtonContext
from bot.rendering.blocks.fixes import fixes
from bot.rendering.blocks.message import Message
from bot.rendering.blocks.run_header import RunHeader
from bot.rendering.blocks.ticket import ticket_text
from bot.rendering.blocks.verdict import verdict
from bot.rendering.blocks.verdict_controls import VerdictOptions
from bot.rendering.json.diagnosis import render as render_json
from bot.rendering.terminal.multi_relay import render_parts, render_several
from bot.rendering.terminal.short_answer import ShortAnswer
from bot.rendering.vantage_summary import view_together
from bot.rendering.view import View, make_view
from bot.slack.state.finished_run import for_platform, headline_of
from bot.slack.state.run_history import reevaluate
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from probes.protocol.model import USER_NETWORK
from tests.previews import samples

KNOWLEDGE, NETWORK = load_knowledge(), load_network(None)
REQUEST = Request("31009", "ios", answers={"vpn": "no"})
TITLE = "Some edges are blocked; roaming may select one"


def sample(*faults: samples.Fault, relay: str = "acme-hq") -> RunRecord:
    return samples.sample(REQUEST, KNOWLEDGE, NETWORK, *faults, relay=relay)


RISK = sample(samples.FAR_EDGE_SHUT)
BOTH = sample(samples.FAR_EDGE_SHUT, samples.MEDIA_LOST)


def view_of(record: RunRecord) -> View:
    return make_view(record, KNOWLEDGE, NETWORK)


def message(record: RunRecord) -> Message:
    header = RunHeader(ButtonContext("c1", "r1"), "31009 on iOS")
    return verdict(header, view_of(record), record.diagnosis, VerdictOptions(platform="ios"))


def shown(record: RunRecord) -> str:
    short = ShortAnswer(record, view_of(record), KNOWLEDGE)
    parts = render_parts([record], [view_of(record)], NETWORK, ("details",))
    return "\n".join(line.text for line in (*short.head(), *short.tail(), *parts))


def test_terminal_names_a_risk_alone() -> None:
    """The verdict says that no problem was found, names the risk, and shows why and what to do."""
    text = shown(RISK)
    assert text.startswith(f"No problem found from acme-hq. 1 risk: {TITLE}.\n")
    assert "Risks: nobody is affected now" in text
    assert "Blocked edges: ashburn." in text
    assert "With roaming, allow every edge" in text
    assert "Calls work now, but they can fail at any time." in text
    assert "Blocked:" not in text


def test_terminal_lists_a_risk_after_what_was_found() -> None:
    """Beside a cause, the headline names the cause, and the risk comes after it."""
    text = shown(BOTH)
    assert text.startswith("Blocked: UDP to the media ports.\n")
    assert text.index("Why") < text.index("Risks: nobody is affected now") < text.index("Ruled out")
    assert "2 causes found" not in text


def test_slack_names_a_risk() -> None:
    """The message says it in text and blocks, offers the steps, and asks for no feedback on a cause."""
    sent = message(RISK)
    assert sent.text.startswith(f"No problem found from acme-hq. 1 risk: {TITLE}.")
    blocks = str(sent.blocks)
    assert f"Risk: {TITLE}" in blocks
    assert "Fix steps" in blocks
    assert "That was it" not in blocks
    both = message(BOTH)
    assert both.text.startswith("Blocked: UDP to the media ports is blocked.")
    assert f"Risk: {TITLE}." in both.text


def test_steps_and_ticket_hold_the_risk() -> None:
    """The steps with code and the ticket include what to do against a risk, and call it one."""
    header = RunHeader(ButtonContext("c1", "r1"), "31009 on iOS")
    steps = fixes(header, view_of(RISK), "ios", ())
    assert "With roaming, allow every edge" in str(steps.blocks)
    text = ticket_text(header, view_of(RISK), RISK.diagnosis)
    assert f"Risk, nobody is affected now: {TITLE}" in text
    assert "Cause:" not in text


def test_json_lists_risks_apart() -> None:
    """Format 2: what blocks or degrades is in `found`, risks are in `risks`, each with its impact."""
    reply = render_json(BOTH, view_of(BOTH), NETWORK, "1")
    assert reply["format"] == 2
    assert [(item["id"], item["impact"]) for item in reply["found"]] == [("media-udp-blocked", "blocks")]
    assert [(item["id"], item["impact"]) for item in reply["risks"]] == [("edges-partly-blocked", "risk")]
    alone = render_json(RISK, view_of(RISK), NETWORK, "1")
    assert (alone["outcome"], alone["found"]) == ("clear", [])


def test_several_relays_name_a_risk() -> None:
    """The joined verdict and the comparison name the risk, and the relay that sees it."""
    records = [RISK, sample(relay="berlin")]
    assert view_together(records, KNOWLEDGE, NETWORK).headline == (
        f"No problem found at 2 relays. 1 risk: {TITLE}"
    )
    says = "Tested from acme-hq and berlin: no problem found from any of them. 1 risk: "
    assert compare(records).says == f"{says}{TITLE}, from acme-hq."
    lines = render_several(records, [view_of(record) for record in records], NETWORK)
    text = "\n".join(line.text for line in lines)
    assert f"From acme-hq (user's network): No problem found. 1 risk: {TITLE}" in text
    assert "From berlin (user's network): No problem found" in text


@pytest.mark.parametrize("record", [RISK, BOTH], ids=["alone", "beside a cause"])
def test_a_row_of_the_former_format_still_renders(record: RunRecord) -> None:
    """A run that was stored when a risk was called found is concluded again, and its list entry stays as it was."""
    engine = load_engine()
    former: dict[str, Any] = {
        "headline": f"Found: {TITLE}",
        "found": ["edges-partly-blocked"],
        "relays": {"acme-hq": {"turn": "credentials from the environment", "timings": {"total": 12.5}}},
    }
    row = RunRow(
        *(
            "r1",
            "c1",
            {"acme-hq": USER_NETWORK},
            REQUEST,
            "digest",
            "twilio",
            5.0,
            "done",
            6.0,
            "found",
            former,
        )
    )
    again = reevaluate(engine, row, "U1", REQUEST, {"acme-hq": record.observations})
    assert [risk.cause for risk in again.record.diagnosis.risks] == ["edges-partly-blocked"]
    assert again.record.diagnosis.outcome == record.diagnosis.outcome
    assert headline_of(engine, again) == view_of(record).headline
    assert TITLE in message(again.record).text
    assert TITLE in shown(again.record)


def test_the_summary_of_a_run_keeps_risks() -> None:
    """What is stored of a run names its risks apart; another platform gets their steps, too."""
    summary = summary_of([RISK], view_of(RISK).headline, RISK.diagnosis)
    assert (summary["found"], summary["risks"]) == ([], ["edges-partly-blocked"])
    wider = for_platform(load_engine(), RISK, "android").diagnosis
    assert [risk.platforms for risk in wider.risks] == [("ios", "android")]
