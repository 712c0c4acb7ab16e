"""The title and footer of a run's messages.

Pure: no network, no clock.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.diagnosis.comparison_text import BROWSER, relay_text
from bot.diagnosis.measurements import line_text
from bot.diagnosis.run_record import RunRecord
from bot.rendering.blocks import text_limits
from bot.rendering.blocks.block_types import Block, context, date, seconds
from bot.rendering.blocks.elements import ButtonContext
from bot.rendering.check_link_text import REPORTED
from bot.rendering.symptom_text import assumed_as
from knowledge.model.schema import Knowledge
from probes.protocol.model import REFERENCE, UNKNOWN_VANTAGE, USER_NETWORK

RESTARTED: Final = "Lineman was restarted, so the tests started again."
_OUTSIDE: Final[Mapping[str, str]] = {
    REFERENCE: ", which is outside the user's network",
    UNKNOWN_VANTAGE: ", which may be outside the user's network",
}
_USER: Final = re.compile(r"[UW][A-Z0-9]{5,30}")  # a Slack user id


@dataclass(frozen=True, slots=True)
class RunHeader:
    """One run, in the words that messages use."""

    asked: ButtonContext
    code: str
    platform: str = ""  # its id; empty: all platforms
    title: str = ""  # the platform's title
    edge: str = "roaming"
    relay: str = "local"
    vantage: str = USER_NETWORK
    user: str = ""  # Slack id of the user who asked
    started: float = 0.0  # Unix time in seconds
    took: float = 0.0  # seconds
    network: str = ""  # the network's title
    turn: str = ""  # source of the TURN credentials, or why there are none
    digest: str = ""  # of the knowledge
    line: str = ""  # round trip, jitter, and loss, where they were measured
    assumed: str = ""  # a sentence, if the code proves nothing
    reported: str = ""  # who reported the results, if that was no relay of ours
    restarted: bool = False  # a restart interrupted the run, and it started again

    @property
    def subject(self) -> str:
        """The subject of the run: `31009 on iOS`."""
        return f"{self.code} on {self.title or self.platform or 'every platform'}"

    @property
    def where(self) -> str:
        """The relay, and whether it is outside the user's network."""
        return f"from {self.relay}{_OUTSIDE.get(self.vantage, '')}"


def run_header(
    record: RunRecord, asked: ButtonContext, knowledge: Knowledge, user: str = "", network: str = ""
) -> RunHeader:
    """Make the header of *record*; *network* is the title of the tested network."""
    platform = record.request.platform or ""
    return RunHeader(
        asked=asked,
        code=record.request.code,
        platform=platform,
        title=knowledge.platforms[platform].title if platform in knowledge.platforms else platform,
        edge=record.request.edge,
        relay=relay_text(record.relay),
        reported=_reported(relay_text(record.relay)),
        vantage=record.vantage,
        user=user,
        started=record.started,
        took=record.timings.get("total", 0.0) / 1000,
        network=network or record.network,
        turn=record.turn,
        digest=record.digest,
        line=line_text(record.observations.values()),
        assumed=assumed_as(record.request),
    )


def _reported(relays: str) -> str:
    """Say which results the customer's browser reported, if any."""
    if relays == BROWSER:
        return REPORTED.capitalize()
    return f"Partly {REPORTED}" if BROWSER in relays else ""


def byline(header: RunHeader, *, line: bool = True) -> Block:
    """Small text under the title: code, platform, edge, and relay; with *line*, what was measured."""
    text = " · ".join([f"Error {header.subject}", f"edge {header.edge}", header.where])
    again = RESTARTED if header.restarted else ""
    parts = (text, header.reported, again, header.assumed, header.line if line else "")
    return context(*(text_limits.quote(part, 400) for part in parts if part))


def footer(header: RunHeader, *notes: str) -> Block:
    """The end of a message: run id, time, duration, and user; *notes* are our own markup, placed first."""
    parts = [*notes, f"Run {text_limits.quote(header.asked.run, 80)}"] if header.asked.run else [*notes]
    if header.started:
        parts.append(date(header.started))
    if header.took:
        parts.append(f"took {seconds(header.took)}")
    if named := mention(header.user):
        parts.append(f"asked by {named}")
    return context(" · ".join(parts))


def mention(user: str) -> str:
    """Return a mention of a Slack user id; empty for anything else."""
    return f"<@{user}>" if _USER.fullmatch(user) else ""
