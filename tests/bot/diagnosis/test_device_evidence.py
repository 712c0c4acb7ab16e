"""A case goes on with what the user's device saw, beside what the relay saw."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.diagnosis.device_evidence import DeviceComparison, apply_device_reading
from bot.diagnosis.discrepancies import find_discrepancies
from bot.diagnosis.run_record import RunRecord
from bot.diagnosis.triage import prepare
from bot.intake.clues import Reading, code_of, edge_of, platform_of
from bot.intake.read import read
from bot.model.request import Request
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge
from probes.protocol.failures import Failure
from probes.protocol.model import REFERENCE, USER_NETWORK, Observation, Plan
from tests.bot.intake.samples import SAMPLES

FACTS: Mapping[str, Mapping[str, Any]] = {
    "edges": {"open_count": 8, "roaming_open": True, "extra_ms": 0.0, "extra_ratio": 1.0},
    "route": {"beyond_gateway": True},
    "http": {"date_offset_s": 0.0},
    "udp_media": {"outbound_ok": 8, "inbound_ok": 8},
}


def record_of(
    knowledge: Knowledge,
    network: Network,
    request: Request,
    failures: Mapping[str, Failure],
    vantage: str = USER_NETWORK,
) -> RunRecord:
    """A case whose relay saw everything work, but for the probes in *failures* (by probe, or probe and service)."""
    problem = prepare(request, knowledge, network)
    looks = {one.step: one for case in problem.cases for wanted in case.probes.values() for one in wanted}
    seen = {}
    for step, one in looks.items():
        failure = failures.get(f"{one.probe} {one.target.service}", failures.get(one.probe))
        facts = FACTS.get(one.probe, {}) if failure is None else {}
        seen[step] = Observation(step, one.probe, one.target, failure, facts)
    if failures.get("tcp signaling"):
        for step, one in seen.items():
            if one.probe == "edges":
                seen[step] = replace(one, failure=None, facts={"open_count": 0, "roaming_open": False})
    answers = problem.answers(seen, request.answers, vantage)
    return RunRecord(
        request, network.id, knowledge.digest, "acme-hq", vantage, "", Plan((), 0.0), seen, answers,
        problem.diagnosis(answers, seen), 0.0, {"total": 1.0},
    )  # fmt: skip


def reading_of(form: str, **more: object) -> Reading:
    reading = read(json.dumps(SAMPLES[form]() | more))
    assert reading.kind == "report"
    return reading


def causes(record: RunRecord, name: str) -> set[str]:
    return {one.cause for one in getattr(record.diagnosis, name)}


def side(sides: tuple[DeviceComparison, ...], question: str) -> DeviceComparison:
    return next(one for one in sides if one.question == question)


SHUT = {
    "tcp signaling": Failure.GENERIC_TIMEOUT_ERROR,
    "tls signaling": Failure.SKIPPED,
    "websocket": Failure.SKIPPED,
}


def test_a_device_that_reached_signaling_contradicts_a_relay_that_did_not(
    real: Knowledge, twilio: Network
) -> None:
    """What the relay found is found no more, nor ruled out: the two do not see the same network, and both are told."""
    before = record_of(real, twilio, Request("31009", "javascript"), SHUT)
    assert "signaling-blocked" in causes(before, "found")
    now = apply_device_reading(before, reading_of("javascript"), real, twilio)
    assert "signaling-blocked" not in causes(now.record, "found") | causes(now.record, "ruled_out")
    assert now.record.diagnosis.outcome == "unclear"
    told = side(now.differ, "signaling-tcp")
    assert (told.relay, told.device) == ("no", "yes, at the address that the device used")
    judged = [*now.record.diagnosis.possible, *now.record.diagnosis.not_checked]
    assert any("they disagree" in one.because for one in judged if one.cause == "signaling-blocked")


def test_a_device_that_says_the_same_leaves_the_finding(real: Knowledge, twilio: Network) -> None:
    """Where the device's own test failed as well, what the relay found stays found."""
    before = record_of(real, twilio, Request("53000", "javascript"), SHUT)
    failed = read(
        '{"status": "failed", "selectedEdge": "roaming", "callQuality": null, "error": {"code": 53000}}'
    )
    now = apply_device_reading(before, failed, real, twilio)
    assert causes(now.record, "found") == causes(before, "found") == {"signaling-blocked"}
    assert now.differ == ()


def test_media_that_had_to_take_turn_find_udp_shut_and_likely(real: Knowledge, twilio: Network) -> None:
    """The relay could not prove anything about UDP; the device's detour finds it, and no more than likely."""
    before = record_of(real, twilio, Request("53405", "javascript"), {"udp_media": Failure.NO_CREDENTIALS})
    now = apply_device_reading(before, reading_of("javascript"), real, twilio)
    (found,) = (one for one in now.record.diagnosis.found if one.cause == "media-udp-blocked")
    assert found.confidence == "likely"
    assert causes(before, "found") == set()


def test_one_port_that_passes_does_not_clear_the_media_range(real: Knowledge, twilio: Network) -> None:
    """Direct media went to one port: that UDP is open everywhere is not concluded from it."""
    before = record_of(real, twilio, Request("53405", "android"), {"udp_media": Failure.NO_CREDENTIALS})
    now = apply_device_reading(before, reading_of("android"), real, twilio)
    assert "media-udp-blocked" in causes(now.record, "not_checked")
    assert "media-udp-blocked" not in causes(now.record, "found") | causes(now.record, "ruled_out")


def test_a_trusted_proxy_is_not_cleared_by_a_session(real: Knowledge, twilio: Network) -> None:
    """A session that stands may be an inspecting proxy's: it is not ruled out, and a relay's finding stays."""
    unseen = {"tls": Failure.CANCELLED, "websocket": Failure.CANCELLED, "http": Failure.CANCELLED}
    request = Request("31009", "javascript")
    now = apply_device_reading(
        record_of(real, twilio, request, unseen), reading_of("javascript"), real, twilio
    )
    assert "tls-intercepted" not in causes(now.record, "found") | causes(now.record, "ruled_out")
    seen = {"tls": Failure.SSL_LOCAL_AUTHORITY}
    found = apply_device_reading(
        record_of(real, twilio, request, seen), reading_of("javascript"), real, twilio
    )
    assert "tls-intercepted" in causes(found.record, "found")


def test_beside_a_reference_relay_the_device_decides(real: Knowledge, twilio: Network) -> None:
    """A relay elsewhere rules nothing out; the device stands in the user's network, and does."""
    before = record_of(real, twilio, Request("31009", "javascript"), {}, REFERENCE)
    assert causes(before, "ruled_out") == set()
    now = apply_device_reading(before, reading_of("javascript"), real, twilio)
    assert {"dns-failing", "signaling-blocked", "no-network"} <= causes(now.record, "ruled_out")
    shut = apply_device_reading(
        record_of(real, twilio, Request("31009", "javascript"), SHUT, REFERENCE),
        reading_of("javascript"),
        real,
        twilio,
    )
    assert shut.differ == ()
    assert "signaling-blocked" in causes(shut.record, "ruled_out")


def test_another_edge_says_nothing_about_the_edge_of_the_case(real: Knowledge, twilio: Network) -> None:
    """A test at singapore does not show that the host of dublin can be reached; that some edge is open it does."""
    before = record_of(
        real,
        twilio,
        Request("31009", "android", "dublin"),
        dict.fromkeys(["dns", "tcp", "edges", "tls"], Failure.CANCELLED),
    )
    now = apply_device_reading(before, reading_of("android"), real, twilio)
    answers = now.record.answers["android"]
    assert answers["signaling-tcp"].answer is None
    assert answers["signaling-dns"].answer is None
    assert answers["other-edges"].answer == "open"
    assert answers["other-edges"].by == "device"


def test_reports_that_contradict_each_other_show_nothing(real: Knowledge, twilio: Network) -> None:
    """One test over mobile data, one over Wi-Fi: where they differ, neither answers."""
    direct = SAMPLES["javascript"]()
    pair = direct["selectedIceCandidatePairStats"]
    pair["localCandidate"] = direct["iceCandidateStats"][1]
    direct["isTurnRequired"] = False
    both = read(json.dumps([SAMPLES["javascript"](), direct]))
    assert len(both.reports) == 2
    before = record_of(real, twilio, Request("53405", "javascript"), {"udp_media": Failure.NO_CREDENTIALS})
    now = apply_device_reading(before, both, real, twilio)
    assert now.record.answers["javascript"]["media-udp"].answer is None
    assert now.record.answers["javascript"]["turn"].answer == "reached"


def test_the_same_report_twice_counts_once(real: Knowledge, twilio: Network) -> None:
    """A report pasted again changes nothing."""
    before = record_of(real, twilio, Request("31009", "javascript"), {})
    once = apply_device_reading(before, reading_of("javascript"), real, twilio)
    twice = apply_device_reading(once.record, reading_of("javascript"), real, twilio)
    assert twice.record == once.record
    assert twice.comparisons == once.comparisons


@pytest.mark.parametrize(("placed", "found"), [(False, set()), (True, {"dns-failing"})])
def test_a_tool_counts_where_somebody_says_that_it_ran_on_the_device(
    real: Knowledge, twilio: Network, placed: bool, found: set[str]
) -> None:
    """dig's NXDOMAIN from nobody knows where finds nothing; from the user's device it finds DNS failing."""
    host = twilio.targets("signaling", "ios")[0].host
    dig = (
        f"; <<>> DiG 9.18 <<>> {host}\n;; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 7\n"
        f";; QUESTION SECTION:\n;{host}.\tIN\tA\n"
    )
    unseen = dict.fromkeys(["dns", "tcp", "tls", "edges", "stun", "http", "route", "turn"], Failure.CANCELLED)
    before = record_of(real, twilio, Request("31530", "ios"), unseen)
    now = apply_device_reading(before, read(dig), real, twilio, on_device=placed)
    assert causes(now.record, "found") == found


def test_a_report_tells_platform_version_and_edge(real: Knowledge, twilio: Network) -> None:
    """What only a report tells is taken over where the case does not say it; what the case says stays."""
    reading = read(json.dumps({"sdk": "@twilio/voice-sdk 2.17.0", "report": SAMPLES["javascript"]()}))
    assert (platform_of(reading), edge_of(reading), code_of(reading, real.errors)) == (
        "javascript",
        "roaming",
        "31009",
    )
    now = apply_device_reading(record_of(real, twilio, Request("31009"), {}), reading, real, twilio)
    assert now.record.request.platform == "javascript"
    assert now.record.request.answers == {"sdk-version": "2.17.0"}
    kept = apply_device_reading(record_of(real, twilio, Request("31009", "ios"), {}), reading, real, twilio)
    assert kept.record.request.platform == "ios"
    assert "sdk-version" not in kept.record.request.answers


def test_edges_and_ports_are_laid_beside_the_relay(real: Knowledge, twilio: Network) -> None:
    """Where roaming led both, which edge is near, and whether the device's port is among those that the relay lost."""
    before = record_of(real, twilio, Request("53405", "javascript"), {})
    seen = dict(before.observations)
    for step, one in seen.items():
        if one.probe == "edges":
            facts = {"nearest_edge": "frankfurt", "nearest_ms": 12.3, "roaming_edge": "frankfurt"}
            seen[step] = replace(one, facts=facts)
        if one.probe == "udp_media":
            seen[step] = replace(one, failure=Failure.UDP_OUTBOUND_LOST, facts={"boundary": "20000-60000"})
    told = list(find_discrepancies(reading_of("javascript"), seen, "acme-hq"))
    assert (
        told[0]
        == "Roaming selected dublin for the device. From acme-hq, the nearest edge is frankfurt (12 ms away)."
    )
    assert told[1].startswith("Roaming selects frankfurt for acme-hq and selected dublin for the device")
    (port,) = find_discrepancies(reading_of("android"), seen, "acme-hq")
    assert port.startswith("The device's media used port 22222, among those that acme-hq lost (20000-60000)")
    assert list(find_discrepancies(reading_of("ios"), {}, "acme-hq")) == []
