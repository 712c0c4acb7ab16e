"""Run the fake Slack for a person: prints the settings for `lineman serve`, then reads what ADA types.

A line that begins with / is a command; anything else is said to the bot in direct messages.
"""

import asyncio
import sys

from tests.fake_slack.slack import FakeSlack
from tests.fake_slack.state import Message


async def main() -> None:
    async with FakeSlack().serving(port=4010) as slack:
        for name, value in slack.environment.items():
            print(f"export {name}={value}")
        print("Type /diagnose 31009 once the app is connected. Ctrl-D ends.", flush=True)
        shown: dict[str, int] = {}
        reader = asyncio.create_task(_read(slack))
        while not reader.done():
            for message in [*slack.messages(), *slack.whispers()]:
                _show(message, shown)
            await asyncio.sleep(0.2)
        await reader


async def _read(slack: FakeSlack) -> None:
    ada = slack.user("ada")
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.startswith("/"):
            await slack.command(line.strip(), ada)
        elif line.strip():
            await slack.tell(line.strip(), ada)


def _show(message: Message, shown: dict[str, int]) -> None:
    if shown.get(message.ts) != len(message.versions):
        shown[message.ts] = len(message.versions)
        where = "   in thread" if message.thread_ts else f"#{message.channel.name}"
        print(f"{where} {message.user}: {message.text}  {message.actions() or ''}", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
