"""The slash command, from typing to the verdict."""

from tests.slack.bot import Bot


async def test_diagnose(bot: Bot) -> None:
    """A command is acknowledged at once, shows that it works, and its one message becomes the verdict."""
    slack = bot.slack
    command = await slack.command("/diagnose 31009 javascript", slack.user("ada"))
    message = await bot.verdict()
    assert command.acks[0] is not None
    assert command.acks[0] < 0.5
    assert "31009" in message.history[0]
    assert message.thread_ts is None
    assert "signaling" in message.text.lower()
