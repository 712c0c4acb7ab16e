"""Hold the state of an interactive session: the last case, pending choices, the last question."""

from dataclasses import dataclass, field

from bot.cli.interactive import PutBack
from bot.diagnosis.comparison import leading
from bot.diagnosis.engine import Engine
from bot.diagnosis.run_record import RunRecord
from bot.language.case_context import context_of_case, topics_of
from bot.language.follow_ups import LastQuestion
from bot.language.make_request import AmbiguousCode
from bot.language.routed_intent import Conversation, LanguageContext
from bot.model.symptom_match import SymptomMatch
from bot.rendering.failure_text import outcome
from bot.rendering.vantage_summary import result_of
from bot.rendering.view import make_view


@dataclass(slots=True)
class Repl:
    """One session."""

    engine: Engine
    records: tuple[RunRecord, ...] = ()  # of the last case, one per relay
    choices: SymptomMatch | AmbiguousCode | None = None  # pending choices, picked by number
    meant: tuple[str, ...] = ()  # the causes matched to the description that began the last case
    last: LastQuestion = field(default_factory=LastQuestion)
    put_back: PutBack | None = None  # takes a line that is no answer to an open question

    def begin(self, records: tuple[RunRecord, ...], meant: tuple[str, ...] = ()) -> None:
        """Replace the last case with another one, or with a new run of the same one."""
        self.records, self.choices, self.meant, self.last = records, None, meant, LastQuestion()

    @property
    def record(self) -> RunRecord | None:
        """Return the record of the relay that decides the last case."""
        return leading(self.records) if self.records else None

    @property
    def language(self) -> LanguageContext:
        """Return the words that a line can refer to."""
        return LanguageContext(self.engine.knowledge, self.engine.network, self.engine.vocabulary)

    @property
    def conversation(self) -> Conversation:
        """Return what a line may continue."""
        record, engine = self.record, self.engine
        if record is None:
            return Conversation(last=self.last)
        asked = record.diagnosis.next_question
        found = make_view(record, engine.knowledge, engine.network).advised
        return Conversation(
            in_case=True,
            about=context_of_case(record, found, self.meant, outcome, tuple(map(result_of, self.records))),
            asked=asked.option if asked else "",
            topics=topics_of(engine.knowledge, record.observations),
            last=self.last,
        )
