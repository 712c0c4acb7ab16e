"""Client of Voice Insights and of the error log: everything about one call, within one budget of time and bytes.

Imported only when a Call SID is read: importing aiohttp takes about 0.3 s. No redirect and no page on another host
is followed, so the credentials go to the configured hosts alone.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import aiohttp
from yarl import URL

from bot.diagnosis.call_answers import FetchedAnswers
from bot.diagnosis.turn_settings import TurnSettings
from bot.diagnosis.twilio_tokens import make_connector
from knowledge.model.network import Network

BUDGET: Final = 5.0  # seconds for all requests of one call; somebody waits for the answer
LARGEST: Final = 1_000_000  # bytes of all answers. An hour of samples is about 400 kB
PAGE: Final = 200  # records. An event is about 1.2 kB
PAGES: Final = 4
BEFORE, AFTER = timedelta(minutes=5), timedelta(minutes=10)  # the log's clock and the device's differ

# docs/api/errors. Which HTTP status comes with them is not documented.
_TOO_EARLY: Final = 17001
_FORBIDDEN: Final = 403
_MEANINGS: Final = {
    _FORBIDDEN: "Twilio refused these credentials (403). A restricted API key needs permission to read Voice "
    "Insights and Monitor Alerts, and the account must be active",
    20003: "Twilio rejected the credentials (20003). Check the account SID and the auth token, or the API key",
    17000: "These credentials may not read this call (17000): it belongs to another account, or Voice Insights "
    "Advanced Features are off",
    _TOO_EARLY: "The summary of this call is not there yet (17001). Ask again 30 minutes after the call",
    17002: "The call ended more than 30 days ago (17002), and Twilio has deleted its data",
    17007: "Voice Insights Advanced Features were off when this call ended (17007). They record later calls only",
    17008: "Twilio took too long to find the data (17008). Try again",
    17009: "Twilio had an internal error (17009). Try again",
    20404: "No call with this Call SID is in this account (20404)",
    20429: "Twilio limits the rate of requests (20429). Try again in a minute",
}
_STATUSES: Final = {401: 20003, 403: _FORBIDDEN, 404: 20404, 429: 20429}


class NoDataError(Exception):
    """One answer could not be used; the message is a sentence without secrets, *code* is Twilio's."""

    def __init__(self, why: str, code: int = 0) -> None:
        super().__init__(f"{why}.")
        self.code = code


@dataclass(slots=True)
class _Fetch:
    """The requests about one call, and what they have brought so far."""

    session: aiohttp.ClientSession
    headers: Mapping[str, str] = field(repr=False)
    left: int = LARGEST
    parts: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, None] = field(default_factory=dict)  # in order, each once

    async def get(self, url: URL) -> Any:
        """Return the JSON at *url*; raises `NoDataError`."""
        try:
            async with self.session.get(url, headers=self.headers, allow_redirects=False) as answer:
                body = await self._bytes(answer)
        except (aiohttp.ClientError, OSError) as error:
            raise NoDataError(f"{url.host} could not be reached") from error
        value = _parsed(body)
        if answer.status == 200:
            if not isinstance(value, dict):
                raise NoDataError(f"{url.host} answered with something other than JSON")
            return value
        raise _refusal(answer.status, value, url)

    async def _bytes(self, answer: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in answer.content.iter_chunked(65536):
            self.left -= len(chunk)
            if self.left < 0:
                raise NoDataError("There is more than 1 MB of data for this call, and the rest was not read")
            body += chunk
        return bytes(body)

    async def pages(self, name: str, url: URL, pages: int) -> None:
        """Collect the records of up to *pages* pages under *name*."""
        following: URL | None = url
        found = self.parts.setdefault(name, [])
        for _ in range(pages):
            if following is None:
                return
            value = await self.get(following)
            records = value.get(name)
            if not isinstance(records, list):
                raise NoDataError(f"The answer has no {name}")
            found += [record for record in records if isinstance(record, dict)]
            following = _next(value, url)
        if following is not None:
            self.problems[f"Only the first {pages * PAGE} {name} were read."] = None

    async def summary(self, url: URL) -> None:
        """Fetch the final summary, or else what there is of it."""
        try:
            self.parts["summary"] = await self.get(url)
        except NoDataError as error:
            if error.code != _TOO_EARLY:
                raise
            self.parts["summary"] = await self.get(url.with_query(ProcessingState="partial"))

    async def attempt(self, ask: Callable[[], Awaitable[None]]) -> None:
        """Run *ask*; what fails becomes a sentence, and the other requests go on."""
        try:
            await ask()
        except NoDataError as error:
            self.problems[str(error)] = None


async def fetch_answers(sid: str, network: Network, settings: TurnSettings) -> FetchedAnswers:
    """Fetch summary, events, metrics, and alerts of the call *sid* within `BUDGET` seconds and `LARGEST` bytes."""
    headers = {"Authorization": aiohttp.encode_basic_auth(settings.user, settings.secret)}
    late = False
    async with aiohttp.ClientSession(connector=make_connector(network), trust_env=False) as session:
        fetch = _Fetch(session, headers)
        try:
            async with asyncio.timeout(BUDGET):
                await _fetch_all(fetch, sid, network)
        except TimeoutError:
            late = True
    if late:
        fetch.problems[f"Twilio did not answer every request within {BUDGET:g} s."] = None
    return FetchedAnswers(**fetch.parts, problems=tuple(fetch.problems))


async def _fetch_all(fetch: _Fetch, sid: str, network: Network) -> None:
    call = URL(network.insights_api) / sid
    listed = {"Edge": "sdk_edge", "PageSize": str(PAGE)}

    def pages(name: str, count: int) -> Callable[[], Awaitable[None]]:
        return lambda: fetch.pages(name, (call / name.capitalize()).with_query(listed), count)

    # The summary goes first: credentials that it rejects are not sent three times more.
    await fetch.attempt(lambda: fetch.summary(call / "Summary"))
    if not fetch.parts and not _may_go_on(fetch):
        return
    async with asyncio.TaskGroup() as group:
        group.create_task(fetch.attempt(pages("events", PAGES)))
        group.create_task(fetch.attempt(pages("metrics", 1)))
    if network.alerts_api and (window := _window(fetch.parts.get("summary"))):
        await fetch.attempt(lambda: _alerts(fetch, sid, URL(network.alerts_api).with_query(window)))


def _may_go_on(fetch: _Fetch) -> bool:
    final = {_MEANINGS[code] + "." for code in (20003, _FORBIDDEN, 17000, 17002, 17007, 20404, 20429)}
    return not final & set(fetch.problems)


async def _alerts(fetch: _Fetch, sid: str, url: URL) -> None:
    """Keep those of the account's errors that belong to the call: the API cannot filter by Call SID."""
    await fetch.pages("alerts", url, PAGES)
    fetch.parts["alerts"] = [alert for alert in fetch.parts["alerts"] if alert.get("resource_sid") == sid]


def _window(summary: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the query for the time around the call, or nothing if the summary has no times."""
    try:
        began = datetime.fromisoformat(str((summary or {})["created_time"])).astimezone(UTC)
        ended = datetime.fromisoformat(str((summary or {})["end_time"])).astimezone(UTC)
        first, last = began - BEFORE, ended + AFTER
    except (KeyError, ValueError, OverflowError):
        return {}
    form = "%Y-%m-%dT%H:%M:%SZ"
    return {"StartDate": first.strftime(form), "EndDate": last.strftime(form), "PageSize": str(PAGE)}


def _next(page: Mapping[str, Any], of: URL) -> URL | None:
    """Return the next page if it is on the same host."""
    meta = page.get("meta")
    url = meta.get("next_page_url") if isinstance(meta, dict) else None
    try:
        following = URL(url) if isinstance(url, str) and url else None
        return following if following and following.origin() == of.origin() else None
    except ValueError:
        return None


def _refusal(status: int, value: object, url: URL) -> NoDataError:
    code = value.get("code") if isinstance(value, dict) else None
    known = code if isinstance(code, int) and code in _MEANINGS else _STATUSES.get(status, 0)
    if known:
        return NoDataError(_MEANINGS[known], known)
    if 300 <= status < 400:
        return NoDataError(f"{url.host} answered with a redirect, which Lineman does not follow")
    return NoDataError(f"{url.host} answered with status {status}")


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
