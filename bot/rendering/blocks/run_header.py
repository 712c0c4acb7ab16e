"""What a message is about: one run of one case, as its title and its small print name it.

Pure: no network, no clock.
"""

import re
from dataclasses import dataclass
from typing import Final

from bot.diagnosis.triage import RunRecord
from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import Block, context, date, seconds
from bot.rendering.blocks.elements import ButtonContext
from knowledge.model.schema import Knowledge
from probes.protocol.model import REFERENCE, USER_NETWORK

_USER: Final = re.compile(r"[UW][A-Z0-9]{5,30}")  # a Slack user id


@dataclass(frozen=True, slots=True)
class RunHeader:
    """One run, in the words that messages use."""

    asked: ButtonContext
    code: str
    platform: str = ""  # its id; none: every platform
    title: str = ""  # of the platform, for people
    edge: str = "roaming"
    relay: str = "local"
    vantage: str = USER_NETWORK
    user: str = ""  # Slack id of whoever asked
    started: float = 0.0  # seconds since the epoch
    took: float = 0.0  # seconds
    network: str = ""  # its title
    turn: str = ""  # where TURN credentials came from, or why there were none
    digest: str = ""  # of the knowledge

    @property
    def subject(self) -> str:
        """What is looked into: `31009 on iOS`."""
        return f"{self.code} on {self.title or self.platform or 'every platform'}"

    @property
    def where(self) -> str:
        """From where, and what that is worth."""
        outside = ", which is outside the user's network" if self.vantage == REFERENCE else ""
        return f"from {self.relay}{outside}"


def run_header(
    record: RunRecord, asked: ButtonContext, knowledge: Knowledge, user: str = "", network: str = ""
) -> RunHeader:
    """Sum up *record*; *network* is the title of the network that was looked at."""
    platform = record.request.platform or ""
    return RunHeader(
        asked=asked,
        code=record.request.code,
        platform=platform,
        title=knowledge.platforms[platform].title if platform in knowledge.platforms else platform,
        edge=record.request.edge,
        relay=record.relay,
        vantage=record.vantage,
        user=user,
        started=record.started,
        took=record.timings.get("total", 0.0) / 1000,
        network=network or record.network,
        turn=record.turn,
        digest=record.digest,
    )


def byline(header: RunHeader) -> Block:
    """What was asked, under the title: one line of small print."""
    text = f"Error {header.subject} · edge {header.edge} · {header.where}"
    return context(text_limits.quote(text, 400))


def footer(header: RunHeader, *notes: str) -> Block:
    """Run id, time, duration and who asked, at the end of a message; *notes* are ours, before them."""
    parts = [*notes, f"Run {text_limits.quote(header.asked.run, 80)}"] if header.asked.run else [*notes]
    if header.started:
        parts.append(date(header.started))
    if header.took:
        parts.append(f"took {seconds(header.took)}")
    if named := mention(header.user):
        parts.append(f"asked by {named}")
    return context(" · ".join(parts))


def mention(user: str) -> str:
    """Name a person by the Slack id that Slack itself gave; empty for anything else."""
    return f"<@{user}>" if _USER.fullmatch(user) else ""
