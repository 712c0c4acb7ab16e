"""Read reports in the interactive session, from `preflight FILE` or pasted, and compare with the last case."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

from bot.cli.interactive import PutBack, ask_on
from bot.cli.preflight import read_all, request_of
from bot.diagnosis.comparison import leading
from bot.diagnosis.device_evidence import apply_device_reading, case_of
from bot.diagnosis.engine import Engine
from bot.diagnosis.run_record import RunRecord
from bot.errors import UsageError
from bot.intake.clues import Reading
from bot.intake.read import read
from bot.intake.unread import BEGINNING
from bot.language.device_words import is_from_device, without_place
from bot.rendering.terminal.console import write
from bot.rendering.terminal.short_report import render_short
from bot.rendering.view import make_view
from knowledge.reasoning.device import PLACED

More: TypeAlias = Callable[[], str | None]  # the next line; None at the end of the input

END: Final = "."  # alone on a line, it ends pasted text

# How a value begins. Log lines and tickets begin with words in brackets, as in "[Error] the call failed".
_VALUE: Final = re.compile(r"\{\s*(?:$|[\"'\u201c{}]|\w+\s*[:=])|\[\s*(?:$|[\"'{\[\]])")


def begins_value(text: str) -> bool:
    """Tell whether *text* begins as JSON or another dump of an object does."""
    return bool(_VALUE.match(text))


def pasted_whole(line: str, more: More) -> str:
    """Read more lines after *line* while brackets are open, until they close or a line is only a dot."""
    lines, depth = [line], _depth(line) if begins_value(line) else 0
    while depth > 0 and (following := more()) is not None and following.strip() != END:
        lines.append(following)
        depth += _depth(following)
    return "\n".join(lines)


def file_named(line: str) -> str:
    """Return the file that `preflight FILE` names, or "" if *line* is something else, such as a question."""
    if "\n" in line:
        return ""
    word, _, rest = line.partition(" ")
    name = without_place(rest).strip().strip("\"'")
    if word.lstrip("/").casefold() != "preflight" or not name:
        return ""
    is_path = len(name.split()) == 1 and ("." in name or "/" in name)
    return name if name == "-" or is_path or Path(name).exists() else ""


def read_named(name: str, line: str, more: More) -> tuple[Reading, str]:
    """Read the file *name*, or for `-` the next lines, and return the words that say which device it came from."""
    if name != "-":
        return read_all([name]), line
    lines = []
    while (following := more()) is not None and following.strip() != END:
        lines.append(following)
    text = "\n".join(lines)
    reading = read(text)
    if not reading.useful:
        raise UsageError(reading.says)
    return reading, f"{line} {text}"


def find_report(text: str) -> Reading | None:
    """Find a report or a tool's output in *text*; None without one. `UsageError` for JSON of another kind."""
    is_json = begins_value(text)
    reading = read(text)
    if not is_json and not reading.has_report_form:
        return None
    if reading.kind in ("report", "tool") or (is_json and reading.useful):
        return reading
    if is_json or reading.says == BEGINNING:
        raise UsageError(reading.says)
    return None


def go_on(
    engine: Engine, record: RunRecord | None, reading: Reading, words: str, put_back: PutBack | None = None
) -> RunRecord:
    """Evaluate *record* again with *reading* and print it. Without a record, evaluate the device's data alone."""
    if reading.check:
        return _with_check(engine, record, reading)
    on_device = is_from_device(words)
    if record:
        continued = apply_device_reading(
            record, reading, engine.knowledge, engine.network, on_device=on_device
        )
    else:
        request = request_of(reading, engine)
        continued = case_of(reading, request, engine.knowledge, engine.network, on_device=on_device)
    now = continued.record
    asks = sys.stdin.isatty() and sys.stdout.isatty()
    then = _next(reading, now, looked=record is not None, on_device=on_device, asks=asks)
    write(
        render_short(
            reading,
            continued,
            make_view(now, engine.knowledge, engine.network),
            engine.network.quality,
            then,
            "details",
        ),
        sys.stdout,
    )
    return leading(ask_on(engine, (now,), put_back)) if asks else now


def _with_check(engine: Engine, record: RunRecord | None, reading: Reading) -> RunRecord:
    """Print what a customer's browser found, beside *record*, which stays the case."""
    # What judges it takes 0.05 s to import, and few pastes need it.
    from bot.cli.check_paste import conclude_check, write_check

    request = record.request if record else request_of(reading, engine)
    records = conclude_check(engine, reading.check, request, record)
    write_check(engine, records)
    return record or records[-1]


def _next(reading: Reading, now: RunRecord, *, looked: bool, on_device: bool, asks: bool) -> tuple[str, ...]:
    """Return the next steps, phrased for the session."""
    steps = []
    if any(report.state == "running" for report in reading.reports):
        steps.append("The test was still running: send the report that it gives on completion.")
    if not looked:
        words = " ".join(filter(None, (now.request.code, now.request.platform)))
        steps.append(f"To run checks from this host as well: /diagnose {words}")
    if not on_device and not all(look.facts.get(PLACED) for look in reading.pasted):
        steps.append(
            "Output of tools counts when it is pasted with the words \u201con the user's device\u201d."
        )
    question = now.diagnosis.next_question
    if question and not asks and now.diagnosis.outcome != "clear":
        steps.append(f"Still open: {question.ask}")
    return tuple(steps)


def _depth(text: str) -> int:
    """Count the brackets that *text*, one line, leaves open, ignoring those in quotes."""
    depth, quoted, escaped = 0, False, False
    for letter in text:
        if escaped:
            escaped = False
        elif quoted:
            escaped, quoted = letter == "\\", letter != '"'
        elif letter == '"':
            quoted = True
        else:
            depth += (letter in "{[") - (letter in "}]")
    return depth
