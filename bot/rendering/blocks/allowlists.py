"""An allow-list as a Slack message: a table of rules, the sources, and buttons for other formats.

Pure: no network, no clock.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from bot.allowlist.formats import BY_ADDRESS, FORMS
from bot.allowlist.model import AllowList, Entry
from bot.allowlist.request import TEXT, ListRequest
from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import (
    TextElement,
    bullets,
    code,
    context,
    header,
    lines,
    link,
    paragraph,
    rich,
    run,
    section,
    table,
    title,
)
from bot.rendering.blocks.elements import ButtonContext, numbered, row
from bot.rendering.blocks.message import Message, MessageBuilder

_SHOWN: Final = 60  # rows; the file has all of them
_ENDINGS: Final[Mapping[str, str]] = {
    "text": "txt",
    "csv": "csv",
    "json": "json",
    "nft": "nft",
    "terraform-sg": "tf",
    "html": "html",
}
_ADDRESS: Final = re.compile(r"https://\S+")
INLINE: Final = 2_800  # characters of the file that are shown inline if files are not allowed


def the_list(found: AllowList, wanted: ListRequest, platform: str) -> Message:
    """Show the allow-list as a table; *platform* is the platform's title."""
    builder = MessageBuilder()
    others = [(form, form) for form in FORMS if form != wanted.form]
    builder.last(
        section("*The same as a file for*"),
        row(*numbered("list", others, ButtonContext(), "format", _values(wanted))),
    )
    turn = "with TURN" if found.turn else "without TURN"
    builder.add(header(f"Allow-list: {platform}, edge {found.edge}, {turn}"))
    builder.add(
        section(
            "Allow these *outgoing* connections. Return traffic must be let in. Nothing else needs to come in."
        )
    )
    rows = [("Port", "To", "Purpose"), *(_row(entry) for entry in found.entries[:_SHOWN])]
    made, left = table(rows, [{}, {"is_wrapped": True}, {"is_wrapped": True}])
    builder.add(made)
    left += max(0, len(found.entries) - _SHOWN)
    notes = [f"and {left} more in the file"] if left else []
    if found.edge == "roaming":
        notes.append("Roaming needs every edge; name one with edge=frankfurt for a shorter list.")
    if not found.turn:
        notes.append("If the app passes TURN servers, add turn=yes.")
    sources = [_source(key, what) for key, what in list(found.sources.items())[:12]]
    if sources:
        builder.add(rich(title("Sources"), lines(sources)))
    builder.add(
        context(
            f"Facts as of {text_limits.quote(found.checked or 'unknown date', 20)}. "
            f"{text_limits.quote(' '.join(notes), 400)}"
        )
    )
    text = "; ".join(" ".join(_row(entry)) for entry in found.entries[:20])
    return builder.message(
        f"Allow-list for {platform}, edge {found.edge}, {turn}, facts as of {found.checked}. Allow outgoing: {text}",
        "Not everything fits here; the file has the rest.",
    )


def as_text(wanted: ListRequest, content: str) -> Message:
    """Show the file's content in a message, for workspaces where the bot may not upload files."""
    name = file_name(wanted)
    cut = len(content) > INLINE
    text = f"{name}: files are not allowed here, so this is {'its beginning' if cut else 'what it says'}."
    builder = MessageBuilder()
    builder.add(rich(paragraph(run(text)), code(content, INLINE)))
    return builder.message(text)


def which_platform(platforms: Sequence[tuple[str, str]], fields: Mapping[str, str]) -> Message:
    """Ask for the platform, which decides the hosts; *platforms* are (id, title), the buttons carry *fields*."""
    builder = MessageBuilder()
    builder.add(section("*An allow-list for which platform?* Each one needs different hosts."))
    builder.add(row(*numbered("list", platforms[:20], ButtonContext(), "platform", fields)))
    example = "/diagnose allowlist ios edge=frankfurt turn=yes"
    rest = [[run(example, 100, code=True)], [run(f"{example} format=nft", 100, code=True)]]
    builder.add(rich(paragraph(run("Or type the whole command:")), bullets(rest)))
    named = ", ".join(title for _, title in platforms)
    return builder.message(f"An allow-list for which platform? {named}. Or type {example}")


def file_name(wanted: ListRequest) -> str:
    """Return the file name of an allow-list."""
    ending = _ENDINGS.get(wanted.form, "txt")
    form = "" if ending == wanted.form or wanted.form == TEXT else f"-{wanted.form}"
    return f"allowlist-{wanted.platform}-{wanted.edge}{'-turn' if wanted.turn else ''}{form}.{ending}"


def note_of(wanted: ListRequest) -> str:
    """Return the note that belongs to a format; empty if there is none."""
    if wanted.form not in BY_ADDRESS:
        return ""
    if wanted.any_address:
        return (
            "This format takes only addresses. Where there is only a name, the ports are open to any address."
        )
    return (
        "This format takes only addresses. Lineman resolved the names just now, from where it "
        "runs. Addresses change without notice, so make the list again from time to time."
    )


def _values(wanted: ListRequest) -> dict[str, str]:
    old = {"sdk-version": "2.0"} if wanted.legacy else {}
    return {"platform": wanted.platform, "edge": wanted.edge, "turn": "yes" if wanted.turn else "no", **old}


def _source(key: str, what: str) -> list[TextElement]:
    """Render a source: the key that rows refer to, and a link."""
    found = _ADDRESS.search(what)
    text = what.replace(found[0], "").strip(" ,") if found else what
    return [run(f"[{key}] ", 60, bold=True), link(found[0], text or found[0]) if found else run(text, 300)]


def _row(entry: Entry) -> tuple[str, str, str]:
    by = f" ({', '.join(entry.ranges)})" if entry.host and entry.ranges else ""
    doubt = f"; {entry.doubt}" if entry.doubt else ""
    sources = f" [{', '.join(entry.sources)}]" if entry.sources else ""
    return (
        f"{entry.transport.upper()} {entry.port()}",
        f"{entry.place}{by}",
        f"{entry.purpose}{sources}{doubt}",
    )
