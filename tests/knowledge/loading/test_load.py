"""The whole folder loads, or every mistake of every file is reported with file and line."""

from pathlib import Path

import pytest

from knowledge.loading.circles import circles
from knowledge.loading.load import load_knowledge
from knowledge.model.problems import KnowledgeError
from tests.knowledge.small import CAUSES, QUESTIONS, write


def problems(folder: Path) -> list[str]:
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(folder)
    return [one.replace(f"{folder}/", "") for one in caught.value.problems]


def test_a_good_folder_loads(folder: Path) -> None:
    """Every file becomes a value under its id."""
    knowledge = load_knowledge(folder)
    assert knowledge.questions.keys() == QUESTIONS.keys()
    assert knowledge.causes.keys() == CAUSES.keys()
    assert knowledge.questions["port"].fine == "open"
    assert knowledge.questions["vpn"].cost == 60


def test_the_digest_follows_content(folder: Path) -> None:
    """The same files give the same digest wherever they lie, and one changed byte another."""
    before = load_knowledge(folder).digest
    assert before == load_knowledge(folder).digest
    file = folder / "causes" / "blocked.yaml"
    file.write_text(file.read_text() + "# a remark\n")
    assert load_knowledge(folder).digest != before


def test_mistakes_of_several_files_come_together(folder: Path) -> None:
    """One run of the loader reports all mistakes, in structure and references."""
    write(folder, "questions", "vpn", QUESTIONS["vpn"].replace("person:", "persn:"))
    write(folder, "causes", "blocked", CAUSES["blocked"].replace("port: shut, others", "prt: shut, others"))
    write(folder, "causes", "no-turn", CAUSES["no-turn"].replace("31009", "31010"))
    found = problems(folder)
    assert "questions/vpn.yaml:4: unknown key 'persn' (did you mean person?)" in found
    assert "causes/blocked.yaml:8: there is no question 'prt' (did you mean port?)" in found
    assert "causes/no-turn.yaml:7: there is no error code '31010' (did you mean 31009?)" in found


@pytest.mark.parametrize(
    ("room", "id_", "old", "new", "problem"),
    [
        ("questions", "tls", "[open, partly]", "[open, partl]", "there is no answer of port 'partl'"),
        ("questions", "tls", "port: [", "prot: [", "there is no question 'prot' (did you mean port?)"),
        ("questions", "tls", "ssl_local_authority]}", "ssl_locl_authority]}", "there is no failure word"),
        ("questions", "tls", "ssl_local_authority]}", "out_of_time]}", "out_of_time never matches"),
        ("questions", "tls", "broken: else", "broken: els", "must be 'else', and is 'els'"),
        ("questions", "tls", "answer: broken", "answer: brokn", "there is no answer 'brokn'"),
        ("questions", "tls", "{failure: null}}", "{failure: nul}}", "there is no failure word 'nul'"),
        ("questions", "port", "shut: {every", "shut: else, x: {every", "`else` always holds"),
        ("questions", "names", "probe: dns", "prob: dns", "unknown key 'prob' (did you mean probe?)"),
        ("questions", "names", "[{failure: null}],", "[{port: x}],", "the label port cannot be 'x'"),
        ("questions", "names", "[{failure: null}],", "[{failure: x}],", "there is no failure word 'x'"),
        ("questions", "names", "[{failure: null}],", "why,", "`given` must be a list of observations"),
        ("questions", "vpn", "off]}}", "off], is: no}}", "the key 'is' again"),
        ("questions", "vpn", "is: [yes, on]", "iss: [yes, on]", "unknown key 'iss' (did you mean is?)"),
        ("questions", "vpn", "ask: Is", "observe: Is", "unknown key 'observe'"),
        ("questions", "distance", "far:", "unknown:", "'unknown' is a reserved word"),
        ("questions", "upgrade", "[javascript]", "[javascrip]", "there is no platform 'javascrip'"),
        ("questions", "others", "edge: every", "edge: evry", "'evry' is not one of chosen, every, roaming (did you"),
        ("questions", "others", "observe: {", "cost: dear\nobserve: {", "must be a number, and is 'dear'"),
        ("questions", "others", "answers:", "person: {option: a, ask: b}\nanswers:", "one of `observe` or `person`"),
        ("causes", "too-old", "found: [too-old]}", "found: [too-old], platform: javascript}", "is not for javascript"),
        ("causes", "intercepted", "[stripped]", "[stripes]", "there is no cause 'stripes'"),
        ("causes", "intercepted", "found: [inter", "found: [enter", "there is no cause 'entercepted'"),
        ("causes", "detour", "clears_only_if", "clear_only_if", "(did you mean clears_only_if?)"),
        ("causes", "too-old", "31000: 2", "310: 2", "does not look like"),
        ("causes", "stripped", "platforms: [javascript]", "platforms: [ios]", "its questions are not asked"),
        ("causes", "no-turn", "when:", "wen:", "the key 'when' is missing"),
    ],
)  # fmt: skip
def test_each_mistake_has_its_sentence(
    folder: Path, room: str, id_: str, old: str, new: str, problem: str
) -> None:
    """A typing error is reported at its place, with the nearest valid word if there is one."""
    file = folder / room / f"{id_}.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    line = text[: text.index(old)].count("\n") + 1
    found = problems(folder)
    assert any(problem in one for one in found), found
    assert any(one.startswith(f"{room}/{id_}.yaml:") for one in found), found
    elsewhere = (
        "is missing",
        "are not asked",
        "or `person`",
    )  # told where the thing should be, or where it is used
    assert problem.endswith(elsewhere) or any(f"{id_}.yaml:{line}:" in one for one in found), found


def test_the_name_of_the_file_is_the_id(folder: Path) -> None:
    """A file that was copied and not renamed inside is noticed."""
    (folder / "causes" / "blocked.yaml").rename(folder / "causes" / "blokked.yaml")
    assert any("the file is called blokked.yaml and must be blocked.yaml" in one for one in problems(folder))


def test_circles_are_told(folder: Path) -> None:
    """A question that needs itself, and a cause that explains itself, are refused with the whole circle."""
    write(folder, "questions", "names", QUESTIONS["names"] + "needs: {tls: genuine}\n")
    write(folder, "causes", "stripped", CAUSES["stripped"] + "explains: [intercepted]\n")
    found = problems(folder)
    assert any("needs itself: names -> tls -> port -> names" in one for one in found), found
    assert any("explains itself: intercepted -> stripped -> intercepted" in one for one in found), found


def test_every_circle_is_found_once() -> None:
    """Two circles that share nothing are two problems, and a long chain is none."""
    graph = {"a": ("b",), "b": ("a", "c"), "c": (), "d": ("d",)}
    assert sorted(circles(graph)) == [("a", "b", "a"), ("d", "d")]
    chain = {str(number): (str(number + 1),) for number in range(5_000)}
    assert list(circles(chain)) == []


def test_an_empty_folder_is_no_knowledge(tmp_path: Path) -> None:
    """A wrong path is an error, not an empty knowledge."""
    assert "holds no causes" in problems(tmp_path)[0]


def test_an_alias_belongs_to_one_platform(folder: Path) -> None:
    """A word that could mean two SDKs is refused."""
    for platform in ("ios", "javascript"):
        file = folder / "platforms" / f"{platform}.yaml"
        file.write_text(file.read_text() + "aliases: [sdk]\n")
    assert any("the alias 'sdk' belongs to ios" in one for one in problems(folder))


def test_a_snippet_that_a_platform_lacks_is_told(folder: Path) -> None:
    """A fix for all platforms needs its snippet on each of them."""
    file = folder / "platforms" / "ios.yaml"
    file.write_text(file.read_text().replace("snippets: {turn:", "snippets: {trun:"))
    assert any("ios has no snippet 'turn' (did you mean trun?)" in one for one in problems(folder))


def test_codes_named_by_a_code_exist(folder: Path) -> None:
    """A related code, or one that is taken for another, must have a file: people are led to it."""
    text = 'name: TransportError\nrelated: [31000, 31099]\nconfused_with: {"53000": another}'
    write(folder, "errors", "31009", text)
    found = problems(folder)
    assert "errors/31009.yaml:3: there is no error code '31099' (did you mean 31009?)" in found
    assert any(one.startswith("errors/31009.yaml:4: there is no error code '53000'") for one in found)
    assert not any("'31000'" in one for one in found)


def test_a_text_that_is_too_short(folder: Path) -> None:
    """A symptom of one word is refused with the required length."""
    file = folder / "causes" / "blocked.yaml"
    file.write_text(file.read_text().replace('"it fails in way 3 with blocked"', '"busy"'))
    assert any(
        "'busy' is too short: it has 4 characters, and needs at least 8" in one for one in problems(folder)
    )
