"""Write an allow-list as text, CSV (RFC 4180) or JSON.

Pure: no network, no clock.
"""

import csv
import io
import json
from dataclasses import asdict
from typing import Final

from bot.allowlist.model import AllowList, Entry

COLUMNS: Final = ("direction", "transport", "ports", "host", "ranges", "purpose", "sources", "status")


def text(allowlist: AllowList) -> str:
    """Write it for people, one entry per line."""
    width = max((len(entry.place) for entry in allowlist.entries), default=0)
    lines = [f"# {line}" for line in allowlist.head()]
    for entry in allowlist.entries:
        by = f"  ({', '.join(entry.ranges)})" if entry.host and entry.ranges else ""
        kind = f"{entry.transport.upper()} {entry.port()}"
        doubt = f"; {entry.doubt}" if entry.doubt else ""
        about = f"{entry.purpose} [{', '.join(entry.sources)}{doubt}]"
        lines.append(f"out  {kind:<15}  {entry.place:<{width}}  {about}{by}")
    return "\n".join([*lines, ""])


def as_csv(allowlist: AllowList) -> str:
    """Write it as a table with a header line; lists in a field are separated by spaces."""
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\r\n")
    table.writerow(COLUMNS)
    table.writerows(_row(entry) for entry in allowlist.entries)
    return stream.getvalue()


def as_json(allowlist: AllowList) -> str:
    """Write all data of the list."""
    entries = [{**asdict(entry), "purpose": entry.purpose} for entry in allowlist.entries]
    return json.dumps({**asdict(allowlist), "entries": entries}, indent=2) + "\n"


def _row(entry: Entry) -> tuple[str, ...]:
    lists = (" ".join(entry.ranges), entry.purpose, " ".join(entry.sources), entry.status)
    return ("out", entry.transport, entry.port(), entry.host, *lists)
