"""Render the short answer: the verdict, the customer's text, who does what, the evidence, one question.

It has at most 18 lines of 80 columns where the texts allow it; the rest is in `diagnosis.py`.
Pure: no network, no clock.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.diagnosis.measurements import measurements_of
from bot.diagnosis.run_record import FILL, LOCATE, RunRecord
from bot.model.vocabulary import person_options
from bot.rendering.failure_text import REPORTED, sentence
from bot.rendering.layers import layer_lines
from bot.rendering.place_text import place_of, relay_rows, where_of
from bot.rendering.symptom_text import assumed_as
from bot.rendering.terminal.answer_blocks import TRIES, AnswerRoom, block, evidence_of, numbered, steps_of
from bot.rendering.terminal.console import Line, height
from bot.rendering.terminal.diagnosis import STYLES
from bot.rendering.terminal.verdict_line import verdict_line
from bot.rendering.view import WORKS_ELSEWHERE, View, has_results
from knowledge.model.conclusions import NextQuestion
from knowledge.model.schema import Knowledge
from probes.protocol.model import REFERENCE, USER_NETWORK

_WIDE, _TALL = 80, 18
_POSSIBLE: Final = 3  # possible causes that are named
_CAUSES: Final = 4  # causes with their own step and evidence


@dataclass(frozen=True, slots=True)
class ShortAnswer:
    """The answer in two parts, so that the first one need not wait for the trace of lost packets."""

    record: RunRecord  # of all relays together
    view: View
    knowledge: Knowledge
    asks: bool = False  # the question follows right after, and the options are typed as words
    printed: Collection[str] = ()  # the parts that follow anyway

    @property
    def _is_several(self) -> bool:
        return self.view.vantages is not None and len(self.view.vantages.summaries) > 1

    def head(self) -> list[Line]:
        """Return everything down to the evidence."""
        return list(self._head(self._room()))

    def _room(self) -> AnswerRoom:
        for room in TRIES:
            if height((*self._head(room), *self._tail((), room)), _WIDE) <= _TALL:
                break
        return room

    def _head(self, room: AnswerRoom) -> Iterator[Line]:
        view, diagnosis = self.view, self.record.diagnosis
        is_clear, tested = diagnosis.outcome == "clear", has_results(self.record)
        yield Line(verdict_line(self.record, view), STYLES[diagnosis.outcome])
        if note := assumed_as(self.record.request):
            yield Line(note, "yellow")
        if not self._is_several:
            yield from (Line(layers, "dim") for layers in layer_lines(self.record))
        yield from block("Relays", relay_rows(view.vantages), gap=room.gaps > 0)
        yield from block("Meaning", view.meaning.texts[:1] if view.meaning and not tested else ())
        yield from block("Reason", self._reasons() if diagnosis.outcome == "unclear" else ())
        yield from block("Customer", [view.customer_text])
        wide = room.gaps > 1 or (room.gaps > 0 and len(view.found) == 1)
        yield from block("Do this", steps_of(view.found[:_CAUSES], room), gap=wide)
        causes = view.risks if is_clear else view.found
        evidence = numbered(evidence_of(causes[:_CAUSES], room))
        yield from block("Risk" if is_clear else "Evidence", evidence, gap=room.gaps > 1)
        yield from block("Next", self._next() if not (is_clear and view.risks) else ())
        yield from block("Measured", self._measured() if is_clear else ())

    def tail(self, lost: Sequence[str] = ()) -> list[Line]:
        """Return the rest: where packets are *lost*, the question, and the counts."""
        return list(self._tail(lost, self._room()))

    def _tail(self, lost: Sequence[str], room: AnswerRoom) -> Iterator[Line]:
        yield from block("Lost", lost, gap=False)
        question = self.record.diagnosis.next_question
        if question and not self.asks and len(self.view.found) <= 1:
            yield from block("Question", [ask_with_option(question, self.knowledge)], gap=room.gaps > 0)
        yield Line()
        yield Line(f"{self._counts()} {self._more()}".rstrip(), "dim")

    def _reasons(self) -> Iterator[str]:
        """Say why the result is open: relays that are missing, possible causes, failures, what was not checked."""
        diagnosis, vantages = self.record.diagnosis, self.view.vantages
        if vantages and (vantages.disputes or vantages.missing):
            yield from (*vantages.disputes, *vantages.missing)[:2]
            return
        if self.record.vantage == REFERENCE or not has_results(self.record):
            return
        possible = [f"{judged.title}." for judged in diagnosis.possible if not judged.harmless]
        yield from possible[:_POSSIBLE]
        if len(possible) > _POSSIBLE:
            yield f"{len(possible) - _POSSIBLE} more are possible."
        failed = [step for step in diagnosis.unexplained if step not in diagnosis.tolerated]
        if not possible and failed:
            others = f" {len(failed) - 1} more failed." if len(failed) > 1 else ""
            yield f"{sentence(self.record.observations[failed[0]])}.{others} No known cause explains this."
        elif not possible and self.view.not_checked:
            yield f"{self.view.not_checked[0].reason}."

    def _next(self) -> Iterator[str]:
        """Say what to do where the vantage limits what the result means, or where a code belongs to another product."""
        record, where = self.record, place_of(self.record)
        if not has_results(record):
            meaning = self.view.meaning
            yield from [meaning.elsewhere] if meaning and meaning.elsewhere else ()
            return
        if record.vantage == REFERENCE:
            yield "Test from a relay in the user's network: --relay NAME."
        elif record.vantage != USER_NETWORK:
            yield "If the user is on this network, add --vantage user-network. If not, add --relay NAME."
        elif record.diagnosis.outcome == "clear":
            says = WORKS_ELSEWHERE if self.view.works_elsewhere else ""
            yield f"{says}Check that the user is on the same network as {where}: same Wi-Fi, same VPN."
        elif record.diagnosis.outcome == "unclear" and not record.diagnosis.next_question:
            yield "Run the SDK's own test in the app: --preflight shows how."

    def _measured(self) -> Iterator[str]:
        line = measurements_of(self.record.observations.values())
        parts = [
            f"round trip {line.rtt_ms:.0f} ms" if line.rtt_ms is not None else "",
            f"jitter {line.jitter_ms:.0f} ms" if line.jitter_ms is not None else "",
            f"loss {line.loss_percent:.2g} %" if line.loss_percent is not None else "",
            f"MOS {line.mos:.1f}" if line.mos is not None else "",
        ]
        if text := ", ".join(filter(None, parts)):
            yield f"{text[:1].upper()}{text[1:]}."

    def _counts(self) -> str:
        """Count causes and checks, which say how much the verdict rests on."""
        diagnosis = self.record.diagnosis
        looks = [
            look for look in self.record.observations.values() if look.probe not in (LOCATE, FILL, *REPORTED)
        ]
        if not looks:
            titles = "; ".join(cause.title for cause in self.view.found)
            return f"Found without a network check: {titles}." if titles else "No network check was made."
        ruled, possible = len(diagnosis.ruled_out), len(diagnosis.possible)
        text = f"{ruled} {'cause' if ruled == 1 else 'causes'} ruled out"
        text += f", {possible} possible" if possible else ""
        count = sum(look.has_result for look in looks)
        of = f" of {len(looks)}" if count < len(looks) and diagnosis.outcome == "unclear" else ""
        where, seconds = (
            where_of(self.record, self.view.vantages),
            self.record.timings.get("total", 0.0) / 1000,
        )
        return f"{text}, {len(diagnosis.not_checked)} not checked. {count}{of} checks from {where} in {seconds:.1f} s."

    def _more(self) -> str:
        words = ["details", *(["rules"] if self.view.advised else []), "preflight"]
        words = [word for word in words if word not in self.printed] if "all" not in self.printed else []
        if not words:
            return ""
        return (
            f"More: {', '.join(words)}" if self.asks else f"More: {' '.join(f'--{word}' for word in words)}"
        )


def ask_with_option(question: NextQuestion, knowledge: Knowledge) -> str:
    """Return *question* with the options that answer it, as in "A VPN? Add --vpn yes or --vpn no"."""
    words = person_options(knowledge).get(question.option, {})
    values = list(dict.fromkeys(words.values())) or ["VERSION"]
    return f"{question.ask} Add {' or '.join(f'--{question.option} {value}' for value in values)}."
