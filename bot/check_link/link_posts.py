"""The messages in Slack about a check link, as rows of the outbox: what waits for the customer, and each result.

Here, because a link and its results also change without Slack: in the terminal, and where the page is served.
"""

from dataclasses import replace
from typing import Final

from bot.model.records import CaseRow, PostRow
from bot.storage.links_table import CheckLink
from bot.storage.store import Store

LINK: Final = "link"  # field of the payload: the link's name
STATE: Final = "state"
TOP: Final = "top"  # the message of a case that a link has opened
RESULT: Final = "result"  # the run of the newest result
# What the message of a link shows.
WAITING: Final = "waiting"
ARRIVED: Final = "arrived"
CANCELED: Final = "canceled"


def is_of_link(post: PostRow) -> bool:
    """Whether *post* is about a link or its result."""
    return LINK in post.payload


def top_post(case: CaseRow, link: CheckLink) -> PostRow:
    """Return the first message of a case that *link* opens; a verdict takes its place."""
    payload = {LINK: link.name, TOP: "yes"}
    return PostRow(f"of {case.id}", "", case.team, case.channel, case.thread_ts, payload)


def waiting_post(case: CaseRow, link: CheckLink, user: str) -> PostRow:
    """Return the message in the thread of *case* that waits for the result of *link*, which *user* made."""
    payload = {LINK: link.name, STATE: WAITING, "user": user}
    return PostRow(_key(link.name), "", case.team, case.channel, _thread(case), payload)


def result_post(case: CaseRow, run: str, link: str = "") -> PostRow:
    """Return the message in the thread of *case* with the result that is stored as *run*, by a *link* or pasted."""
    return PostRow(f"check {run}", run, case.team, case.channel, _thread(case), {LINK: link, RESULT: run})


async def changed_post(store: Store, name: str, state: str, detail: str = "") -> PostRow | None:
    """Return the message of the link *name* with another *state*; None if Slack has none.

    *detail* tells two changes to the same state apart: the run, or the time.
    """
    post = await store.post(_key(name))
    if post is None:
        return None
    return replace(post, payload={**post.payload, STATE: state, RESULT: detail})


def _key(name: str) -> str:
    return f"link {name}"


def _thread(case: CaseRow) -> str:
    return case.thread_ts or case.message_ts
