"""A diagnosis lists each cause once, with the reason: found, explained, possible, ruled out, or not checked."""

from pathlib import Path

from knowledge.model.conclusions import Diagnosis
from knowledge.model.schema import CaseModel
from knowledge.reasoning.answers import answer
from knowledge.reasoning.tree import compile_tree, walk
from probes.protocol.failures import Failure
from probes.protocol.model import REFERENCE, USER_NETWORK
from tests.knowledge.small import CAUSES, QUESTIONS, case_of, given, look_at, write

LISTS = ("found", "explained", "possible", "ruled_out", "not_checked")


def lists(diagnosis: Diagnosis) -> dict[str, set[str]]:
    return {name: {one.cause for one in getattr(diagnosis, name)} for name in LISTS}


def conclude(case: CaseModel, **answers: str) -> Diagnosis:
    return walk(compile_tree(case), given(case, **answers))


def look(
    case: CaseModel,
    told: dict[str, str] | None = None,
    vantage: str = USER_NETWORK,
    **failures: Failure | None,
) -> Diagnosis:
    seen = look_at(case, {"": None, **failures})
    return walk(compile_tree(case), answer(case, seen, told or {}, vantage), seen)


def test_a_healthy_network_is_clear_from_here(browser: CaseModel) -> None:
    """Nothing is found, all checked causes are ruled out, and those that need a person's answer are not checked."""
    diagnosis = look(browser)
    assert diagnosis.outcome == "clear"
    assert lists(diagnosis)["not_checked"] == {"detour"}
    assert lists(diagnosis)["ruled_out"] == browser.causes.keys() - {"detour"}
    assert diagnosis.next_question
    assert diagnosis.next_question.question == "vpn"
    assert diagnosis.not_checked[0].person_only


def test_nothing_looked_at_is_not_clear(browser: CaseModel) -> None:
    """Without any check nothing is ruled out, and the outcome is not clear."""
    diagnosis = walk(compile_tree(browser), answer(browser, {}, {}))
    assert diagnosis.outcome == "unclear"
    assert lists(diagnosis)["not_checked"] == browser.causes.keys()


def test_without_credentials_media_are_unclear(browser: CaseModel) -> None:
    """What could not be proven is not checked, with the reason, and the outcome is not clear."""
    diagnosis = look(browser, udp_media=Failure.NO_CREDENTIALS)
    assert diagnosis.outcome == "unclear"
    assert lists(diagnosis)["not_checked"] == {"media-shut", "media-half", "needs-turn", "detour"}
    reason = next(one.because for one in diagnosis.not_checked if one.cause == "media-shut")
    assert reason == ("Does UDP pass both ways? not checked: it needs TURN credentials, and there are none")


def test_two_faults_in_two_branches_are_both_found(browser: CaseModel) -> None:
    """Signaling and media break independently, and both are told."""
    diagnosis = look(browser, tls=Failure.SSL_LOCAL_AUTHORITY, udp_media=Failure.UDP_OUTBOUND_LOST)
    assert [one.cause for one in diagnosis.found] == ["media-shut", "intercepted"]
    assert diagnosis.found[1].steps == ("tls signaling roaming.example:443/tcp",)
    assert diagnosis.unexplained == ()


def test_an_effect_stands_under_its_cause(browser: CaseModel) -> None:
    """An intercepting proxy that also cuts WebSockets is one finding with its effect."""
    diagnosis = look(browser, tls=Failure.SSL_LOCAL_AUTHORITY, websocket=Failure.WEBSOCKET_UPGRADE_STRIPPED)
    assert [(one.cause, one.effects) for one in diagnosis.found] == [("intercepted", ("stripped",))]
    assert [(one.cause, one.by) for one in diagnosis.explained] == [("stripped", "intercepted")]


def test_chains_of_effects_end_at_the_root(folder: Path) -> None:
    """The effect of an effect belongs to the first cause; an explanation that depends holds only then."""
    write(folder, "causes", "no-names", CAUSES["no-names"] + "explains: [intercepted]\n")
    conditional = CAUSES["intercepted"].replace(
        "explains: [stripped]", "explains: [{id: stripped, when: {others: shut}}]"
    )
    write(folder, "causes", "intercepted", conditional)
    case = case_of(folder)
    all_found = {"names": "fails", "tls": "intercepted", "upgrade": "cut"}
    chained = conclude(case, **all_found, others="shut")
    assert [(one.cause, set(one.effects)) for one in chained.found] == [
        ("no-names", {"intercepted", "stripped"})
    ]
    assert {one.by for one in chained.explained} == {"no-names"}
    assert [one.cause for one in conclude(case, **all_found).found] == ["no-names", "stripped"]
    assert [one.cause for one in conclude(case, **all_found, others="open").found] == [
        "no-names",
        "stripped",
    ]


def test_what_is_only_possible_is_an_effect_too(folder: Path) -> None:
    """If its cause is found, a partly proven effect is not listed as possible."""
    write(folder, "causes", "no-names", CAUSES["no-names"] + "explains: [blocked]\n")
    diagnosis = conclude(case_of(folder), names="fails", port="shut")
    assert {"blocked"} == lists(diagnosis)["explained"]
    assert "edge-shut" in lists(diagnosis)["possible"]


def test_undecided_with_a_trace_is_possible(phone: CaseModel) -> None:
    """A blocked port makes an old SDK possible until the version is known; an open port does not."""
    assert "too-old" in lists(conclude(phone, old_port="shut"))["possible"]
    assert "too-old" in lists(conclude(phone, version="before-3"))["possible"]
    assert "too-old" in lists(conclude(phone))["not_checked"]
    assert "needs-turn" in lists(conclude(phone, relayed="reached"))["not_checked"]
    assert "too-old" in lists(conclude(phone, old_port="shut", version="from-3"))["ruled_out"]


def test_clearing_takes_what_the_file_says(browser: CaseModel) -> None:
    """Near from here does not mean near for a user on a VPN."""
    assert "detour" in lists(conclude(browser, distance="near"))["not_checked"]
    assert "detour" in lists(conclude(browser, distance="near", vpn="no"))["ruled_out"]
    on_vpn = conclude(browser, distance="near", vpn="yes")
    assert "detour" in lists(on_vpn)["not_checked"]
    assert not next(one for one in on_vpn.not_checked if one.cause == "detour").person_only
    assert "detour" in lists(conclude(browser, distance="far", vpn="yes"))["found"]


def test_confidence(browser: CaseModel) -> None:
    """Likely is what the file calls so; without that answer a finding is certain."""
    beside = conclude(browser, media="blocked", proof="beside").found[0]
    assert beside.confidence == "likely"
    assert conclude(browser, media="blocked").found[0].confidence == "certain"


def test_reasons_are_questions_with_their_answers(browser: CaseModel) -> None:
    """Whoever reads why something is ruled out needs no ids."""
    ruled_out = conclude(browser, port="open", others="shut").ruled_out
    assert next(one.because for one in ruled_out if one.cause == "blocked") == "Does TCP 443 open? open"


def test_a_failure_that_nothing_accounts_for_is_listed(browser: CaseModel) -> None:
    """TLS that breaks in a way no cause knows is unexplained, and the outcome is not clear."""
    diagnosis = look(browser, tls=Failure.CONNECTION_RESET)
    assert diagnosis.found == ()
    assert diagnosis.unexplained == ("tls signaling roaming.example:443/tcp",)
    assert diagnosis.outcome == "unclear"


def test_unexplained_alone_is_not_clear(phone: CaseModel) -> None:
    """All causes may be ruled out: what failed and nobody explains still keeps the outcome open."""
    diagnosis = look(phone, {"vpn": "no"}, tls=Failure.CONNECTION_RESET)
    assert lists(diagnosis)["ruled_out"] == phone.causes.keys()
    assert diagnosis.outcome == "unclear"


def test_a_tolerated_failure_is_told_and_leaves_the_outcome_clear(folder: Path) -> None:
    """A question that tolerates failures lists them, and a clear outcome stays clear."""
    text = QUESTIONS["tls"].replace("needs:", "tolerant: true\n        needs:")
    write(folder, "questions", "tls", text)
    diagnosis = look(case_of(folder, "ios"), {"vpn": "no"}, tls=Failure.CONNECTION_RESET)
    assert diagnosis.unexplained == diagnosis.tolerated != ()
    assert diagnosis.outcome == "clear"


def test_what_could_not_be_measured_leaves_the_outcome_clear(folder: Path) -> None:
    """Without an answer to an optional question its cause is not checked; the answer of a measurement counts."""
    assert look(case_of(folder, "ios"), {"vpn": "no"}, tls=Failure.INCONCLUSIVE).outcome == "unclear"
    text = QUESTIONS["tls"].replace("needs:", "optional: true\n        needs:")
    write(folder, "questions", "tls", text)
    case = case_of(folder, "ios")
    unmeasured = look(case, {"vpn": "no"}, tls=Failure.INCONCLUSIVE)
    assert "intercepted" in lists(unmeasured)["not_checked"]
    assert unmeasured.outcome == "clear"
    assert look(case, {"vpn": "no"}, tls=Failure.CONNECTION_RESET).outcome == "unclear"
    assert look(case_of(folder, "ios"), {"vpn": "no"}, tcp=Failure.INCONCLUSIVE).outcome == "unclear"


def test_what_a_found_cause_asked_about_is_accounted_for(browser: CaseModel) -> None:
    """All edges shut: each failed look belongs to the finding, those that did not look are not failures."""
    diagnosis = look(
        browser, tcp=Failure.GENERIC_TIMEOUT_ERROR, tls=Failure.SKIPPED, websocket=Failure.SKIPPED
    )
    assert [one.cause for one in diagnosis.found] == ["blocked"]
    assert diagnosis.unexplained == ()
    assert {"tcp signaling near.example:443/tcp"} <= set(diagnosis.accounted)


def test_a_reference_relay_finds_and_rules_out_nothing(browser: CaseModel) -> None:
    """A failure from a reference relay is at most possible, and a success rules nothing out."""
    healthy = look(browser, vantage=REFERENCE)
    assert lists(healthy)["not_checked"] == browser.causes.keys()
    assert healthy.outcome == "unclear"
    faulty = look(browser, vantage=REFERENCE, turn=Failure.CONNECTION_REFUSED)
    assert lists(faulty)["possible"] == {"no-turn"}
    assert "says nothing about the user's network" in faulty.possible[0].because


def test_what_a_person_says_counts_from_anywhere(phone: CaseModel) -> None:
    """A reference relay does not weaken what a person tells: a new SDK rules out the old port."""
    assert "too-old" in lists(look(phone, {"sdk-version": "3.1"}, REFERENCE))["ruled_out"]


def test_the_next_question_is_the_one_that_settles_most(phone: CaseModel) -> None:
    """The heaviest open cause is asked about first; with something found, no question only clears the rest."""
    trouble = {"legacy-signaling": None, "udp_media": Failure.UDP_OUTBOUND_LOST}
    seen = look_at(phone, {"": None, **trouble, "tcp legacy": Failure.GENERIC_TIMEOUT_ERROR})
    tree = compile_tree(phone)
    asked: list[str] = []
    told: dict[str, str] = {}
    while question := walk(tree, answer(phone, seen, told), seen).next_question:
        asked.append(question.option)
        told[question.option] = {"turn": "no", "vpn": "no", "sdk-version": "2.1"}[question.option]
    assert asked == ["turn", "sdk-version"]


def test_a_question_is_worth_what_it_leads_to(folder: Path) -> None:
    """A question that settles nothing itself is asked for the sake of the one that needs it."""
    network = """
        asks: Is the other network a guest network?
        needs: {vpn: "yes"}
        person: {option: guest, ask: Is it a guest network?}
        answers: {yes: {says: it is, is: yes}, no: {says: it is not, is: no}}
        cases: [{given: "yes", answer: yes}, {given: "no", answer: no}]
        """
    write(folder, "questions", "guest", network)
    guest = "weight: {31009: 5}\nwhen: {guest: yes}\ncases: [{given: {guest: yes}, found: [walled]}]"
    write(folder, "causes", "walled", guest)
    write(folder, "causes", "detour", CAUSES["detour"].replace("clears_only_if: {vpn: no}", ""))
    diagnosis = look(case_of(folder))
    assert diagnosis.next_question
    assert diagnosis.next_question.question == "vpn"
    asked = look(case_of(folder), {"vpn": "yes"}).next_question
    assert asked
    assert asked.question == "guest"
    assert look(case_of(folder), {"vpn": "no"}).next_question is None


def test_nobody_is_asked_about_an_effect(folder: Path) -> None:
    """While its cause is found, one more trace of an effect is not worth a person's minute."""
    write(folder, "causes", "no-names", CAUSES["no-names"] + "explains: [too-old]\n")
    case = case_of(folder, "ios")
    seen = look_at(case, {"dns": Failure.DNS_TIMEOUT_ERROR})
    diagnosis = walk(compile_tree(case), answer(case, seen, {"vpn": "no", "turn": "no"}), seen)
    assert [one.cause for one in diagnosis.found] == ["no-names"]
    assert diagnosis.next_question is None


def test_nothing_is_asked_that_changes_nothing(phone: CaseModel) -> None:
    """With the old port open and the media fine, neither the version nor TURN matters."""
    diagnosis = look(phone, {"vpn": "no"})
    assert diagnosis.next_question is None
    assert diagnosis.outcome == "clear"


def test_an_answer_rules_out_what_nothing_has_decided(folder: Path) -> None:
    """It needs no check for that, gives its reason, and does not hide what was found."""
    write(folder, "causes", "no-turn", CAUSES["no-turn"] + "clears_if: {vpn: no}\n")
    case = case_of(folder)
    assert "no-turn" not in lists(conclude(case))["ruled_out"]
    assert "no-turn" not in lists(conclude(case, vpn="yes"))["ruled_out"]
    (cleared,) = (one for one in conclude(case, vpn="no").ruled_out if one.cause == "no-turn")
    assert case.questions["vpn"].asks in cleared.because
    assert "no-turn" in lists(conclude(case, vpn="no", relayed="shut"))["found"]
