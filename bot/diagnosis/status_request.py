"""Request the feed of a status page: three seconds, one megabyte, no redirects.

Imported only if a status page is read: importing aiohttp takes about 0.3 s.
"""

import asyncio
from typing import Final

import aiohttp

from bot.diagnosis.status_feed import FeedError
from bot.diagnosis.twilio_tokens import make_connector
from bot.http_body import read_body
from knowledge.model.network import Network

BUDGET: Final = 3.0  # seconds; a verdict waits for it
LARGEST: Final = 1_000_000  # bytes; summaries have some kilobytes


async def fetch(url: str, network: Network, budget: float = BUDGET) -> bytes:
    """The content at *url*; raises FeedError within *budget* seconds."""
    try:
        async with (
            asyncio.timeout(budget),
            aiohttp.ClientSession(connector=make_connector(network)) as session,
            session.get(url, allow_redirects=False, headers={"Accept": "application/json"}) as answer,
        ):
            if answer.status != 200:
                raise FeedError(f"it answered with status {answer.status}")
            body = await read_body(answer, LARGEST)
    except TimeoutError:
        raise FeedError(f"no answer within {budget:g} s") from None
    except (aiohttp.ClientError, OSError, ValueError):
        raise FeedError("it could not be reached") from None
    if body is None:
        raise FeedError(f"its answer is larger than {LARGEST // 1_000_000} MB")
    return body
