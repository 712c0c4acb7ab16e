"""What a hub answers to one line of another process: a question, or a job. The same over every transport."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from msgspec import to_builtins

from bot.relays.hub.hub import Hub
from bot.relays.hub.messages import (
    HubJob,
    HubQuestion,
    PlanLost,
    RelayQuestion,
    RelaysQuestion,
    read_line,
    reply_line,
    status_json,
)
from bot.storage.database import StoreError
from probes.protocol import json_codec


async def answer_line(hub: Hub, line: bytes) -> AsyncGenerator[str, None]:
    """Yield the lines of the answer; closing it cancels a job. `WireError` for a line that is neither."""
    try:
        async with aclosing(_answer(hub, line)) as texts:
            async for text in texts:
                yield text
    except StoreError as error:
        yield json_codec.dump({"error": str(error)})


def refusal_line(line: bytes, because: str) -> str:
    """Write the answer that refuses *line*; *because* is part of a sentence. `WireError` as above."""
    asked = read_line(line)
    if isinstance(asked, HubJob):
        return reply_line(PlanLost(asked.plan, because))
    return json_codec.dump({"error": because})


async def _answer(hub: Hub, line: bytes) -> AsyncGenerator[str, None]:
    match read_line(line):
        case HubQuestion():
            yield json_codec.dump({"hub": to_builtins(hub.status())})
        case RelaysQuestion():
            relays = [status_json(status) for status in await hub.relays()]
            yield json_codec.dump({"relays": relays, "unusable": await hub.unusable()})
        case RelayQuestion(name=name):
            status = await hub.relay(name)
            yield json_codec.dump({"relay": status_json(status) if status else None})
        case HubJob() as job:
            async with hub.run(job) as events:
                async for event in events:
                    yield reply_line(event)
