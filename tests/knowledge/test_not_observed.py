"""What was not observed rules nothing out: no answer without a measurement does, and no silent network."""

import pytest

from knowledge.model.conclusions import Answered
from knowledge.model.schema import Cause, ProbeSpec, Question
from knowledge.reasoning.judge import judge
from knowledge.reasoning.selection import select_causes
from probes.protocol.failures import Failure
from tests.knowledge.stories import FINE, KNOWLEDGE, SILENT, TWILIO, Change, diagnose

# How an answer says that nothing was measured.
NOTHING = ("unknown", "not measured", "not proven", "not observed")
# Each cause that such an answer may rule out, and what was measured instead.
MEASURED_OTHERWISE = {
    ("quality-poor", "full-line"): "the line while it is idle; filling it needs two permissions"
}


def without_a_measurement(question: Question) -> list[str]:
    """The answers of *question* that say that nothing was measured."""
    return [rule.name for rule in question.answers if question.says(rule.name).startswith(NOTHING)]


BLANK = [
    (cause.id, question, answer)
    for cause in KNOWLEDGE.causes.values()
    for question in dict.fromkeys(id_ for way in cause.when for id_ in way)
    if KNOWLEDGE.questions[question].observe
    for answer in without_a_measurement(KNOWLEDGE.questions[question])
    if not any(answer in way.get(question, ()) for way in cause.when)
]


def against(cause: Cause, question: str, answer: str) -> dict[str, str]:
    """*answer* to *question*, and one contradicting answer for each way to find *cause* that does not ask it."""
    given = {question: answer}
    for way in cause.when:
        if not any(id_ in given and given[id_] not in fit for id_, fit in way.items()):
            other = next(id_ for id_ in way if id_ not in {*given, *cause.clears_if})
            names = [rule.name for rule in KNOWLEDGE.questions[other].answers]
            given[other] = next(name for name in names if name not in way[other])
    return given


def test_the_table_has_answers_without_a_measurement() -> None:
    """The next test goes through login pages, translation to IPv4, proxies, and packet sizes."""
    asked = {(cause, question) for cause, question, _ in BLANK}
    assert {("captive-portal", "portal"), ("ipv6-only", "ip-version"), ("path-mtu", "packet-size")} <= asked
    assert set(MEASURED_OTHERWISE) <= asked


@pytest.mark.parametrize(("id_", "question", "answer"), BLANK)
def test_an_answer_without_a_measurement_rules_nothing_out(id_: str, question: str, answer: str) -> None:
    """Where nothing was measured, the cause is not checked, whatever else is known."""
    cause = KNOWLEDGE.causes[id_]
    platform = (cause.platforms or (*KNOWLEDGE.platforms,))[0]
    case = select_causes(KNOWLEDGE, TWILIO, next(iter(cause.weight)), platform)
    given = against(cause, question, answer)
    answers = {q: Answered(q, given.get(q), "", (), "relay") for q in case.questions}
    ruled_out = judge(case, answers).standing[id_] == "ruled_out"
    assert ruled_out is ((id_, question) in MEASURED_OTHERWISE)


def silent(dns: Failure | None, *, beyond: bool = False) -> Change:
    """Let every packet be dropped; *dns* is how name lookups end, *beyond* whether a router outside answers."""

    def change(wanted: ProbeSpec) -> tuple[Failure | None, dict[str, object]] | None:
        if wanted.probe in ("ip_version", "route"):
            return None, {"beyond_gateway": beyond, "gateway_answers": beyond}
        if wanted.probe == "dns":
            return dns, {}
        unproven = wanted.probe in ("quality", "nat", "mtu", "udp_media", "pac")
        facts = {
            "open": 0,
            "shut": 1,
            "open_count": 0,
            "barred_count": 0,
            "reached": False,
            "roaming_open": False,
        }
        return Failure.INCONCLUSIVE if unproven else dns or SILENT, facts

    return change


def all_end_with(failure: Failure) -> Change:
    """Let every check end with *failure*."""
    return lambda _: (failure, {})


# What may be ruled out: this host has a route for IPv4, and a router outside answers.
HERE = {"ipv6-only"}
NAMES = {"dns-failing", "edge-unreachable", "edges-partly-blocked", "turn-partly-blocked", "secure-dns"}
SITUATIONS = {
    "everything silent": (silent(Failure.DNS_TIMEOUT_ERROR), HERE),
    "only names resolve": (silent(None), HERE | NAMES),
    "no name resolves": (silent(Failure.DNS_TIMEOUT_ERROR, beyond=True), HERE | {"no-network"}),
    "every name is refused": (silent(Failure.DNS_NXDOMAIN_ERROR, beyond=True), HERE | {"no-network"}),
    "relay offline": (all_end_with(Failure.RELAY_LOST), set[str]()),
    "out of time": (all_end_with(Failure.OUT_OF_TIME), set[str]()),
}


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize(
    ("code", "platform"), [("31009", "javascript"), ("31009", "ios"), ("53405", "android")]
)
def test_where_nothing_answers_little_is_ruled_out(situation: str, code: str, platform: str) -> None:
    """Silence clears nobody: only what this host itself shows, and what did answer, rules a cause out."""
    change, may = SITUATIONS[situation]
    diagnosis, _ = diagnose(platform, change, code=code)
    assert {judged.cause for judged in diagnosis.ruled_out} <= may
    assert "captive-portal" in {judged.cause for judged in diagnosis.not_checked}


@pytest.mark.parametrize("probe", FINE)
def test_a_check_that_did_not_run_rules_nothing_out(probe: str) -> None:
    """On a healthy network without the checks of *probe*, each cause is ruled out by a check that ran.

    Whether an edge is fixed is known from its name, without a check.
    """
    diagnosis, seen = diagnose(
        "javascript", lambda wanted: (Failure.NOT_SUPPORTED, {}) if wanted.probe == probe else None
    )
    assert diagnosis.ruled_out
    for judged in diagnosis.ruled_out:
        assert judged.cause == "edge-unreachable" or any(seen[step].has_result for step in judged.steps), (
            judged
        )
