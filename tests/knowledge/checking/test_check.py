"""The check of the knowledge reports each kind of problem, with file and line."""

from pathlib import Path

import pytest

from knowledge.checking.check import CheckReport, report
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from tests.knowledge.small import CAUSES, QUESTIONS, write


def check(folder: Path) -> CheckReport:
    return report(load_knowledge(folder))


def change(folder: Path, room: str, id_: str, old: str, new: str) -> CheckReport:
    texts = QUESTIONS if room == "questions" else CAUSES
    assert old in texts[id_]
    write(folder, room, id_, texts[id_].replace(old, new))
    return check(folder)


HEARD = 'heard: {words: [vpn], answers: {"no": ["vpn off"]}}\n        '


def test_tested_knowledge_passes(folder: Path) -> None:
    """With every condition tested, the mutation score is 100 %."""
    checked = check(folder)
    assert checked.problems == ()
    assert checked.noticed == checked.mutations > 60
    assert f"mutations: {checked.noticed} of {checked.mutations} noticed, 100 %" in str(checked)


@pytest.mark.parametrize(
    ("room", "id_", "old", "new", "problem"),
    [
        ("questions", "tls", "genuine}\n", "broken}\n", "the answer is genuine, not broken"),
        ("questions", "version", '"3.0"', '"2.9"', "the answer is before-3, not from-3"),
        ("questions", "version", "from: 3}", "from: 4}", "version has no answer for 3"),
        ("questions", "tls", ": else", ": {every: {failure: eof_error}}", "has no answer for"),
        ("questions", "others", ": else", ": {some: {failure: eof_error}}", "has no answer for"),
        ("questions", "relayed", "shut:", "x: {none: {failure: null}}, shut:", "gives the answer x"),
        ("questions", "vpn", '{says: "no VPN", is: [no, off]}', "else", "a person cannot read the answer no"),
        ("questions", "vpn", "cases:", HEARD + "cases:", "vpn needs 2 descriptions that answer it"),
        (
            "questions",
            "vpn",
            "cases:",
            HEARD.replace("off", "(off") + "cases:",
            "is not a regular expression",
        ),
        ("questions", "vpn", "cases:", HEARD.replace("no", "none") + "cases:", "vpn has no answer 'none'"),
        (
            "questions",
            "vpn",
            "cases: [",
            f"{HEARD}cases: [{{heard: vpn off, answer: yes}}, ",
            "the answer is no, not yes",
        ),
        (
            "causes",
            "blocked",
            "port: shut, others: shut}, found: [b",
            "port: shut}, possible: [b",
            "no case finds",
        ),
        ("causes", "detour", "near}, not_checked", "near}, found", "detour is not checked, not found"),
        ("causes", "intercepted", "], explained: [", ", ", "stripped is explained, not found"),
        ("causes", "media-shut", "shut: likely", "shut: certain", "media-shut is likely, not certain"),
        ("causes", "no-turn", "found: [no-turn]", "found: []", "no-turn is found as well"),
        ("causes", "no-turn", "{given: {", "{given: {old-port: open, upgrade: cut, ", "nobody asks"),
    ],
)
def test_each_gap_is_told(folder: Path, room: str, id_: str, old: str, new: str, problem: str) -> None:
    """A wrong example, an answer without one, a gap between answers: each is reported with file and line."""
    checked = change(folder, room, id_, old, new)
    assert any(problem in one and f"{id_}.yaml:" in one for one in checked.problems), checked.problems


@pytest.mark.parametrize(
    ("id_", "case", "survivor"),
    [
        ("needs-turn", "media: open", "media in when"),
        ("needs-turn", "turn-passed: yes", "turn-passed in when"),
        ("needs-turn", "media: one-way", "media: one-way in when"),
        ("needs-turn", "media: one-way", "explaining media-half"),
        ("media-shut", "media-shut: likely", "proof: beside in likely_when"),
        ("detour", "vpn: no}, ruled_out", "vpn: no in clears_only_if"),
    ],
)
def test_an_untested_condition_survives(folder: Path, id_: str, case: str, survivor: str) -> None:
    """If an example is removed, the condition that only it tested is named."""
    lines = [line for line in CAUSES[id_].splitlines() if not ("given:" in line and case in line)]
    write(folder, "causes", id_, "\n".join(lines))
    checked = check(folder)
    assert checked.noticed < checked.mutations
    assert any(f"no case notices {id_}: without {survivor}" in one for one in checked.problems)


def test_survivors_have_their_line(folder: Path) -> None:
    """The problem has the line of the condition itself."""
    checked = change(folder, "causes", "media-shut", ", confidence: {media-shut: likely}", "")
    lines = (folder / "causes" / "media-shut.yaml").read_text().splitlines()
    number = next(n for n, line in enumerate(lines, 1) if line.startswith("likely_when"))
    assert any(f"media-shut.yaml:{number}: " in one for one in checked.problems)


def test_causes_that_contain_each_other_are_separated(folder: Path) -> None:
    """A cause that is found whenever another is found needs an example in which it is found alone."""
    narrow = """
weight: {31009: 1}
when: {relayed: shut, names: resolves}
cases:
  - {given: {relayed: shut, names: resolves}, found: [narrow, no-turn]}
"""
    write(folder, "causes", "narrow", narrow)
    assert not any("without narrow" in one for one in check(folder).problems)
    for id_ in ("no-turn", "needs-turn"):
        text = CAUSES[id_].replace("{given: {relayed: shut", "{given: {names: resolves, relayed: shut")
        text = text.replace(
            "{given: {media: blocked, relayed: shut", "{given: {names: resolves, relayed: shut"
        )
        write(folder, "causes", id_, text)
    assert any("no case shows no-turn without narrow" in one for one in check(folder).problems)


def test_unused_questions_are_told(folder: Path) -> None:
    """A question that no cause asks and no other question needs is reported."""
    write(folder, "questions", "idle", QUESTIONS["names"])
    assert any("no cause asks idle" in one for one in check(folder).problems)


def test_a_name_that_nothing_fills_in_is_told(folder: Path) -> None:
    """A text with an unknown name in braces is reported with its line."""
    path = write(folder, "causes", "blocked", CAUSES["blocked"])
    path.write_text(path.read_text().replace("did not answer.", "did not {shrug}."))
    assert any("blocked.yaml:" in one and "nothing fills in {shrug}" in one for one in check(folder).problems)


def line_of(file: Path, text: str) -> int:
    return next(number for number, line in enumerate(file.read_text().splitlines(), 1) if text in line)


def write_broken(folder: Path, room: str, id_: str, old: str, new: str) -> str:
    """Replace *old* in a file by *new*, and return its `file:line`."""
    file = folder / room / f"{id_}.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    return f"{file}:{line_of(file, new.splitlines()[0])}"


@pytest.mark.parametrize(
    ("room", "id_", "old", "new", "problem"),
    [
        ("causes", "blocked", "did not answer.", "did not {answer.", "'{answer.' is no placeholder"),
        ("causes", "blocked", "did not answer.", "did not answer}.", "'answer}' is no placeholder"),
        ("causes", "blocked", "did not answer.", "has no {Port}.", "'{Port}' is no placeholder"),
        ("causes", "blocked", "did not answer.", "has no {port}[[ here.", "'[[' has no partner"),
        ("causes", "blocked", "Something is in the way.", "'{signalling_hosts}'", "(did you mean signaling_hosts?)"),
        ("causes", "blocked", "Open it.", "'Open {signaling_rules.'", "'{signaling_rules.' is no placeholder"),
        ("causes", "blocked", "way 3 with", "way 3 with {host}", "nothing fills in {host} here"),
        ("causes", "blocked", "The cause blocked", "The cause {host", "'{host' is no placeholder"),
        ("errors", "31009", "No transport.", "'No {host}.'", "nothing fills in {host} here"),
        ("platforms", "ios", "[run it]", "['run {edge']", "'{edge' is no placeholder"),
        ("platforms", "ios", "code: turn", "code: 'f({turn_host)'", "the placeholder {turn_host is not closed"),
        ("platforms", "ios", "code: turn", "code: 'f({turnhost})'", "nothing fills in {turnhost}"),
        ("questions", "tls", "asks: Is TLS genuine?", "asks: Is {host} genuine?", "nothing fills in {host} here"),
        ("questions", "vpn", '"no VPN"', '"no {VPN"', "'{VPN' is no placeholder"),
        ("questions", "vpn", "ask: Is the user on a VPN?", "ask: 'On {host}?'", "nothing fills in {host} here"),
    ],
)  # fmt: skip
def test_placeholders_are_closed_and_known(
    folder: Path, room: str, id_: str, old: str, new: str, problem: str
) -> None:
    """In every text, an unclosed or unknown placeholder is refused with its line."""
    where = write_broken(folder, room, id_, old, new)
    found = check(folder).problems
    assert any(one.startswith(f"{where}: ") and problem in one for one in found), found


def test_braces_of_a_language_stay(folder: Path) -> None:
    """Code may have braces of its own, closed on another line or not at all."""
    write_broken(folder, "platforms", "ios", "code: turn", "code: 'f({ edge: 1 }, {port, host}, () => {'")
    assert check(folder).problems == ()


def test_services_that_no_network_has(folder: Path) -> None:
    """A question about a service that no network has is refused, with the nearest name."""
    where = write_broken(folder, "questions", "port", "service: signaling", "service: signalling")
    found = report(load_knowledge(folder), network=load_network()).problems
    assert f"{where}: no network has a service 'signalling' (did you mean signaling?)" in found
    assert not [one for one in found if "'media'" in one]  # described by the file's ranges


@pytest.mark.parametrize(
    ("phrase", "count"), [("it is busy", "1 of its words says"), ("when it happens", "0 of its words say")]
)
def test_symptoms_that_are_too_short(folder: Path, phrase: str, count: str) -> None:
    """A symptom with too few distinctive words is refused, and the sentence gives the number needed."""
    where = write_broken(folder, "causes", "blocked", '"it fails in way 3 with blocked"', f'"{phrase}"')
    (problem,) = check(folder).problems
    assert problem.startswith(f"{where}: the symptom '{phrase}' is too short: {count} what happens")
    assert "at least 2 must" in problem


def test_two_telling_words_are_enough(folder: Path) -> None:
    """The shortest phrase that the message asks for passes."""
    write_broken(folder, "causes", "blocked", '"it fails in way 3 with blocked"', '"bad gateway"')
    assert check(folder).problems == ()
