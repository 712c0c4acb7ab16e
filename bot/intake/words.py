"""Read the words of a paste: codes, platform, answers, language, and the causes that they may describe.

Pure. A code in prose is no evidence; what it is worth depends on the words around it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from bot.intake.clues import NamedCode, Reading, platform_of
from bot.intake.indications import find_indications, with_indications
from bot.intake.parsing.error_codes import WrittenCode, choose_codes, codes_in
from bot.intake.parsing.error_objects import message
from bot.intake.parsing.line_search import shortened
from bot.intake.platform_evidence import platform_evidence
from bot.intake.readers.prose import read_prose
from bot.intake.segment import Segment
from bot.intake.symptoms import match_symptoms
from bot.model.normalize import LONGEST as LONGEST_TEXT
from bot.model.normalize import normalize
from bot.model.request import Vocabulary
from knowledge.model.schema import Knowledge
from knowledge.search.statements import codes_of_the_past

_PART: Final = 20_000  # characters of one piece of a text that is too long for all of it
_SDK_LINE: Final = "[TwilioVoice]["
_USUAL: Final = re.compile(r"\[EventPublisher\] Publishing |AudioContext was (?:not allowed|prevented)")
_OPTION: Final = re.compile(r"\bplatform\s*(?:is|=|:|to)\s*[\"']?[a-z]", re.IGNORECASE)


def read_words(
    reading: Reading,
    unread: Sequence[Segment],
    text: str,
    vocabulary: Vocabulary,
    knowledge: Knowledge | None,
) -> Reading:
    """Read the prose around the other pieces. *text* is the whole paste, whose form shows the platform."""
    free = [item for item in unread if item.text.strip()]
    long = sum(len(item.text) for item in free) > LONGEST_TEXT
    runs = [
        (is_log, shortened(words, _PART) if long else words)
        for is_log, items in groupby(free, key=lambda item: item.form in ("log", "json"))
        if (words := "\n".join(item.text for item in items))
    ]
    codes = _of_now(choose_codes(_written(runs), vocabulary.codes), runs)
    sentence = normalize("\n".join(words for _, words in runs))
    told = normalize("\n".join(item.text for item in free if item.form == "prose"))
    clues = _with_platform(read_prose(sentence, told, vocabulary), text, reading)
    named = tuple(NamedCode(item.code, item.context, message(item.line)) for item in codes)
    reading = replace(reading, text=sentence, named_codes=named, clues=clues)
    if knowledge is None:
        return reading
    story = normalize("\n".join(item.text for item in free if item.form != "log"))
    codes_here = _all_codes(reading)
    indications = find_indications(reading.pasted, vocabulary, knowledge)
    # What the readers of logs have found needs no second look, except for the context of a code.
    log = "" if indications and not codes_here else _beginning(runs, has_code=bool(codes_here))
    symptoms = match_symptoms(story, codes_here, clues, knowledge, f"{log}\n{_of_gateway(reading)}".strip())
    return replace(
        reading,
        match=with_indications(symptoms.match, indications, knowledge, clues.get("platform", "")),
        language=symptoms.language if story.strip() else "",
        open_codes=symptoms.open_codes,
    )


def _of_now(codes: Sequence[WrittenCode], runs: Sequence[tuple[bool, str]]) -> tuple[WrittenCode, ...]:
    """Return *codes* without those that people name as fixed. A log is of now."""
    stories, logs = (
        "".join(f"{words}\n" for of_log, words in runs if of_log is is_log) for is_log in (False, True)
    )
    over = codes_of_the_past(stories[:_PART], {item.code for item in codes})
    return tuple(item for item in codes if item.code not in over or item.code in logs)


def _beginning(runs: Iterable[tuple[bool, str]], *, has_code: bool) -> str:
    """Return the beginning of each log. Without a code, a log of the JavaScript SDK has only what its reader found."""
    logs = (words[:_PART] for is_log, words in runs if is_log)
    return normalize("\n".join(_telling(words) for words in logs if has_code or _SDK_LINE not in words))


def _telling(log: str) -> str:
    """Leave out what a browser writes in every session of the SDK: the words in these lines describe no failure."""
    if _SDK_LINE not in log:
        return log
    return "\n".join(line for line in log.split("\n") if not _USUAL.search(line))


def _of_gateway(reading: Reading) -> str:
    """Return the messages that the gateway passed on: they are in JSON, which has no lines of a log."""
    faults = (fault for report in reading.reports if report.hangup for fault in report.faults)
    return "\n".join(fault.message for fault in faults)


def _all_codes(reading: Reading) -> tuple[str, ...]:
    """Return the codes of the words, then those of errors and reports."""
    faults = (code for fault in reading.faults for code in fault.codes)
    return tuple(dict.fromkeys([*reading.codes, *faults]))


def _with_platform(clues: dict[str, str], text: str, reading: Reading) -> dict[str, str]:
    """Let the form of *text* decide the platform, unless it is given as an option or by the SDK's own report."""
    if _OPTION.search(text):
        return clues
    platform = (platform_of(reading) if reading.device_reports else None) or platform_evidence(text)
    return {**clues, "platform": platform} if platform else clues


def _written(runs: Iterable[tuple[bool, str]]) -> Iterator[WrittenCode]:
    """Find error codes in prose and in logs, each with the patterns that count there."""
    before = 0
    for is_log, words in runs:
        if before >= LONGEST_TEXT:
            return
        sentence = normalize(words[: LONGEST_TEXT - before])
        for item in codes_in(sentence, log=is_log):
            yield replace(item, at=before + item.at)
        before += len(sentence) + 1
