"""Find the mistakes that JSON Schema cannot: unknown names, circular references, words that can never match.

Pure. Each problem is a sentence with file and line.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from knowledge.loading.circles import circles
from knowledge.model.examples import QuestionExample
from knowledge.model.platforms import ALL
from knowledge.model.problems import Origin, Path, nearest
from knowledge.model.rules import FAILURE, LABELS, Combined, Else, Quantified, Rule
from knowledge.model.schema import (
    UNKNOWN,
    AnswerRule,
    Cause,
    Condition,
    Knowledge,
    Option,
    Question,
)
from probes.protocol.failures import NO_RESULT, Failure

_LOOKED: Final = frozenset(Failure) - NO_RESULT


def reference_problems(knowledge: Knowledge, broken: Collection[str] = ()) -> list[str]:
    """List every wrong reference between files; ids in *broken* exist, but their files did not load."""
    return list(_Checker(knowledge, frozenset(broken)).problems())


class _Checker:
    def __init__(self, knowledge: Knowledge, broken: frozenset[str]) -> None:
        self.knowledge = knowledge
        self.broken = broken

    def problems(self) -> Iterator[str]:
        for question in self.knowledge.questions.values():
            yield from self.question(question)
        for cause in self.knowledge.causes.values():
            yield from self.cause(cause)
        for error in self.knowledge.errors.values():
            yield from self.platforms(error.platforms, error.origin)
            keys = [key for key in error.means if key != ALL]
            yield from self.known(keys, self.knowledge.platforms, "platform", error.origin, ("means",))
            for number, code in enumerate(error.related):
                path: Path = ("related", number)
                yield from self.known([code], self.knowledge.errors, "error code", error.origin, path)
            yield from self.known(
                error.confused_with, self.knowledge.errors, "error code", error.origin, ("confused_with",)
            )
        yield from self.aliases()
        yield from self.likes()
        needs = {item.id: tuple(item.needs) for item in self.knowledge.questions.values()}
        for circle in circles(needs):
            origin = self.knowledge.questions[circle[0]].origin
            yield f"{origin.at('needs')}: needs itself: {' -> '.join(circle)}"
        effects = {item.id: tuple(e.id for e in item.explains) for item in self.knowledge.causes.values()}
        for circle in circles(effects):
            origin = self.knowledge.causes[circle[0]].origin
            yield f"{origin.at('explains')}: explains itself: {' -> '.join(circle)}"

    def question(self, question: Question) -> Iterator[str]:
        origin = question.origin
        yield from self.condition(question.needs, origin, ("needs",))
        yield from self.platforms(question.platforms, origin)
        for answer in question.answers:
            here = origin.at("answers", answer.name)
            if _always(answer) and answer is not question.answers[-1]:
                yield f"{here}: `else` always holds, so the answers below it are never reached"
            if answer.rule:
                yield from (f"{here}: {problem}" for problem in _word_problems(answer.rule))
        yield from self.known(question.texts, question.names, "answer", origin, ("says",))
        for device_answer in question.device:
            place: Path = ("device", device_answer.name)
            yield from self.known(
                (*device_answer.agrees, *device_answer.over), question.names, "answer", origin, place
            )
            yield from (f"{origin.at(*place)}: {problem}" for problem in _word_problems(device_answer.rule))
        for number, case in enumerate(question.cases):
            path = ("cases", number, "answer")
            yield from self.known([case.answer], (*question.every_name, UNKNOWN), "answer", origin, path)
            yield from self.observed(case, origin, number)
            if not case.device and isinstance(case.given, str) != question.said:
                wanted = "a text" if question.said else "a list of observations"
                yield f"{origin.at('cases', number)}: `given` must be {wanted}"

    def observed(self, case: QuestionExample, origin: Origin, number: int) -> Iterator[str]:
        for place, given in enumerate(case.given if isinstance(case.given, tuple) else ()):
            path: Path = ("cases", number, "given", place)
            word = given.get(FAILURE)
            if word not in (None, "running", *Failure):
                yield f"{origin.at(*path)}: there is no failure word {word!r}{nearest(str(word), Failure)}"
            for label in LABELS:
                wanted = int if label == "port" else str
                if not isinstance(given.get(label, wanted()), wanted):
                    yield f"{origin.at(*path, label)}: the label {label} cannot be {given[label]!r}"

    def cause(self, cause: Cause) -> Iterator[str]:
        origin = cause.origin
        yield from self.platforms(cause.platforms, origin)
        yield from self.known(cause.weight, self.knowledge.errors, "error code", origin, ("weight",))
        for key, alternatives in (("when", cause.when), ("likely_when", cause.likely_when)):
            for number, condition in enumerate(alternatives):
                yield from self.condition(condition, origin, _numbered(key, number, origin))
        for key, condition in (("clears_only_if", cause.clears_only_if), ("clears_if", cause.clears_if)):
            yield from self.condition(condition, origin, (key,))
        for number, item in enumerate(cause.impact_when):
            yield from self.condition(item.when, origin, ("impact_when", number, "when"))
        for number, effect in enumerate(cause.explains):
            path: Path = ("explains", number)
            yield from self.known([effect.id], self.knowledge.causes, "cause", origin, path)
            yield from self.condition(effect.when, origin, (*path, "when"))
        others = (cause.from_everywhere,) * bool(cause.from_everywhere)
        yield from self.known(others, self.knowledge.causes, "cause", origin, ("from_everywhere",))
        yield from self.fixes(cause)
        yield from self.unreachable(cause)
        yield from self.cause_cases(cause)

    def cause_cases(self, cause: Cause) -> Iterator[str]:
        for number, case in enumerate(cause.cases):
            path: Path = ("cases", number)
            given = {question: (answer,) for question, answer in case.given.items() if answer != UNKNOWN}
            yield from self.condition(given, cause.origin, (*path, "given"))
            for name, ids in {**case.lists, "confidence": case.confidence, "impact": case.impact}.items():
                yield from self.known(ids, self.knowledge.causes, "cause", cause.origin, (*path, name))
            if case.platform is not None:
                yield from self.platforms((case.platform,), cause.origin, (*path, "platform"))
                if cause.platforms and case.platform not in cause.platforms:
                    yield f"{cause.origin.at(*path)}: the cause is not for {case.platform}"

    def fixes(self, cause: Cause) -> Iterator[str]:
        keys = [key for key in cause.fixes if key != ALL]
        yield from self.known(keys, self.knowledge.platforms, "platform", cause.origin, ("fixes",))
        for key, fixes in cause.fixes.items():
            platforms = [key] if key != ALL else list(cause.platforms or self.knowledge.platforms)
            for number, fix in enumerate(fixes):
                for platform in (self.knowledge.platforms.get(name) for name in platforms):
                    if fix.snippet and platform and fix.snippet not in platform.snippets:
                        hint = nearest(fix.snippet, platform.snippets)
                        here = cause.origin.at("fixes", key, number, "snippet")
                        yield f"{here}: {platform.id} has no snippet {fix.snippet!r}{hint}"

    def unreachable(self, cause: Cause) -> Iterator[str]:
        """Yield each platform of *cause* on which no alternative has all of its questions asked."""
        for platform in cause.platforms or self.knowledge.platforms:
            if not any(self.asked(condition, platform) for condition in cause.when):
                here = cause.origin.at("when")
                yield f"{here}: on {platform} its questions are not asked, so it cannot be found there"

    def asked(self, condition: Condition, platform: str) -> bool:
        questions = (self.knowledge.questions.get(question) for question in condition)
        return all(
            question is None or not question.platforms or platform in question.platforms
            for question in questions
        )

    def likes(self) -> Iterator[str]:
        for platform in self.knowledge.platforms.values():
            if not platform.like:
                continue
            yield from self.known(
                [platform.like], self.knowledge.platforms, "platform", platform.origin, ("like",)
            )
            model = self.knowledge.platforms.get(platform.like)
            if model and (model.like or model is platform):
                here = platform.origin.at("like")
                yield f"{here}: {platform.like} is like another platform itself: name that one"

    def aliases(self) -> Iterator[str]:
        taken: dict[str, str] = {platform: platform for platform in self.knowledge.platforms}
        for platform in self.knowledge.platforms.values():
            for alias in platform.aliases:
                other = taken.setdefault(alias.casefold(), platform.id)
                if other != platform.id:
                    yield f"{platform.origin.at('aliases')}: the alias {alias!r} belongs to {other}"

    def platforms(self, ids: Iterable[str], origin: Origin, path: Path = ("platforms",)) -> Iterator[str]:
        yield from self.known(ids, self.knowledge.platforms, "platform", origin, path)

    def condition(self, condition: Condition, origin: Origin, path: Path) -> Iterator[str]:
        yield from self.known(condition, self.knowledge.questions, "question", origin, path)
        for question, answers in condition.items():
            if question in self.knowledge.questions:
                names = self.knowledge.questions[question].every_name
                what = f"answer of {question}"
                yield from self.known(answers, names, what, origin, (*path, question))

    def known(
        self, words: Iterable[str], known: Collection[str], what: str, origin: Origin, path: Path
    ) -> Iterator[str]:
        for word in words:
            if word not in known and word not in self.broken:
                yield f"{origin.at(*path, word)}: there is no {what} {word!r}{nearest(word, known)}"


def _always(answer: AnswerRule) -> bool:
    option = answer.option
    return isinstance(answer.rule, Else) or bool(option and option == Option(option.says))


def _word_problems(rule: Rule) -> Iterator[str]:
    """Yield failure words that do not exist, or that never match because they mean that a check has no result."""
    match rule:
        case Combined(_, rules):
            for inner in rules:
                yield from _word_problems(inner)
        case Quantified(_, tests):
            words = [value for test in tests if test.field == FAILURE for value in test.values]
            for word in words:
                if isinstance(word, str) and word in NO_RESULT:
                    yield f"{word} never matches: what did not look is unknown"
                elif word is not None and word not in _LOOKED:
                    yield f"there is no failure word {word!r}{nearest(str(word), _LOOKED)}"


def _numbered(key: str, number: int, origin: Origin) -> Path:
    """Return the path of an alternative, in a list or on its own."""
    return (key, number) if (key, number) in origin.lines else (key,)
