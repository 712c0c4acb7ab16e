"""What Slack refuses: the limits of Block Kit, the SDK's own models, and chunks of a stream. Pure."""

import json
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from tests.slack_limits import message_problems, view_problems

# Calls a minute for each method and workspace (https://docs.slack.dev/apis/web-api/rate-limits); bursts are
# forgiven by Slack in ways it does not tell, here not at all.
TIERS: Final = {
    "chat.update": 50,
    "chat.delete": 50,
    "chat.unfurl": 50,
    "functions.completeSuccess": 50,
    "functions.completeError": 50,
    "chat.postEphemeral": 100,
    "chat.startStream": 20,
    "chat.appendStream": 100,
    "chat.stopStream": 20,
    "agents.sessions.setStatus": 50,
    "views.publish": 100,
    "views.open": 100,
    "conversations.history": 50,
    "conversations.replies": 50,
    "conversations.info": 50,
    "files.getUploadURLExternal": 100,
    "files.info": 100,
    "users.info": 100,
    "reactions.add": 50,
}
STATUSES: Final = ("pending", "in_progress", "complete", "error")
MARKDOWN: Final = 12_000
CHUNK: Final = 256  # characters of a text in a chunk; slackapi/slack-skills-plugin
METADATA_BYTES: Final = 8_000  # not documented; our own stay far below
PINGS: Final = re.compile(r"<!(?:channel|here|everyone|subteam\^\w+)(?:\|[^>]*)?>")


def check_message(message: Mapping[str, Any]) -> list[str]:
    """Everything wrong with the arguments of a message."""
    wrong = message_problems(message)
    metadata = message.get("metadata")
    if metadata is not None:
        if not isinstance(metadata, dict) or not metadata.get("event_type"):
            wrong.append("invalid_metadata_format: event_type is missing")
        elif len(json.dumps(metadata)) > METADATA_BYTES:
            wrong.append("metadata_too_large")
    return wrong + list(_models(message.get("blocks") or ()))


def check_view(view: Mapping[str, Any]) -> list[str]:
    """Everything wrong with a modal or the App Home."""
    return view_problems(view) + list(_models(view.get("blocks") or ()))


def check_chunks(chunks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Everything wrong with the chunks of a stream."""
    return [wrong for chunk in chunks for wrong in _chunk(chunk)]


def pings(payload: object) -> list[str]:
    """Every mention in *payload* that would wake a whole channel or group.

    What stands in plain text or in a run of rich text is shown as it is, so it is left out.
    """
    return [found for text in _markup(payload) for found in PINGS.findall(text)]


def _markup(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        kind = value.get("type")
        if kind in ("broadcast", "usergroup"):  # of rich text
            yield "<!channel>"
        if kind not in ("plain_text", "text", "link", "raw_text"):
            yield from (
                str(value[key]) for key in ("text", "markdown_text") if isinstance(value.get(key), str)
            )
        for one in value.values():
            yield from _markup(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _markup(one)


def _chunk(chunk: Mapping[str, Any]) -> Iterator[str]:
    match chunk.get("type"):
        case "markdown_text":
            if len(str(chunk.get("text", ""))) > MARKDOWN:
                yield "markdown_text is too long"
        case "task_update":
            yield from (f"task_update without {key}" for key in ("id", "title") if not chunk.get(key))
            if len(str(chunk.get("title", ""))) > CHUNK:
                yield "a task's title is too long"
            if chunk.get("status") not in (None, *STATUSES):
                yield f"a task's status {chunk['status']!r}"
        case "plan_update":
            if not 0 < len(str(chunk.get("title", ""))) <= CHUNK:
                yield "plan_update without title, or with one that is too long"
        case "blocks":
            yield from message_problems({"text": "chunk", "blocks": chunk.get("blocks") or []})
        case other:
            yield f"a chunk of type {other!r}"


def _models(blocks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What the SDK's models refuse; the blocks they do not know are left to our own checks."""
    for number, block in enumerate(blocks):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of unknown blocks it warns
            try:
                parsed = Block.parse(json.loads(json.dumps(block)))
                if parsed is not None:
                    parsed.validate_json()
            except (SlackObjectFormationError, TypeError, AttributeError, ValueError) as error:
                yield f"blocks[{number}]: slack_sdk: {error}"
