"""Diagnoses of several platforms become one, in which each cause stands once with its platforms."""

from pathlib import Path

import pytest

from knowledge.model.conclusions import Diagnosis
from knowledge.model.schema import CaseModel
from knowledge.reasoning.answers import answer
from knowledge.reasoning.merge import merge
from knowledge.reasoning.tree import compile_tree, walk
from probes.protocol.failures import Failure
from tests.knowledge.small import case_of, given, look_at, write

LISTS = ("found", "explained", "possible", "ruled_out", "not_checked")


def place(diagnosis: Diagnosis, cause: str) -> tuple[str, tuple[str, ...]]:
    (found,) = (
        (name, one.platforms) for name in LISTS for one in getattr(diagnosis, name) if one.cause == cause
    )
    return found


def both(browser: CaseModel, phone: CaseModel, **failures: Failure | None) -> Diagnosis:
    diagnoses = []
    for case in (browser, phone):
        seen = look_at(case, {"": None, **failures})
        diagnoses.append(walk(compile_tree(case), answer(case, seen, {}), seen))
    return merge(diagnoses)


def test_one_diagnosis_stays_as_it_is(browser: CaseModel) -> None:
    """Merging what is single changes nothing."""
    one = walk(compile_tree(browser), answer(browser, {}, {}))
    assert merge([one]) is one


def test_each_cause_stands_once(browser: CaseModel, phone: CaseModel) -> None:
    """What concerns one platform only is told for that one."""
    merged = both(browser, phone, udp_media=Failure.UDP_OUTBOUND_LOST)
    assert merged.platforms == ("javascript", "ios")
    assert place(merged, "media-shut") == ("found", ("javascript", "ios"))
    assert place(merged, "stripped") == ("ruled_out", ("javascript",))
    assert place(merged, "too-old") == ("ruled_out", ("ios",))
    every = [one.cause for name in LISTS for one in getattr(merged, name)]
    assert len(every) == len(set(every)) == len(browser.causes.keys() | phone.causes.keys())


@pytest.mark.parametrize(
    ("here", "there", "where"),
    [
        ({"tls": "genuine"}, {"tls": "intercepted"}, "found"),
        ({"tls": "genuine"}, {}, "not_checked"),
        ({"tls": "genuine"}, {"tls": "broken"}, "ruled_out"),
    ],
)
def test_ruled_out_is_what_is_ruled_out_everywhere(
    browser: CaseModel, phone: CaseModel, here: dict[str, str], there: dict[str, str], where: str
) -> None:
    """Found on one platform is found; unknown on one is not ruled out."""
    one = walk(compile_tree(browser), given(browser, **here))
    other = walk(compile_tree(phone), given(phone, **there))
    assert place(merge([one, other]), "intercepted")[0] == where
    assert place(merge([other, one]), "intercepted")[0] == where


def test_a_failure_is_unexplained_only_if_it_is_everywhere(browser: CaseModel, phone: CaseModel) -> None:
    """What one platform's finding accounts for is accounted for."""
    merged = both(browser, phone, tls=Failure.CONNECTION_RESET)
    assert merged.unexplained == ("tls signaling roaming.example:443/tcp",)
    assert merged.outcome == "unclear"


def test_what_one_platform_accounts_for_is_explained(folder: Path) -> None:
    """A failure that one platform's finding explains is not listed because of the other platform."""
    broken = "weight: {31009: 1}\nplatforms: [ios]\nwhen: {tls: broken}"
    write(folder, "causes", "cut", f"{broken}\ncases: [{{given: {{tls: broken}}, found: [cut]}}]")
    merged = both(case_of(folder, "javascript"), case_of(folder, "ios"), tls=Failure.CONNECTION_RESET)
    assert [(one.cause, one.platforms) for one in merged.found] == [("cut", ("ios",))]
    assert merged.unexplained == ()


def test_certain_wins_and_the_path_is_told_once(browser: CaseModel, phone: CaseModel) -> None:
    """A finding that is certain on one platform is certain; equal answers are one step of the path."""
    one = walk(compile_tree(browser), given(browser, media="blocked", proof="beside"))
    other = walk(compile_tree(phone), given(phone, media="blocked", proof="inside"))
    merged = merge([one, other])
    assert [(f.cause, f.confidence) for f in merged.found] == [("media-shut", "certain")]
    assert sum(step.question == "media" for step in merged.path) == 1


def test_the_question_worth_most_over_all_is_next(browser: CaseModel, phone: CaseModel) -> None:
    """What settles something on both platforms weighs twice."""
    merged = both(browser, phone)
    assert merged.next_question
    assert merged.next_question.question == "vpn"
    alone = walk(compile_tree(phone), answer(phone, look_at(phone, {"": None}), {})).next_question
    assert alone
    assert merged.next_question.worth == pytest.approx(2 * alone.worth)
