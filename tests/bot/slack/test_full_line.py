"""What the full line shows comes after the verdict, into the same message."""

from tests.bot.slack.conftest import Serving
from tests.bot.slack.made_up_engine import MadeUpRelay
from tests.fake_slack.slack import FakeSlack

BUSY = {"rtt_ms": 23.0, "loaded_rtt_ms": 850.0, "seconds": 2.0, "exceeded_loaded_rtt_ms": 400}
POOR = "Round trip, jitter, or call quality is outside the limits"


async def test_a_full_line_changes_the_verdict_of_the_message(slack: FakeSlack, serving: Serving) -> None:
    """The verdict was clear; the message then says that calls suffer, and another process says the same."""
    async with serving(slack, MadeUpRelay(full_line=BUSY)) as here:
        await here.slack.command("/diagnose 31009 ios", here.user())
        message = await here.verdict()
        await here.until(lambda: POOR in str(message.blocks), "what the full line shows")
        assert POOR not in str(message.versions[-2])
    async with serving(slack, MadeUpRelay(full_line=BUSY)) as here:
        await here.slack.click(message, "lm_evidence", here.user())
        assert "850" in str((await here.reply("Evidence")).blocks)
