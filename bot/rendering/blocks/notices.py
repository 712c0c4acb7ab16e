"""Short notices: refusals, usage errors, internal errors, thanks.

Pure: no network, no clock.
"""

from collections.abc import Sequence
from typing import Final

from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import bullets, context, paragraph, rich, run, runs, section
from bot.rendering.blocks.elements import ButtonContext, button, row
from bot.rendering.blocks.message import Message, MessageBuilder
from bot.rendering.blocks.run_header import RunHeader, footer

NO: Final = "\N{NO ENTRY SIGN}"
BROKEN: Final = "\N{WARNING SIGN}\N{VARIATION SELECTOR-16}"


def examples(
    relay: str = "",
    code: str = "31009",
    platforms: Sequence[str] = ("ios", "javascript"),
    edge: str = "frankfurt",
) -> tuple[str, ...]:
    """Return commands that work: for *code*, on the first and the last of *platforms*, at *edge*, from *relay*."""
    there = " ".join((*([f"edge={edge}"] if edge else []), *([f"from {relay}"] if relay else [])))
    return (
        f"/diagnose {code}",
        f"/diagnose {code} {platforms[0]}",
        f"/diagnose {code} {platforms[-1]} {there}".rstrip(),
    )


EXAMPLES: Final = examples()


def note(sentence: str) -> Message:
    """Render one sentence."""
    builder = MessageBuilder()
    builder.add(rich(paragraph(*runs(sentence))))
    return builder.message(sentence)


def refusal(why: str, instead: Sequence[str] = (), hint: str = "") -> Message:
    """Render a refusal with its reason and alternatives; *hint* is small text, such as what was redacted."""
    builder = MessageBuilder()
    builder.add(rich(paragraph(run(f"{NO} This cannot be done here. ", bold=True), *runs(why, 1_000))))
    if instead:
        builder.add(
            rich(paragraph(run("What you can do:")), bullets(runs(text, 300) for text in instead[:10]))
        )
    if hint:
        builder.add(context(text_limits.quote(hint, 500)))
    builder.add(context("Nothing was tested, and nothing was changed."))
    return builder.message(f"This cannot be done here. {why} {' '.join(instead)} {hint}".rstrip())


def usage(wrong: str, examples: Sequence[str] = EXAMPLES, hint: str = "") -> Message:
    """Render a usage error with valid examples."""
    builder = MessageBuilder()
    builder.add(rich(paragraph(run("I did not understand that. ", bold=True), *runs(wrong, 1_000))))
    builder.add(
        rich(paragraph(run("These work:")), bullets([run(text, 200, code=True)] for text in examples[:8]))
    )
    if hint:
        builder.add(context(text_limits.quote(hint, 500)))
    builder.add(
        row(
            button("start", "Fill in a form instead", ButtonContext()),
            button("guide", "Help", ButtonContext()),
        )
    )
    return builder.message(
        f"I did not understand that. {wrong} For example: {', or '.join(examples[:3])} {hint}".rstrip()
    )


def choose(codes: Sequence[tuple[str, str]], platform: str = "") -> Message:
    """Ask which of several error codes to diagnose."""
    builder = MessageBuilder()
    builder.add(section("*There are several error codes in this text.* Which one should Lineman diagnose?"))
    buttons = [
        button(
            "start",
            f"{code} {name}",
            ButtonContext(),
            number=number,
            values={"code": code, "platform": platform},
        )
        for number, (code, name) in enumerate(codes[:10], 1)
    ]
    builder.add(row(*buttons))
    return builder.message(
        f"There are several error codes in this text: {', '.join(code for code, _ in codes[:10])}. Which one?"
    )


def error(what: str, reference: str, header: RunHeader | None = None) -> Message:
    """Render an internal error: what failed, that nothing changed, what to do, and a reference for the log."""
    builder = MessageBuilder()
    builder.add(rich(paragraph(run(f"{BROKEN} Something broke in Lineman. ", bold=True), run(what, 600))))
    builder.add(
        rich(
            bullets(
                [
                    [run("Nothing in the network was changed.")],
                    [run("This says nothing about the customer's network. The fault is in Lineman.")],
                    [
                        run(
                            "Try again. If it fails again, send the reference to the administrator of Lineman."
                        )
                    ],
                ]
            )
        )
    )
    if header:
        builder.add(row(button("again", "Try again", header.asked, style="primary")))
    builder.add(context(f"Reference {text_limits.quote(reference, 100)}"))
    return builder.message(
        f"Something broke in Lineman. {what} Nothing was changed. Try again, or send the "
        f"reference {reference} to the administrator of Lineman."
    )


def thanks(header: RunHeader, verdict: str) -> Message:
    """Confirm feedback."""
    right = verdict == "right"
    text = "This cause counts for more in later verdicts." if right else "What was it, then?"
    builder = MessageBuilder()
    builder.last(footer(header))
    builder.add(section(f"Thank you. {text}"))
    return builder.message(f"Thank you. {text}")


BETWEEN_PEOPLE: Final = "I cannot post in direct messages between other people. "
_CLOSED: Final = {  # Slack's word: why nothing can be posted in a channel
    "is_archived": "This channel is archived, so nobody can post in it. ",
    "restricted_action": "Only some people may post in this channel. ",
}


def cannot_post(
    bot: str = "@Lineman", word: str = "not_in_channel", *, sent: bool = False, direct: bool = False
) -> Message:
    """Say why nothing can be posted in a channel (Slack's *word*), and where the answer is: *sent* directly, or not.

    *direct*: it was asked in direct messages, where apps cannot be invited.
    """
    closed = word in _CLOSED or direct
    why = _CLOSED.get(word, BETWEEN_PEOPLE if direct else "I am not in this channel. ")
    invited = [
        run("To get it here, type "),
        run(f"/invite {bot}", 100, code=True),
        run(" and then your command again."),
    ]
    parts = [run(why, bold=True)]
    if sent:
        parts.append(run("The answer comes to you in a direct message. "))
    if not closed:
        parts += invited
    elif not sent:
        parts.append(run("Ask in another channel, or in a direct message with me."))
    builder = MessageBuilder()
    builder.add(rich(paragraph(*parts)))
    return builder.message("".join(str(part["text"]) for part in parts))


def cannot_read(bot: str = "@Lineman") -> Message:
    """Say that replies in a channel are not read: Lineman may post there, but is not a member."""
    parts = [
        run("I am not in this channel, so I cannot read replies or mentions here. ", bold=True),
        run("The buttons below the verdict work. To continue in its thread, type "),
        run(f"/invite {bot}", 100, code=True),
        run("."),
    ]
    builder = MessageBuilder()
    builder.add(rich(paragraph(*parts)))
    return builder.message("".join(str(part["text"]) for part in parts))


def missing_scope(scopes: Sequence[str]) -> Message:
    """Name the missing scopes and who can grant them."""
    named = ", ".join(scopes)
    builder = MessageBuilder()
    text = "Ask a workspace admin to install Lineman again, so that it gets this permission."
    builder.add(
        rich(
            paragraph(
                run("A permission is missing: ", bold=True), run(named, 300, code=True), run(f". {text}")
            )
        )
    )
    return builder.message(f"A permission is missing: {named}. {text}")
