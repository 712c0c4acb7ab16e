"""Write an allow-list as one HTML page to print or to forward, for people who maintain firewalls.

Pure: no network, no clock. The page loads nothing and runs nothing.
"""

from collections.abc import Iterator
from html import escape
from typing import Final

from bot.allowlist.model import AllowList, Entry

_COLUMNS: Final = ("Protocol", "Port", "Destination", "Purpose", "Source")
_STYLE: Final = """\
    body { font: 11pt/1.4 sans-serif; color: #000; background: #fff; margin: 2em; }
    table { border-collapse: collapse; width: 100%; }
    th, td { border: 1px solid #777; padding: 0.3em 0.5em; text-align: left; vertical-align: top; }
    td.place { font-family: monospace; overflow-wrap: anywhere; }
    thead { display: table-header-group; }
    tr { break-inside: avoid; }
    @page { size: A4; margin: 15mm; }
    @media print { body { margin: 0; font-size: 9pt; } a { color: #000; text-decoration: none; } }"""


def html(allowlist: AllowList) -> str:
    """Write the page: what it is for, a table with one row per entry, and the sources."""
    about, *notes = allowlist.notes()
    rows = "\n".join(_row(entry) for entry in allowlist.entries)
    sources = "\n".join(
        f"    <li>{escape(key)}: {_linked(what)}</li>" for key, what in allowlist.sources.items()
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>Firewall allow-list for {escape(allowlist.title)}</title>
  <style>
{_STYLE}
  </style>
</head>
<body>
  <h1>Firewall allow-list for {escape(allowlist.title)}</h1>
  <p>{escape(about)}</p>
{chr(10).join(f"  <p>{escape(note)}</p>" for note in notes)}
  <table>
    <thead>
      <tr>{"".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)}</tr>
    </thead>
    <tbody>
{rows}
    </tbody>
  </table>
  <h2>Sources</h2>
  <ul>
{sources}
  </ul>
</body>
</html>
"""


def _row(entry: Entry) -> str:
    return f"      <tr>{''.join(_cells(entry))}</tr>"


def _cells(entry: Entry) -> Iterator[str]:
    doubt = f" ({entry.doubt})" if entry.doubt else ""
    yield f"<td>{entry.transport.upper()}</td>"
    yield f"<td>{entry.port()}</td>"
    places = [entry.host, *entry.ranges] if entry.host else entry.ranges
    yield f'<td class="place">{"<br>".join(map(escape, places))}</td>'
    yield f"<td>{escape(entry.purpose + doubt)}</td>"
    yield f"<td>{escape(', '.join(entry.sources))}</td>"


def _linked(what: str) -> str:
    """Write a source with its address, if it ends with one, as a link."""
    title, _, address = what.rpartition("https://")
    if not address or " " in address:
        return escape(what)
    url = escape(f"https://{address}")
    return f'{escape(title)}<a href="{url}">{url}</a>'
