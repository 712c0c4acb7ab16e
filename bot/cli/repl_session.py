"""What an interactive session remembers: the last case, what waits for a choice, the last question."""

from dataclasses import dataclass, field

from bot.diagnosis.comparison import leading
from bot.diagnosis.engine import Engine
from bot.diagnosis.triage import RunRecord
from bot.language.case_context import context_of_case, topics_of
from bot.language.follow_ups import LastQuestion
from bot.language.make_request import AmbiguousCode
from bot.language.routed_intent import Conversation, LanguageContext
from bot.model.symptom_match import SymptomMatch
from bot.rendering.view import make_view


@dataclass(slots=True)
class Repl:
    """One session."""

    engine: Engine
    records: tuple[RunRecord, ...] = ()  # of the last case, one for each relay
    choices: SymptomMatch | AmbiguousCode | None = None  # to choose from by number
    meant: tuple[str, ...] = ()  # the causes that the story of the last case spoke of
    last: LastQuestion = field(default_factory=LastQuestion)

    def begin(self, records: tuple[RunRecord, ...], meant: tuple[str, ...] = ()) -> None:
        """Go on with another case, or with the same one run again."""
        self.records, self.choices, self.meant, self.last = records, None, meant, LastQuestion()

    @property
    def record(self) -> RunRecord | None:
        """The record of the relay that decides the last case."""
        return leading(self.records) if self.records else None

    @property
    def language(self) -> LanguageContext:
        """What words can be about here."""
        return LanguageContext(self.engine.knowledge, self.engine.network, self.engine.vocabulary)

    @property
    def conversation(self) -> Conversation:
        """What a line goes on from."""
        record, engine = self.record, self.engine
        if record is None:
            return Conversation(last=self.last)
        asked = record.diagnosis.next_question
        found = make_view(record, engine.knowledge, engine.network).found
        return Conversation(
            in_case=True,
            about=context_of_case(record, found, self.meant),
            asked=asked.option if asked else "",
            topics=topics_of(engine.knowledge, record.observations),
            last=self.last,
        )
