"""Short messages: no, not like that, something broke, stopped, lost, thank you.

Pure: no network, no clock.
"""

from collections.abc import Sequence
from typing import Final

from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import bullets, context, header, paragraph, rich, run, section
from bot.rendering.blocks.elements import Asked, button, row
from bot.rendering.blocks.message import Message, Sheet
from bot.rendering.blocks.run_header import About, byline, footer, mention

EXAMPLES: Final = (
    "/diagnose 31009",
    "/diagnose 31009 ios",
    "/diagnose 31009 javascript edge=frankfurt from acme-hq",
)
NO: Final = "\N{NO ENTRY SIGN}"
BROKEN: Final = "\N{WARNING SIGN}\N{VARIATION SELECTOR-16}"


def note(sentence: str) -> Message:
    """Say one sentence."""
    sheet = Sheet()
    sheet.add(section(text_limits.quote(sentence)))
    return sheet.message(sentence)


def refusal(why: str, instead: Sequence[str] = (), hint: str = "") -> Message:
    """Say no, why, and what is possible instead; *hint* is small print, such as what was taken out of a text."""
    sheet = Sheet()
    sheet.add(rich(paragraph(run(f"{NO} This cannot be done here. ", bold=True), run(why, 1_000))))
    if instead:
        sheet.add(
            rich(paragraph(run("What you can do:")), bullets([run(text, 300)] for text in instead[:10]))
        )
    if hint:
        sheet.add(context(text_limits.quote(hint, 500)))
    sheet.add(context("Nothing was tested, and nothing was changed."))
    return sheet.message(f"This cannot be done here. {why} {' '.join(instead)} {hint}".rstrip())


def usage(wrong: str, examples: Sequence[str] = EXAMPLES, hint: str = "") -> Message:
    """Say what was not understood, and show what would be."""
    sheet = Sheet()
    sheet.add(rich(paragraph(run("I did not get that. ", bold=True), run(wrong, 1_000))))
    sheet.add(
        rich(paragraph(run("These work:")), bullets([run(text, 200, code=True)] for text in examples[:8]))
    )
    if hint:
        sheet.add(context(text_limits.quote(hint, 500)))
    sheet.add(row(button("start", "Fill in a form instead", Asked()), button("guide", "Help", Asked())))
    return sheet.message(
        f"I did not get that. {wrong} For example: {', or '.join(examples[:3])} {hint}".rstrip()
    )


def choose(codes: Sequence[tuple[str, str]], platform: str = "") -> Message:
    """Several codes were named: ask which one to look into."""
    sheet = Sheet()
    sheet.add(section("*Several error codes are in there.* Which one shall I look into?"))
    buttons = [
        button("start", f"{code} {name}", Asked(), number=number, values={"code": code, "platform": platform})
        for number, (code, name) in enumerate(codes[:10], 1)
    ]
    sheet.add(row(*buttons))
    return sheet.message(
        f"Several error codes are in there: {', '.join(code for code, _ in codes[:10])}. Which one?"
    )


def error(what: str, reference: str, one: About | None = None) -> Message:
    """Say that something of ours broke: what failed, that nothing was changed, what to do, a reference id."""
    sheet = Sheet()
    sheet.add(rich(paragraph(run(f"{BROKEN} Something broke in Lineman. ", bold=True), run(what, 600))))
    sheet.add(
        rich(
            bullets(
                [
                    [run("Nothing in the network was changed; the tests only look.")],
                    [run("This says nothing about the customer's network: it is a fault of ours.")],
                    [run("Try again; if it breaks again, give the reference to whoever runs Lineman.")],
                ]
            )
        )
    )
    if one:
        sheet.add(row(button("again", "Try again", one.asked, style="primary")))
    sheet.add(context(f"Reference {text_limits.quote(reference, 100)}"))
    return sheet.message(
        f"Something broke in Lineman. {what} Nothing was changed. Try again, or give the reference {reference} "
        "to whoever runs Lineman."
    )


def stopped(one: About, by: str, done: int, total: int) -> Message:
    """Confirm a stop: what was finished, what is kept."""
    who = f" by {named}" if (named := mention(by)) else ""
    sheet = _again(one, f"Stopped: {one.subject}")
    sheet.add(
        section(f"Stopped{who} after {done} of {total} looks. What was seen is kept; there is no verdict.")
    )
    return sheet.message(
        f"Stopped: {one.subject}, after {done} of {total} looks. What was seen is kept; no verdict."
    )


def lost(one: About, done: int, total: int) -> Message:
    """Own up to a run that a restart has cut off."""
    sheet = _again(one, f"Cut off: {one.subject}")
    sheet.add(
        section(
            f"Lineman was restarted while this ran, after {done} of {total} looks, so there is no verdict. "
            "That is no sign of a fault in the network."
        )
    )
    return sheet.message(
        f"Cut off: Lineman was restarted while {one.subject} ran, after {done} of {total} looks. No verdict; "
        "test again."
    )


def thanks(one: About, verdict: str) -> Message:
    """Confirm feedback."""
    right = verdict == "right"
    said = "Good to hear; that makes this cause count for more." if right else "Noted. What was it, then?"
    sheet = Sheet()
    sheet.last(footer(one))
    sheet.add(section(f"Thank you. {said}"))
    return sheet.message(f"Thank you. {said}")


def not_in_channel(bot: str = "@Lineman") -> Message:
    """Tell how to let the bot into a channel."""
    sheet = Sheet()
    sheet.add(
        rich(
            paragraph(
                run("I am not in this channel yet. ", bold=True),
                run("Type "),
                run(f"/invite {bot}", 100, code=True),
                run(" and then your command again, or ask me in a direct message."),
            )
        )
    )
    return sheet.message(f"I am not in this channel yet. Type /invite {bot} and then your command again.")


def missing_scope(scopes: Sequence[str]) -> Message:
    """Say which permission is missing, to those who can give it."""
    named = ", ".join(scopes)
    sheet = Sheet()
    said = "Ask a workspace admin to install Lineman again, so that it gets it."
    sheet.add(
        rich(
            paragraph(
                run("A permission is missing: ", bold=True), run(named, 300, code=True), run(f". {said}")
            )
        )
    )
    return sheet.message(f"A permission is missing: {named}. {said}")


def _again(one: About, name: str) -> Sheet:
    sheet = Sheet()
    sheet.last(row(button("again", "Test again", one.asked, style="primary")), footer(one))
    sheet.add(header(name), byline(one))
    return sheet
