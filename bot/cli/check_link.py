"""Run `lineman check-link`: make a link for a customer, wait for the result, show it, or revoke the link."""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bot.check_link.joined import joined_records
from bot.check_link.links import make_link
from bot.check_link.settings import CheckSettings, read_check_settings
from bot.cli.check_link_actions import again, cancel, list_links, named, remind, without_links, write_json
from bot.cli.check_link_text import link_json, link_row
from bot.cli.exit_codes import EXIT
from bot.cli.parser import NETWORK_FILE, Parser
from bot.cli.run_store import TEAM, user_name
from bot.diagnosis.comparison import leading
from bot.diagnosis.engine import Engine, load_engine
from bot.diagnosis.run_record import RunRecord
from bot.errors import UsageError
from bot.language.command_parser import parse_words
from bot.model.records import CaseRow
from bot.rendering.check_link_text import REPORTED, invitation, moment
from bot.slack.runtime.ids import new_case
from bot.storage.database import StoreError
from bot.storage.db_writer import Writer
from bot.storage.links_table import CheckLink
from bot.storage.store import Store
from bot.storage.trouble import sentences_of

ACTIONS: Final = ("again", "cancel", "list", "remind", "revoke", "show")
READS: Final = ("list", "remind", "show")  # those that write nothing
POLL: Final = 2.0  # seconds between two looks into the database while a person waits


def run_check_link(words: Sequence[str]) -> int:
    """Make a link, or do what the first word says. The exit code is that of the result, or 0 without one."""
    options = make_parser().read(words)
    settings = read_check_settings(os.environ)
    engine = load_engine(options.network or settings.network, None)
    return asyncio.run(_run(options, settings, engine))


async def _run(options: argparse.Namespace, settings: CheckSettings, engine: Engine) -> int:
    action = next((word for word in options.words[:1] if word in ACTIONS), "")
    if action and len(options.words) != (1 if action == "list" else 2):
        raise UsageError(f"Write lineman check-link {action} with the name of one link.")
    missing = isinstance(settings.database, Path) and not settings.database.exists()
    if action and missing:  # no database is made to say so
        return without_links(options.words, as_json=options.json)
    store = (
        Store(Writer(settings.database, reads_only=True))
        if action in READS
        else Store.open(settings.database)
    )
    try:
        match options.words:
            case ["list"]:
                return await list_links(store, as_json=options.json)
            case ["revoke" | "cancel", name]:
                return await cancel(store, name, as_json=options.json)
            case ["remind", name]:
                return await remind(store, name, as_json=options.json)
            case ["again", name]:
                return await again(store, settings, name, as_json=options.json)
            case ["show", name]:
                return await _show(engine, store, await named(store, name), options)
        return await _make(engine, store, settings, options)
    except StoreError as error:
        raise UsageError(sentences_of(error)) from error
    finally:
        await store.close()


async def _make(engine: Engine, store: Store, settings: CheckSettings, options: argparse.Namespace) -> int:
    settings.required_url()
    case_id = await _case(engine, store, options)
    link, url = await make_link(store, settings, case_id, time.time())
    if options.json and not options.wait:
        write_json({**link_json(link, ()), "url": url})
        return 0
    out = sys.stderr if options.json else sys.stdout
    out.write(f"{url}\n\nSend this to the customer:\n{invitation(url, link.expires)}\n\n")
    out.write(f"It works {link.runs} times, until {moment(link.expires)}. ")
    out.write(f"Result: lineman check-link show {link.name}. Cancel: lineman check-link cancel {link.name}\n")
    out.flush()
    if not options.wait:
        return 0
    await _wait(store, link, out)
    return await _show(engine, store, link, options)


async def _case(engine: Engine, store: Store, options: argparse.Namespace) -> str:
    """Return the id of the case: that of a stored run, or a new one for the code."""
    if options.run:
        run = await store.run(options.run)
        if run is None:
            raise UsageError(f"There is no stored run {options.run}. See lineman history.")
        if options.words:
            raise UsageError(
                "A link for a stored run takes its code and platform. Leave the other words out."
            )
        return run.case
    if not options.words:
        raise UsageError("No error code is given. Write it, such as: lineman check-link 31009 ios")
    named = [(name, value) for name in ("platform", "edge") if (value := getattr(options, name))]
    request = parse_words(options.words, engine.vocabulary, named)
    case = CaseRow(new_case(), TEAM, "", user_name(), request, created=time.time())
    return (await store.open_case(case)).id


async def _wait(store: Store, link: CheckLink, out: Any) -> None:
    """Wait until a check of *link* has a result, or the link no longer works."""
    out.write("Waiting for the customer's check. Ctrl-C stops waiting; the link still works.\n")
    out.flush()
    while True:
        now = await store.link_named(link.name)
        checks = await store.checks_of_link(link)
        if any(check.run for check in checks) or now is None or now.revoked or time.time() > now.expires:
            return
        await asyncio.sleep(POLL)


async def _show(engine: Engine, store: Store, link: CheckLink, options: argparse.Namespace) -> int:
    link = await named(store, link.name)
    checks = await store.checks_of_link(link)
    run = next((check.run for check in reversed(checks) if check.run), "")
    records = await joined_records(engine, store, run) if run else ()
    if options.json:
        write_json(
            {**link_json(link, checks), **({"diagnosis": _diagnosis(engine, records)} if records else {})}
        )
    else:
        sys.stdout.write(f"{link_row(link, checks)}\n")
        if records:
            _print(engine, records, options)
    return EXIT[leading(records).diagnosis.outcome] if records else 0


def _print(engine: Engine, records: tuple[RunRecord, ...], options: argparse.Namespace) -> None:
    # What writes answers takes 0.06 s to import.
    from bot.cli.interactive import short_answer, write_parts
    from bot.rendering.terminal.console import Line, write

    sys.stdout.write(f"{REPORTED.capitalize()}:\n")
    short = short_answer(engine, records, asks=False)
    write([Line(), *short.head(), *short.tail()], sys.stdout)
    if options.details:
        write_parts(engine, records, ("details",))


def _diagnosis(engine: Engine, records: Sequence[RunRecord]) -> dict[str, Any]:
    # See above.
    from bot.rendering.json.diagnosis import render, render_several
    from bot.rendering.view import make_view
    from bot.version import version

    views = [make_view(record, engine.knowledge, engine.network) for record in records]
    if len(records) > 1:
        return render_several(records, views, engine.network, version())
    return render(records[0], views[0], engine.network, version())


def make_parser() -> Parser:
    """Make the parser of `lineman check-link`."""
    parser = Parser(
        prog="lineman check-link",
        description=(
            "Make a link for a customer, whose browser then tests the network. "
            "list prints all links. show, remind, again, and cancel need the NAME of a link."
        ),
        epilog="The exit code after a result is that of lineman diagnose. docs/check-link.md explains the setup.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("words", nargs="*", metavar="CODE [PLATFORM]", help="the error code, and the platform if you know it")
    add("--platform", help="the SDK's platform (default: javascript)")
    add("--edge", help="the edge set in the app (default: roaming)")
    add("--run", metavar="RUN", help="make the link for the case of a stored run (lineman history)")
    add("--wait", action="store_true", help="wait for the result, and print it")
    add("--details", action="store_true", help="with a result: also print evidence and fixes")
    add("--network", metavar="FILE", help=NETWORK_FILE)
    add("--json", action="store_true", help="print one JSON object")
    return parser
