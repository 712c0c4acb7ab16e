"""What is said of a report in Slack stays within Slack's limits, whatever the report holds."""

import json
from dataclasses import replace

from bot.diagnosis.device_evidence import apply_device_reading
from bot.intake.read import read
from bot.model.request import Request
from bot.rendering.blocks import device_report
from bot.rendering.blocks.elements import ButtonContext
from bot.rendering.blocks.run_header import RunHeader
from bot.rendering.view import make_view
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge
from tests.bot.diagnosis.test_device_evidence import record_of
from tests.bot.intake.samples import SAMPLES
from tests.fake_slack.limits import check_message, pings

PING = "<!channel> <@U012AB3CD> *bold* &amp; <https://evil.example|here>"


def test_hostile_reports_are_told_within_limits(real: Knowledge, twilio: Network) -> None:
    """Many reports with marks, mentions and long words in every field: nobody is called, nothing is too long."""
    report = SAMPLES["javascript"]()
    report |= {
        "errors": [{"code": 53000, "message": PING * 50 + str(number)} for number in range(60)],
        "warnings": [{"name": f"{PING}{number}", "rtcWarning": {"values": [1e300]}} for number in range(60)],
        "selectedEdge": "x" * 30,
    }
    for one in report["iceCandidateStats"]:
        one |= {"url": PING * 20, "address": PING, "networkType": PING}
    local = report["selectedIceCandidatePairStats"]["localCandidate"]
    local |= {"url": PING * 20, "relayProtocol": PING}
    reading = read(json.dumps([report | {"edge": f"edge-{number}"} for number in range(9)]))
    assert len(reading.reports) == 9
    record = record_of(real, twilio, Request("31009"), {})
    continued = apply_device_reading(record, reading, real, twilio)
    header = RunHeader(ButtonContext("c", "r"), "31009", relay=PING)
    view = replace(make_view(continued.record, real, twilio), headline=PING)
    named = replace(continued, record=replace(continued.record, relay=PING))
    for message in (
        device_report.compared(
            header, view, continued.record.diagnosis, reading, [named, named], twilio.quality
        ),
        device_report.alone(reading, twilio.quality, "What next?", PING, {"code": PING}),
    ):
        payload = message.payload()
        assert check_message(payload) == []
        assert pings(payload) == []
