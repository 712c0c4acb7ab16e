"""Run `lineman preflight`: read preflight reports, logs, and tool output from files or stdin."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bot.cli.exit_codes import EXIT
from bot.cli.file_bytes import read_bytes
from bot.cli.parser import NETWORK_FILE, Parser
from bot.cli.report_steps import next_steps
from bot.cli.vantage import HELP, find_vantage
from bot.diagnosis.device_evidence import DeviceEvidence, apply_device_reading, case_of
from bot.diagnosis.engine import Engine, load_engine
from bot.errors import UsageError, quote, unknown_word
from bot.intake.clues import LARGEST_CAPTURE, Reading, code_of, edge_of, platform_of
from bot.intake.read import read, refused
from bot.model.request import Request
from bot.rendering.json.report import render as render_json
from bot.rendering.report_summary import outcome
from bot.rendering.terminal.console import write
from bot.rendering.terminal.report import render
from bot.rendering.terminal.short_report import render_short
from bot.rendering.view import make_view
from bot.version import version

EPILOG: Final = (
    "A report is what the SDK's preflight test returns when it completes: JSON.stringify(report) in a browser, the "
    "JSONObject on Android, dictionaryReport on iOS. Also read: error objects, logs, ICE candidates, output of dig, "
    "openssl s_client and curl -v. Exit codes: 0 cause found, 1 the test passed and nothing points to a "
    "cause, 2 invalid request or nothing to read, 3 could not tell. With --run they are those of diagnose."
)


def run_preflight(words: Sequence[str]) -> int:
    """Read what *words* name, print the result and the next steps, and return the exit code."""
    options = make_preflight_parser().read(words)
    reading = _with_edge(read_all(options.files), options.edge)
    asks = options.run and not options.json and sys.stdin.isatty() and sys.stdout.isatty()
    vantage = find_vantage(options.vantage, os.environ, asks=asks)
    engine = load_engine(options.network, vantage, remote=options.run)
    request = request_of(reading, engine, options.code, options.platform, options.edge)
    if reading.check:
        return _check(reading, request, engine, as_json=options.json)
    continued = _continue(options, reading, request, engine)
    view = make_view(continued.record, engine.knowledge, engine.network)
    then = next_steps(reading, continued, engine.knowledge, ran=options.run)
    if options.json:
        reply = render_json(reading, continued, view, engine.network.quality, then, version())
        json.dump(reply, sys.stdout, indent=2, ensure_ascii=True)
        sys.stdout.write("\n")
    else:
        more = "" if options.details else "--details"
        write(render_short(reading, continued, view, engine.network.quality, then, more), sys.stdout)
        if options.details:
            write(render(reading, continued, view, engine.network.quality, ()), sys.stdout)
    return EXIT[outcome(reading, continued)]


def _check(reading: Reading, request: Request, engine: Engine, *, as_json: bool) -> int:
    """Print what a customer's browser found, and return the exit code of its verdict."""
    # Few files hold such a result.
    from bot.cli.check_paste import conclude_check, write_check
    from bot.rendering.json.diagnosis import render as render_diagnosis

    records = conclude_check(engine, reading.check, request)
    if as_json:
        view = make_view(records[0], engine.knowledge, engine.network)
        json.dump(render_diagnosis(records[0], view, engine.network, version()), sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        write_check(engine, records)
    return EXIT[records[0].diagnosis.outcome]


def read_all(files: Sequence[str]) -> Reading:
    """Read all *files* (`-` is stdin) as one reading; `UsageError` if they hold nothing useful."""
    if not files:
        raise UsageError(
            "Name a file with a preflight report, or - for the standard input: `lineman preflight report.json`."
        )
    readings = [_read(file) for file in files]
    useful = [reading for reading in readings if reading.useful]
    if not useful:
        texts = [
            f"{quote(file)}: {reading.says}" if len(files) > 1 else reading.says
            for file, reading in zip(files, readings, strict=True)
        ]
        raise UsageError(" ".join(texts))
    says = [
        reading.says if len(files) == 1 else f"{file}: {reading.says}"
        for file, reading in zip(files, readings, strict=True)
    ]
    return replace(
        useful[0],
        says=" ".join(says),
        reports=tuple(dict.fromkeys(report for reading in useful for report in reading.reports)),
        pasted=tuple({look.step: look for reading in useful for look in reading.pasted}.values()),
        removed=tuple(dict.fromkeys(kind for reading in readings for kind in reading.removed)),
        check=next((reading.check for reading in useful if reading.check), ""),
    )


def _read(file: str) -> Reading:
    """Read one file. A file that is too large is rejected without reading it."""
    if file == "-":
        return read(sys.stdin.buffer.read(LARGEST_CAPTURE + 1))
    source = read_bytes(file, LARGEST_CAPTURE + 1)
    if len(source) <= LARGEST_CAPTURE:
        return read(source)
    return refused(max(Path(file).stat().st_size, len(source)))


def request_of(
    reading: Reading,
    engine: Engine,
    said_code: str | None = None,
    said_platform: str | None = None,
    said_edge: str | None = None,
) -> Request:
    """Make the request. Options take precedence over what was read."""
    vocabulary = engine.vocabulary
    code = said_code or code_of(reading, engine.knowledge.errors)
    if code not in vocabulary.codes:
        raise unknown_word("an error code known here", code, vocabulary.codes, vocabulary.see)
    platform = said_platform.casefold() if said_platform else None
    if platform and platform not in vocabulary.platforms:
        raise unknown_word("a platform", platform, vocabulary.platforms)
    read_edge = edge_of(reading)
    edge = (said_edge or (read_edge if read_edge in vocabulary.edges else vocabulary.roaming)).casefold()
    if edge not in vocabulary.edges:
        raise unknown_word("an edge", edge, vocabulary.edges)
    chosen = vocabulary.platforms[platform] if platform else platform_of(reading)
    return Request(code, chosen, edge, relays=vocabulary.relays[:1])


def _with_edge(reading: Reading, edge: str | None) -> Reading:
    """Set the client's edge in each report that does not contain one."""
    if not edge:
        return reading
    reports = (
        report if report.edge_asked else replace(report, edge_asked=edge.strip().casefold())
        for report in reading.reports
    )
    return replace(reading, reports=tuple(reports))


def _continue(
    options: argparse.Namespace, reading: Reading, request: Request, engine: Engine
) -> DeviceEvidence:
    if not options.run:
        return case_of(reading, request, engine.knowledge, engine.network, on_device=options.on_device)
    # Needed only with --run.
    from bot.rendering.terminal.live_progress import show_progress

    with show_progress(sys.stderr if options.json else sys.stdout) as tell:
        record = engine.diagnose(request, tell)
    return apply_device_reading(
        record, reading, engine.knowledge, engine.network, on_device=options.on_device
    )


def make_preflight_parser() -> Parser:
    """Make the parser of `lineman preflight`."""
    parser = Parser(
        prog="lineman preflight",
        description="Read reports of the SDK's preflight test, and say what the user's device measured.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("files", nargs="*", metavar="FILE", help="a report, a log, or a tool's output; - for standard input")
    add("--code", help="the error code of the case (default: the one in the report, or 31009)")
    add("--platform", help="the SDK's platform, if the report does not name it")
    add("--edge", help="the edge set in the app, if the report does not name it")
    add("--on-device", action="store_true", help="the tool ran on the user's device")
    add(
        "--details",
        action="store_true",
        help="also print what each value shows, all fixes, and what was ruled out",
    )
    add("--run", action="store_true", help="also test from this machine, and compare the results")
    add("--vantage", metavar="WHERE", help=f"with --run, {HELP}")
    add("--network", metavar="FILE", help=NETWORK_FILE)
    add("--json", action="store_true", help="print one JSON object (docs/schemas/preflight.schema.json)")
    return parser
