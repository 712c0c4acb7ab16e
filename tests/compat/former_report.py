"""The id under which the former version stores the report of `test_reports.py`, run with the former packages."""

import json

from bot.preflight.facts import observe
from bot.preflight.model import Candidate, Caution, Fault, Report, Spread, Timing

REPORT = Report(
    "javascript",
    ("javascript",),
    sdk="2.11.1",
    state="failed",
    call_sid="CA0",
    edge="dublin",
    local=Candidate("relay", protocol="udp", address="192.0.2.7", port=3478),
    candidates=(Candidate("host"), Candidate("srflx", remote=True)),
    timing=Timing(signaling=280.0, test=20500.0),
    rtt=Spread(110.0, 100.0, 120.0),
    cautions=(Caution("high-rtt", 400.0, 512.5), Caution("low-mos", cleared=True)),
    faults=(Fault("31009", "it's gone", close_code=1006),),
    missing=("no DTLS times",),
)
print(json.dumps(observe(REPORT, "").step))
