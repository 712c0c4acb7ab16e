"""Explain the failed checks that no cause of the case's code explains, by causes of other codes.

A case asks about the causes of its code. Its checks may also show a fault of another layer: name lookup fails, and the
code is one of media. Such a cause counts only if it is found and a failed check belongs to it. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from knowledge.model.conclusions import Answers, Diagnosis, Finding
from knowledge.model.schema import CaseModel
from knowledge.reasoning.diagnosis import diagnose
from knowledge.reasoning.failed_checks import strict_in
from knowledge.reasoning.outcome import outcome
from knowledge.reasoning.selection import judged_by
from knowledge.reasoning.tree import Tree, walk
from probes.protocol.model import Observation


def walk_wider(
    tree: Tree, wide: CaseModel, answers: Answers, observations: Mapping[str, Observation]
) -> Diagnosis:
    """Walk *tree*, and add the causes of *wide* that explain failed checks which nothing else explains.

    *wide* is the case of *tree* from `selection.widen`, and *answers* answer its questions. A failure that questions of
    *wide* do not tolerate keeps the outcome from being clear, explained or not.
    """
    own, case = walk(tree, answers, observations), tree.case
    failed = strict_in(wide).intersection(own.unexplained)
    if not failed:
        return own
    all_found = diagnose(wide, answers, observations)
    others = [item for item in (*all_found.found, *all_found.risks) if item.cause not in case.causes]
    kept = [item for item in others if failed & _steps_about(wide, item)]
    if kept:
        narrowed = _narrowed(case, wide, kept)
        return replace(
            diagnose(narrowed, answers, observations), path=own.path, next_question=own.next_question
        )
    strict = replace(own, tolerated=tuple(step for step in own.tolerated if step not in failed))
    return replace(strict, outcome=outcome(strict))


def _steps_about(wide: CaseModel, finding: Finding) -> frozenset[str]:
    """The steps of the questions about a cause and its effects."""
    questions = _asked_about(wide, (finding.cause, *finding.effects))
    return frozenset(spec.step for id_ in questions for spec in wide.probes[id_])


def _narrowed(case: CaseModel, wide: CaseModel, kept: Iterable[Finding]) -> CaseModel:
    """*case* with the causes of *kept* and their effects, and the questions about these."""
    ids = [id_ for finding in kept for id_ in (finding.cause, *finding.effects)]
    questions = {*case.questions, *_asked_about(wide, ids)}
    return replace(
        case,
        causes={id_: cause for id_, cause in wide.causes.items() if id_ in case.causes or id_ in ids},
        questions={id_: question for id_, question in wide.questions.items() if id_ in questions},
        probes={id_: looks for id_, looks in wide.probes.items() if id_ in questions},
    )


def _asked_about(wide: CaseModel, causes: Iterable[str]) -> list[str]:
    return [id_ for cause in causes for id_ in judged_by(wide.causes[cause])]
