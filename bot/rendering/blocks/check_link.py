"""Messages about a check link: the link for the agent alone, and what the thread waits for.

Pure: no network, no clock.
"""

from dataclasses import dataclass
from typing import Final, Literal

from bot.rendering.blocks.block_types import Block, code, context, date, header, rich, section
from bot.rendering.blocks.elements import ButtonContext, Confirm, button, row
from bot.rendering.blocks.message import Message, MessageBuilder
from bot.rendering.blocks.run_header import mention
from bot.rendering.check_link_text import moment

LINK: Final = "\N{LINK SYMBOL}"
_COPY: Final = "Copy it with the button in the corner of the box. It can be forwarded as it is."
_CANCEL: Final = Confirm(
    "Cancel this link?",
    "The link stops working at once. The result of a check that is running is not accepted.",
    "Cancel link",
    "Keep it",
)
LinkState = Literal["waiting", "arrived", "canceled"]


@dataclass(frozen=True, slots=True)
class LinkHeader:
    """One link of a case, in the words that messages use."""

    case: str
    name: str
    subject: str  # 31009 on iOS
    expires: float  # seconds since the epoch
    left: int  # checks that can still be started
    user: str = ""  # Slack id of the user who made it

    @property
    def asked(self) -> ButtonContext:
        """The ids that its buttons carry."""
        return ButtonContext(self.case)


def opened(link: LinkHeader) -> Message:
    """Render the message of a case that a link opens; the verdict takes its place."""
    builder = MessageBuilder()
    text = "Waiting for the customer's check. The verdict will appear here."
    builder.add(header(f"{LINK} Check link: {link.subject}"), section(text))
    builder.add(context(_by(link)))
    return builder.message(f"Check link: {link.subject}. {text}")


def waiting(link: LinkHeader, state: LinkState) -> Message:
    """Render the message in the thread that shows the *state* of a link."""
    builder = MessageBuilder()
    if state != "canceled":
        builder.last(row(*_buttons(link, state)))
    text = _state(link, state)
    builder.add(section(f"{LINK} {text}"), context(_by(link)))
    return builder.message(text)


def for_customer(text: str, expires: float, *, secret: bool = False, replaced: bool = False) -> Message:
    """Render a *text* to forward, for the agent alone; *secret*: it has the link, which is shown only once.

    *replaced*: an address that was shown before a restart does not work any more.
    """
    builder = MessageBuilder()
    builder.last(context(_COPY))
    lead = "Send this to the customer:"
    if replaced:
        lead = "Lineman was restarted. Use this link; one that was shown before does not work. " + lead
    builder.add(section(lead), rich(code(text)))
    if secret:
        builder.add(
            context(
                "Only you can see this, and only now: the address is not stored. Anyone who has it can send a result "
                f"to this case until {date(expires)}."
            )
        )
    # A fallback text has no addresses: Slack would turn them into links with a preview.
    return builder.message(f"{lead} {'the text in the box, with the link.' if secret else text}")


def _state(link: LinkHeader, state: LinkState) -> str:
    checks = "1 more check" if link.left == 1 else f"{link.left} more checks"
    match state:
        case "waiting":
            return f"Waiting for the customer's check. The link works until {moment(link.expires)}, for {checks}."
        case "arrived":
            return f"The customer's check has arrived: see below. The link works for {checks}."
    return "The check link was canceled. It does not work any more."


def _buttons(link: LinkHeader, state: LinkState) -> tuple[Block, ...]:
    values = {"link": link.name}
    cancel = button("unlink", "Cancel link", link.asked, confirm=_CANCEL, values=values)
    if state == "waiting":
        return button("remind", "Remind the customer", link.asked, values=values), cancel
    speak = "Make the same link good for one more check"
    return button("recheck", "Test again", link.asked, style="primary", speak=speak, values=values), cancel


def _by(link: LinkHeader) -> str:
    who = f"made by {named}" if (named := mention(link.user)) else "made in the terminal"
    return f"Link {link.name} · {who}"
