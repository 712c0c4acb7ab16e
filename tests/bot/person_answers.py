"""Cases of the real knowledge in which each question for people is the open one, with every answer to it."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.diagnosis.engine import Engine
from bot.diagnosis.revise import apply_changes
from bot.diagnosis.run_record import RunRecord
from bot.language.answer_words import spoken
from bot.model.request import Request
from probes.protocol.failures import Failure
from probes.protocol.model import Step
from tests.previews.samples import fault


def _another_answer(step: Step) -> tuple[Failure, Mapping[str, Any]] | None:
    """The resolver that the network file names does not know the hosts."""
    return (Failure.DNS_NXDOMAIN_ERROR, {"addresses": []}) if step.params.get("resolver") else None


# Mobile SDKs are asked for their version where only the port of old ones is closed. Browsers are asked for their proxy
# where the network offers a script, and for their resolver where another one gives other answers.
OLD_PORT_SHUT = (
    fault("tcp", Failure.GENERIC_TIMEOUT_ERROR, service="legacy-signaling"),
    fault("pac", None, script="found", url="http://wpad.acme.example/wpad.dat"),
    _another_answer,
)
CODES = ("31009", "53405", "31005", "31201", "31301", "31000")
PLATFORMS = ("javascript", "ios", "android")
# Questions that are open in none of these cases: others settle more, or the code would have to be an assumption. Words
# answer them (`tests/bot/rendering/test_answers_from_words.py`).
ASIDE = {"other-network", "microphone-allowed"}
STATES = 80  # of one code on one platform that are walked
SAME = 3  # cases with the same open question from which the walk goes on


@dataclass(frozen=True)
class OpenQuestion:
    """A case in which *question* is the next one."""

    record: RunRecord
    question: str
    option: str

    @property
    def request(self) -> Request:
        return self.record.request

    def answers(self, engine: Engine) -> Iterator[tuple[str, str, RunRecord]]:
        """Each answer: its name, as a person writes it, and the case as it must be then."""
        for rule in engine.knowledge.questions[self.question].answers:
            assert rule.option
            word = spoken(rule.option)
            request = apply_changes(self.request, {self.option: word}, engine.vocabulary)
            assert request.answers[self.option] == word
            (record,) = engine.reevaluate((self.record,), request)
            yield rule.name, word, record


def open_questions(engine: Engine) -> list[OpenQuestion]:
    """Find a case for each question of the knowledge on each platform on which it can be asked."""
    found: dict[tuple[str, str], OpenQuestion] = {}
    for platform in PLATFORMS:
        for code in CODES:
            first = engine.diagnose(Request(code, platform), lambda _: None)
            for case in _walk(engine, first):
                found.setdefault((platform, case.question), case)
    return list(found.values())


def _walk(engine: Engine, first: RunRecord) -> Iterator[OpenQuestion]:
    """Answer what is asked, in every way, and give each case with its open question."""
    waiting, passed = deque([first]), 0
    expanded: Counter[str] = Counter()
    while waiting and passed < STATES:
        record, passed = waiting.popleft(), passed + 1
        if asked := record.diagnosis.next_question:
            case = OpenQuestion(record, asked.question, asked.option)
            yield case
            expanded[case.question] += 1
            if expanded[case.question] > SAME:
                continue
            waiting.extend(after for _, _, after in case.answers(engine))
