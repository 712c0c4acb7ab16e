"""Help, the list of relays with their state, and the history of runs.

Pure: no network, no clock.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import (
    Block,
    bullets,
    context,
    date,
    header,
    paragraph,
    rich,
    run,
    runs,
    section,
    title,
)
from bot.rendering.blocks.decision_path import Mark
from bot.rendering.blocks.elements import ButtonContext, button
from bot.rendering.blocks.message import Message, MessageBuilder
from bot.rendering.blocks.run_header import mention
from bot.rendering.vantage import where

_SHOWN: Final = 20
_NO_VOTES: Final[Mapping[str, int]] = {}
_OUTCOMES: Final = ("found", "clear", "unclear")
_SIGNS: Final = {"found": "\N{RIGHT-POINTING MAGNIFYING GLASS}", "clear": Mark.FINE.sign}


@dataclass(frozen=True, slots=True)
class RelayRow:
    """One relay in a list."""

    name: str
    vantage: str
    well: bool
    state: str = ""  # in words: "connected, round trip 12 ms", "not connected, last seen 3 h ago (it left)"
    labels: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()  # problems found by its self-test and its clock, one sentence each


@dataclass(frozen=True, slots=True)
class PastRun:
    """One earlier run in a list."""

    asked: ButtonContext
    subject: str
    headline: str
    outcome: str  # found, clear, unclear, or how else it ended
    started: float


def help_message(codes: Sequence[str] = ("31009",), platforms: Sequence[str] = ()) -> Message:
    """Explain what Lineman does and how to ask it."""
    builder = MessageBuilder()
    builder.add(header("What Lineman can do"))
    builder.add(
        section(
            "Lineman finds out why a Twilio Voice client cannot connect or has no audio. It tests from a relay inside "
            "the user's network, and says what is wrong, who must act, and what to send to the customer."
        )
    )
    known = [name for name in platforms if name]
    one_platform = (
        (f"/diagnose 31009 {known[0]}", f"for one platform: {', '.join(known[:6])}") if known else ()
    )
    ways = (
        ("/diagnose 31009", "checks every platform"),
        *([one_platform] if one_platform else []),
        ("/diagnose 31009 edge=frankfurt from RELAY", "for an edge, from a relay (see `/diagnose relays`)"),
        ("/diagnose 31009 from RELAY and RELAY", "from several relays, compared"),
        ("/diagnose 31009 link", "a link for the customer, whose browser then tests"),
        ("/diagnose no sound on the office Wi-Fi", "without a code: describe the problem"),
        ("/diagnose meaning 53405", "what a code means"),
        ("/diagnose why does TURN help?", "answers a question"),
        ("/diagnose allowlist ios edge=frankfurt turn=yes", "what a firewall must allow"),
        ("/diagnose", "opens a form"),
        ("/diagnose relays", "shows the relays"),
        ("/diagnose history", "shows your recent runs"),
        ("/diagnose history channel", "shows who ran what in this channel this week"),
        ("/diagnose stop", "stops what you started here"),
    )
    builder.add(
        rich(
            title("Type"), bullets([run(what, 200, code=True), *runs(f"  {why}", 200)] for what, why in ways)
        )
    )
    others = (
        "On any message with an error: More actions, then Diagnose this message. This works in threads, too.",
        "In the thread of a diagnosis, anyone can add to it: “now on android”, “run it again”, “they are on a VPN”.",
        "Ask questions there, too: “why?”, “could it be DNS?”, “how do we fix it?”.",
        "In a direct message: describe what went wrong, with or without the error code.",
    )
    builder.add(rich(title("Or"), bullets([run(text)] for text in others)))
    builder.add(
        context(
            f"Known error codes: {text_limits.quote(', '.join(codes[:30]), 500)}. The tests change nothing."
        )
    )
    return builder.message(
        "Type /diagnose 31009, with a platform, an edge, or a relay if you know them. /diagnose alone opens a form. "
        "Without a code, describe the problem. "
        "In the thread of a diagnosis, ask questions. On any message: More actions, Diagnose this message."
    )


def relays(rows: Sequence[RelayRow], others: int = 0) -> Message:
    """List the relays that the actor may use, with location and state; *others* is how many are not available here."""
    builder = MessageBuilder()
    builder.add(header("Relays"))
    builder.add(*relay_list(rows, others))
    builder.add(
        context(
            "Only a relay inside the user's network can confirm a cause or rule it out. One "
            "elsewhere is only for comparison."
        )
    )
    if rows:
        names = " and ".join(row.name for row in rows[:2])
        builder.add(context(f"Test from them with `/diagnose 31009 from {text_limits.quote(names, 120)}`."))
    text = "; ".join(
        f"{text_limits.cut(row.name, 60)}: {text_limits.cut(_health(row), 150)}" for row in rows[:_SHOWN]
    )
    return builder.message(f"Relays: {text or 'none that you may use here'}.")


def relay_list(rows: Sequence[RelayRow], others: int = 0) -> list[Block]:
    """Return the list of relays as blocks, with how to add one."""
    blocks = [rich(*(part for row in rows[:_SHOWN] for part in _relay(row)))] if rows else []
    if not rows:
        blocks = [section("There is no relay that you may use here.")]
    notes = []
    if len(rows) > _SHOWN:
        notes.append(f"and {len(rows) - _SHOWN} more")
    if others:
        notes.append(
            f"{'1 relay is' if others == 1 else f'{others} relays are'} not available in this channel."
        )
    notes.append(
        "To add one, the administrator of Lineman runs `lineman relays invite NAME --for '#channel'`."
    )
    return [*blocks, context(*notes)]


def history(runs: Sequence[PastRun], whose: str = "Your", votes: Mapping[str, int] = _NO_VOTES) -> Message:
    """List recent runs, newest first, with the *votes* on their verdicts."""
    builder = MessageBuilder()
    builder.add(header(f"{whose} recent diagnoses"))
    builder.add(*_voted(votes))
    for block in past_list(runs):
        builder.add(block)
    text = "; ".join(f"{run.subject}: {text_limits.cut(run.headline, 100)}" for run in runs[:10])
    return builder.message(f"{whose} recent diagnoses: {text or 'none yet'}.")


def channel_history(rows: Sequence[tuple[str, PastRun]], votes: Mapping[str, int] = _NO_VOTES) -> Message:
    """List who diagnosed what in a channel this week, newest first, what was found most often, and the *votes*."""
    total = "one diagnosis" if len(rows) == 1 else f"{len(rows)} diagnoses"
    ended = (past.headline for _, past in rows if past.outcome in _OUTCOMES)
    often = Counter(ended).most_common(3)
    builder = MessageBuilder()
    builder.add(header(f"This channel: {total} in the last 7 days"))
    if often:
        counted = ([run(f"{count} \N{MULTIPLICATION SIGN} "), run(text, 200)] for text, count in often)
        builder.add(rich(title("Most often"), bullets(counted)))
    builder.add(*_voted(votes))
    for user, past in rows[:_SHOWN]:
        words = f"{past.subject}: {text_limits.cut(past.headline, 150)}"
        who = mention(user) or "somebody"
        builder.add(context(f"{date(past.started)} {who} {text_limits.quote(text_limits.line(words), 300)}"))
    most = "; ".join(f"{count} times {text_limits.cut(text, 100)}" for text, count in often)
    return builder.message(f"This channel: {total} in the last 7 days. {most}")


def _voted(votes: Mapping[str, int]) -> list[Block]:
    """Count the votes on verdicts, if there are any."""
    right, wrong = votes.get("right", 0), votes.get("wrong", 0)
    return [context(f"Votes on these verdicts: {right} right, {wrong} wrong.")] if right or wrong else []


def past_list(runs: Sequence[PastRun]) -> list[Block]:
    """Return one section with a button per run."""
    if not runs:
        return [section("None yet. Type `/diagnose 31009`, or press the button.")]
    return [_past(run, number) for number, run in enumerate(runs[:_SHOWN], 1)]


def _past(run: PastRun, number: int) -> Block:
    sign = _SIGNS.get(run.outcome, Mark.UNKNOWN.sign)
    text = (
        f"{sign} *{text_limits.quote(text_limits.line(run.headline), 200)}*\n"
        f"{text_limits.quote(text_limits.line(run.subject), 100)} · "
        f"{date(run.started)} · run {text_limits.quote(run.asked.run, 60)}"
    )
    speak = f"Test {run.subject} again"
    return section(text, button("again", "Test again", run.asked, speak=speak, number=number))


def _relay(row: RelayRow) -> list[Block]:
    """Render one relay: a line, and its problems as bullets."""
    labels = f"  {' '.join(row.labels[:5])}" if row.labels else ""
    first = paragraph(
        run(f"{(Mark.FINE if row.well else Mark.FAULT).sign} "),
        run(row.name, 60, bold=True),
        run(f"  {where(row.vantage)}; {_health(row)}", 220),
        *([run(text_limits.cut(labels, 100), italic=True)] if labels else []),
    )
    return [first, bullets([run(text, 150)] for text in row.troubles[:3])] if row.troubles else [first]


def _health(row: RelayRow) -> str:
    return row.state or ("well" if row.well else "not well")
