"""Select the causes of an error code on a platform, their questions, and the checks that these need.

Pure: no network, no clock.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from knowledge.model.schema import (
    Alternatives,
    CaseModel,
    Cause,
    Condition,
    Knowledge,
    Observe,
    Places,
    ProbeSpec,
    Question,
)
from probes.protocol.model import Facts, Target

_DNS_PORT: Final = 53
_LONGEST_SUFFIX: Final = 48  # characters of params up to which a step id shows them in full


def select_causes(
    knowledge: Knowledge, network: Places, code: str, platform: str, edge: str = ""
) -> CaseModel:
    """The case of *code* on *platform* at *edge* (empty: roaming): the causes that have a weight for the code.

    Leaves out questions whose checks have no target on this network, and causes that depend on them.
    """
    looks = {
        id_: _wanted(question.observe, network, platform, edge)
        for id_, question in knowledge.questions.items()
        if _is_for(question.platforms, platform)
    }
    asked = {
        id_: knowledge.questions[id_]
        for id_, wanted in looks.items()
        if wanted or knowledge.questions[id_].said
    }
    concerned = [
        cause_for(cause, asked)
        for cause in knowledge.causes.values()
        if code in cause.weight and _is_for(cause.platforms, platform)
    ]
    concerned = [cause for cause in concerned if cause.when]
    concerned.sort(key=lambda cause: (-cause.weight[code], cause.id))
    ids = {cause.id for cause in concerned}
    causes = {cause.id: _explaining(cause, ids) for cause in concerned}
    questions = {
        id_: replace(asked[id_], needs=_condition_for(asked[id_].needs, asked))
        for id_ in _in_order_of_need(_asked_by(causes.values()), asked)
    }
    return CaseModel(
        code, platform, edge, causes, questions, {id_: looks[id_] for id_ in questions}, knowledge.digest
    )


def widen(case: CaseModel, knowledge: Knowledge, network: Places) -> CaseModel:
    """*case* with the causes of other codes that its own checks can show; these weigh nothing and add no check."""
    steps = {spec.step for wanted in case.probes.values() for spec in wanted}
    questions, looks = dict(case.questions), dict(case.probes)
    for id_ in _in_order_of_need(knowledge.questions, knowledge.questions):
        question = knowledge.questions[id_]
        if id_ in questions or not _is_for(question.platforms, case.platform):
            continue
        wanted = _wanted(question.observe, network, case.platform, case.edge)
        is_run = bool(wanted) and steps.issuperset(spec.step for spec in wanted)
        if is_run and questions.keys() >= question.needs.keys():
            questions[id_], looks[id_] = question, wanted
    fitting = (cause for cause in knowledge.causes.values() if _is_for(cause.platforms, case.platform))
    others = (replace(cause, weight={case.code: 0, **cause.weight}) for cause in fitting)
    causes = {cause.id: cause_for(cause, questions) for cause in others}
    shown = {id_: causes[id_] for id_ in (*case.causes, *causes) if causes[id_].when}
    return replace(case, causes=shown, questions=questions, probes=looks)


def step_id(probe: str, target: Target, params: Facts) -> str:
    """The id of a check: equal checks have equal ids, even if several questions need them."""
    name = f"{probe} {target.service} {target}"
    if not params:
        return name
    suffix = " ".join(f"{key}={_written(params[key])}" for key in sorted(params))
    if len(suffix) > _LONGEST_SUFFIX:
        suffix = hashlib.sha256(suffix.encode()).hexdigest()[:8]
    return f"{name} {suffix}"


def questions_of(cause: Cause) -> tuple[str, ...]:
    """All questions that *cause* refers to in any role, each once."""
    weighed = [question for item in cause.impact_when for question in item.when]
    return tuple(dict.fromkeys((*judged_by(cause), *weighed)))


def judged_by(cause: Cause) -> tuple[str, ...]:
    """The questions that decide about *cause*, without those that only decide its impact."""
    conditions = [
        *cause.when,
        cause.clears_only_if,
        cause.clears_if,
        *cause.likely_when,
        *(explains.when for explains in cause.explains),
    ]
    return tuple(dict.fromkeys(question for condition in conditions for question in condition))


def _asked_by(causes: Iterable[Cause]) -> list[str]:
    return list(dict.fromkeys(question for cause in causes for question in questions_of(cause)))


def _in_order_of_need(ids: Iterable[str], asked: Mapping[str, Question]) -> Iterator[str]:
    """*ids* and all questions that they need, each after its needs."""
    done: dict[str, None] = {}

    def visit(id_: str) -> None:
        if id_ not in done and id_ in asked:
            for needed in asked[id_].needs:
                visit(needed)
            done[id_] = None

    for id_ in ids:
        visit(id_)
    yield from done


def cause_for(cause: Cause, asked: Collection[str]) -> Cause:
    """*cause* without the questions that are not *asked*."""
    return replace(
        cause,
        when=_alternatives_for(cause.when, asked),
        likely_when=_alternatives_for(cause.likely_when, asked),
        clears_only_if=_condition_for(cause.clears_only_if, asked),
        clears_if=_condition_for(cause.clears_if, asked),
        impact_when=tuple(item for item in cause.impact_when if _all_asked(item.when, asked)),
        explains=tuple(explains for explains in cause.explains if _all_asked(explains.when, asked)),
    )


def _explaining(cause: Cause, ids: Collection[str]) -> Cause:
    """*cause* with the effects among *ids*: whether it explains another cause decides nothing."""
    return replace(cause, explains=tuple(explains for explains in cause.explains if explains.id in ids))


def _alternatives_for(alternatives: Alternatives, asked: Collection[str]) -> Alternatives:
    return tuple(condition for condition in alternatives if _all_asked(condition, asked))


def _condition_for(condition: Condition, asked: Collection[str]) -> Condition:
    return {id_: fit for id_, fit in condition.items() if id_ in asked}


def _all_asked(condition: Condition, asked: Collection[str]) -> bool:
    return all(id_ in asked for id_ in condition)


def _is_for(platforms: tuple[str, ...], platform: str) -> bool:
    return not platforms or platform in platforms


def _wanted(observes: Iterable[Observe], network: Places, platform: str, edge: str) -> tuple[ProbeSpec, ...]:
    """The checks for one question, each once, in the order of the file and the network."""
    found: dict[str, ProbeSpec] = {}
    for observe in observes:
        for target in _targets(observe, network, platform, edge):
            for params in _params(observe.params, network):
                step = step_id(observe.probe, target, params)
                found.setdefault(step, ProbeSpec(observe.probe, target, params, step))
    return tuple(found.values())


def _params(params: Facts, network: Places) -> Iterator[Facts]:
    """*params* once, or once per resolver of the network (`resolver: each`)."""
    if params.get("resolver") == "each":
        yield from ({**params, "resolver": resolver} for resolver in network.resolvers)
    else:
        yield params


def _targets(observe: Observe, network: Places, platform: str, edge: str) -> Iterator[Target]:
    for target in network.targets(observe.service, platform, observe.edge, edge):
        if observe.probe == "dns":  # looks up the name, for any service
            yield replace(target, port=_DNS_PORT, transport="udp")
        elif observe.port in (None, target.port) and observe.transport in (None, target.transport):
            yield target


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))
