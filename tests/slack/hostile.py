"""Texts that somebody might send: broken Unicode, injections, huge ones, and secrets pasted by mistake."""

import random
from collections.abc import Iterator
from typing import Final

# Each is made up and looks real; what must not be found again anywhere is beside it.
SECRETS: Final = (
    ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImlhdCI6MTcwMDAwMDB9.c2lnbmF0dXJlLW9mLWFsaWNlLTEyMzQ1",
     "c2lnbmF0dXJlLW9mLWFsaWNl"),
    ("xoxb-" + "123456789012-123456789012-abcdefGHIJKLmnopqrSTUVwx", "abcdefGHIJKLmnopqrSTUVwx"),
    ("SK" + "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"),
    ('{"urls": "turn:turn.example:3478", "username": "dXNlcm5hbWUtMTIz", "credential": "hunter2-turn-secret"}',
     "hunter2-turn-secret"),
    ("Authorization: Bearer abc.DEF-123456789.zyxw", "DEF-123456789"),
    ("call +31 6 12345678 please", "12345678"),
    ("TWILIO_AUTH_TOKEN=9f8e7d6c5b4a39281706f5e4d3c2b1a0", "9f8e7d6c5b4a39281706f5e4d3c2b1a0"),
)  # fmt: skip
PIECES: Final = (
    "<!channel>", "<!here>", "<!everyone>", "<!subteam^S0123|@all>", "<@U0123>", "<#C0123|x>", "@channel",
    "<https://evil.example|click here>", "&lt;!channel&gt;", "&amp;lt;!here&gt;", "`", "```", "*", "_", "~", "|", "\\",
    "\x00", "\x07", "\x1b[31m", "\u202e", "\u2066", "\u200b", "\ufeff", "\U000e0041", "\U0001f600",
    "e\u0301\u0302\u0303",
    "\u2028", "\r\n", "\n", "\t", "{}", "%s", "%(x)s", "${HOME}", "$(id)", "'; DROP TABLE cases;--", "../../etc/passwd",
    "{{7*7}}", "<script>alert(1)</script>", "31009", "31oo9", "error 31005", "31009 ios edge=frankfurt", "from acme-hq",
    "--network /etc/passwd", "allowlist ios", "meaning 31005", "what does 39999 mean", "why does TURN help?",
    "no audio", "my phone does not ring", "format=../../x", "could it be the VPN?", "edge=<!channel>", "ios",
    "help", "relays", "history", "stop", "again",
    "\u0663\u0661\u0660\u0660\u0669",
    "https://www.twilio.example/docs/errors/31009", "null", "true", "[]", "-1", "9" * 400,
    "\uff13\uff11\uff10\uff10\uff19",
)  # fmt: skip


def texts(count: int, seed: int = 7) -> Iterator[str]:
    """So many texts, the same for the same seed; one in seven holds a secret, one in a hundred is huge."""
    dice = random.Random(seed)
    for number in range(count):
        parts = [dice.choice(PIECES) for _ in range(dice.randint(1, 8))]
        if number % 5 == 0:
            parts.append(
                "".join(
                    chr(dice.choice((dice.randint(1, 0x2FFF), dice.randint(0x1F300, 0x1FAFF))))
                    for _ in range(12)
                )
            )
        if number % 7 == 0:
            parts.insert(dice.randint(0, len(parts)), dice.choice(SECRETS)[0])
        if number % 100 == 50:
            parts.append("x " * 5000 if number % 200 == 50 else "A" * 39_000)
        text = dice.choice((" ", " ", "\n")).join(parts)
        # What cannot be written as UTF-8 cannot come from Slack.
        yield text.encode("utf-8", "ignore").decode()[:40_000]
