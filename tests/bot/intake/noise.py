"""Lines that surround the one that decides: logcat, Xcode, consoles, servers."""

import random

NOISE = (
    "03-05 10:11:12.345  4242  4260 D VoiceActivity: drew frame 31208 of the view in 4 ms",
    "03-05 10:11:12.350 4242-4242/com.example.app I/Choreographer: Skipped 31 frames! Too much work",
    "03-05 10:11:12.361  1201  1340 W WifiHAL : Creating message to get link statistics; iface = 47",
    "03-05 10:11:12.399  4242  4301 D OkHttp  : <-- 200 OK https://api.example.com/v2/agents (143ms, 2211-byte body)",
    "2024-03-05 10:11:12.345678+0100 MyApp[1234:567890] [Layout] Unable to simultaneously satisfy constraints.",
    "2024-03-05 10:11:12.345678+0100 MyApp[1234:567890] DEBUG:Twilio:[Platform](0x16fff3000): timer fired",
    "[TwilioVoice][Device] Updating device with new options",
    '[TwilioVoice][PeerConnection] signalingState is "stable"',
    "main.js:31005 rendered 14 rows in 53 ms",
    "GET https://app.example.com/static/logo.svg 200 (OK)",
    "[HMR] Waiting for update signal from WDS...",
    'Mar  5 10:11:12 web1 nginx: 192.0.2.4 - - "GET /token HTTP/1.1" 200 1189',
    "    at Object.dispatch (main.js:1842:31)",
    "> Got a token.",
    "",
)


def noisy(text: str, lines: int, lots: random.Random) -> str:
    """*text* in the midst of *lines* others."""
    before = lots.randrange(lines)
    first = [lots.choice(NOISE) for _ in range(before)]
    last = [lots.choice(NOISE) for _ in range(lines - before)]
    return "\n".join([*first, text.rstrip("\n"), *last])
