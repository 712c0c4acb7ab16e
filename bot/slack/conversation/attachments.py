"""Handle files attached to messages: mark them in the text, which is stored, and download them when it is read.

A file is downloaded only from Slack, with the bot's token, and only if it was shared in this channel.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from bot.intake.clues import LARGEST_CAPTURE
from bot.intake.read import most_of, refused
from bot.slack.api.actor import Actor
from bot.slack.api.client import SlackError, call
from bot.slack.state.context import AppContext

log = logging.getLogger(__name__)

NOT_GIVEN: Final = (
    "Slack did not give me that file. I may not have the permission files:read. Paste its content instead."
)
MOST: Final = 3  # files of one message
PATIENCE: Final = 10.0  # seconds; 50 MB take two at 200 Mbit/s
FROM: Final = "files.slack.com"
_MARK: Final = re.compile(r"\s?\[file (F[A-Z0-9]{2,30})\]")
# File types that may be reports or logs. Pictures and other types are ignored.
_READABLE: Final = re.compile(r"json|text|txt|log|javascript|plain|binary|octet|\bhar\b", re.IGNORECASE)


def text_of(event: Mapping[str, Any]) -> str:
    """Return the text of a message, followed by a mark for each file that may be a report."""
    return with_files(str(event.get("text") or ""), event)


def with_files(text: str, message: Mapping[str, Any]) -> str:
    """Append to *text* a mark for each file of *message* that may be a report."""
    files = message.get("files")
    listed = files if isinstance(files, list) else []
    readable = [item for item in listed if isinstance(item, Mapping) and _may_be_read(item)]
    return " ".join(filter(None, [text, *(f"[file {file.get('id')}]" for file in readable[:MOST])]))


def files_in(text: str) -> tuple[str, ...]:
    """List the ids of the files that *text* marks."""
    return tuple(dict.fromkeys(_MARK.findall(text)))[:MOST]


def words_of(text: str) -> str:
    """Return *text* without file marks."""
    return _MARK.sub("", text)


async def fetch(context: AppContext, actor: Actor, file: str) -> bytes | str:
    """Download a file, little more than the limit. Return a sentence if that fails.

    Only captures of a browser may be large; their beginning tells them.
    """
    workspace = await context.workspace(actor)
    try:
        found = (await call(workspace.client.files_info, file=file)).get("file")
    except SlackError as error:
        log.warning("could not read the details of file %s: %s", file, error.word)
        needed = " Lineman needs the permission files:read for it." if error.word == "missing_scope" else ""
        return f"I cannot read that file.{needed} Paste its content instead."
    info = found if isinstance(found, Mapping) else {}
    if not _shared_here(info, actor.channel):
        return "That file was not shared here, so I cannot read it."
    size = info.get("size")
    if isinstance(size, int) and size > LARGEST_CAPTURE:
        return refused(size).says
    url = str(info.get("url_private_download") or info.get("url_private") or "")
    if not _is_slacks(url, workspace.client.base_url):
        log.warning("file %s is not stored at Slack; not downloaded", file)
        return "That file is not stored in Slack, so I cannot download it. Paste its content instead."
    return await _download(context.session, url, workspace.token)


async def _download(session: aiohttp.ClientSession, url: str, token: str) -> bytes | str:
    """Read *url* to its end or just past the limit. Redirects are not followed, as they would get the token."""
    headers = {"Authorization": f"Bearer {token}"}
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    try:
        async with session.get(url, headers=headers, allow_redirects=False, timeout=timeout) as answer:
            if answer.status != 200 or answer.content_type == "text/html":  # a sign-in page: no permission
                log.warning(
                    "file download failed: status %d, content type %s", answer.status, answer.content_type
                )
                return NOT_GIVEN
            content = bytearray()
            async for part in answer.content.iter_chunked(65_536):
                content += part
                if len(content) > most_of(content):
                    break
            return bytes(content)
    except (aiohttp.ClientError, TimeoutError) as error:
        log.warning("file download failed: %s", type(error).__name__)
        return "I could not download that file from Slack. Try again, or paste its content."


def _may_be_read(file: Mapping[str, Any]) -> bool:
    text = " ".join(str(file.get(name) or "") for name in ("filetype", "mimetype", "name"))
    return bool(_READABLE.search(text)) and not str(file.get("mimetype") or "").startswith(
        ("image/", "video/", "audio/")
    )


def _shared_here(info: Mapping[str, Any], channel: str) -> bool:
    places = [place for name in ("channels", "groups", "ims") for place in info.get(name) or ()]
    return channel in places


def _is_slacks(url: str, api: str) -> bool:
    """Tell whether *url* belongs to Slack, or to the API host that is configured in its place."""
    to, base = urlsplit(url), urlsplit(api)
    if to.scheme == "https" and to.hostname == FROM and to.port in (None, 443) and not to.username:
        return True
    return base.hostname != "slack.com" and (to.scheme, to.netloc) == (base.scheme, base.netloc)
