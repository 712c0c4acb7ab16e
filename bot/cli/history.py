"""Run `lineman history`, `lineman again` and `lineman compare`, on the runs in the bot's store."""

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from bot.cli.exit_codes import EXIT
from bot.cli.live_run import talk_through
from bot.cli.parser import NETWORK_FILE, Parser
from bot.cli.run_store import list_runs, load_run, save_run
from bot.cli.vantage import HELP, find_vantage
from bot.diagnosis.comparison import leading
from bot.diagnosis.engine import load_engine
from bot.model.records import RunRow
from bot.rendering.place_text import as_read_here
from bot.rendering.terminal.console import Line, write
from bot.rendering.terminal.run_changes import render_changes


def run_history(words: Sequence[str]) -> int:
    """List the stored runs, newest first."""
    options = make_history_parser().read(words)
    write((line for run in list_runs(os.environ, options.limit) for line in _row(run)), sys.stdout)
    return 0


def _row(run: RunRow) -> Iterator[Line]:
    when = datetime.fromtimestamp(run.started, UTC)
    subject = " ".join(filter(None, (run.request.code, run.request.platform)))
    yield Line(f"{run.id}  {when:%Y-%m-%d %H:%M} UTC  {subject}  from {', '.join(run.relays)}", "bold")
    yield Line(as_read_here(str(run.summary.get("headline") or run.outcome)), indent=2)


def run_again(words: Sequence[str]) -> int:
    """Run a stored case again, print the answer and what changed, and return the exit code of the new run."""
    options = make_again_parser().read(words)
    vantage = options.vantage or None
    engine = load_engine(options.network, find_vantage(vantage, os.environ, asks=False), remote=True)
    run, before = load_run(engine, options.run, os.environ)
    local = run.vantages.get(engine.relay.name)
    if local and vantage is None and "LINEMAN_VANTAGE" not in os.environ:
        engine = load_engine(options.network, local, remote=True)  # this machine is where it was
    records = talk_through(engine, before[0].request, asks=False)
    new = save_run(engine, records, os.environ)
    write(render_changes(run.id, before, new, records, engine.knowledge), sys.stdout)
    return EXIT[leading(records).diagnosis.outcome]


def run_compare(words: Sequence[str]) -> int:
    """Print what changed between two stored runs."""
    options = make_compare_parser().read(words)
    engine = load_engine(options.network, None)
    (first, before), (second, now) = (load_run(engine, run, os.environ) for run in options.runs)
    write(render_changes(first.id, before, second.id, now, engine.knowledge), sys.stdout)
    return 0


def make_history_parser() -> Parser:
    """Make the parser of `lineman history`."""
    parser = Parser(
        prog="lineman history",
        description="List the diagnoses of this machine, newest first.",
        allow_abbrev=False,
    )
    parser.add_argument("--limit", type=int, default=20, help="how many to list (default: 20)")
    return parser


def make_again_parser() -> Parser:
    """Make the parser of `lineman again`."""
    parser = Parser(
        prog="lineman again", description="Run a diagnosis again, and say what changed.", allow_abbrev=False
    )
    parser.add_argument("run", nargs="?", help="its id from `lineman history` (default: the newest)")
    parser.add_argument("--vantage", metavar="WHERE", help=HELP)
    parser.add_argument("--network", metavar="FILE", help=NETWORK_FILE)
    return parser


def make_compare_parser() -> Parser:
    """Make the parser of `lineman compare`."""
    parser = Parser(
        prog="lineman compare", description="Say what changed between two diagnoses.", allow_abbrev=False
    )
    parser.add_argument(
        "runs", nargs=2, metavar="RUN", help="an id from `lineman history`; the earlier run first"
    )
    parser.add_argument("--network", metavar="FILE", help=NETWORK_FILE)
    return parser
