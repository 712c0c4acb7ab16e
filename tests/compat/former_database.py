"""A database with a row of every kind, made with the former packages: `former_database.py FILE`.

Prints what the former version itself reads back, in plain JSON.
"""

import asyncio
import json
import sys
from dataclasses import asdict

from bot.desk import open_desk
from bot.enrolment import Audited, Enrolled
from bot.readings import Reading, Readings
from bot.replies import samples
from bot.request import Request
from bot.rows import CaseRow, InboxRow, PostRow, RunRow
from bot.slack.installs import Installs
from bot.slack.ways import WAYS
from bot.store import Store
from probes.keys import Identity
from probes.wire import observation_to_json
from slack_sdk.oauth.installation_store import Installation

TEAM, USER, CLIENT = "T1", "U1", "1111.2222"
REQUEST = Request(
    "31009",
    "ios",
    edge="frankfurt",
    told={"sdk-version": "6.13.1", "vpn": "no", "turn": "yes"},
    relays=("acme-hq", "cloud"),
)
CASES = [
    CaseRow("c1", TEAM, "C1", USER, REQUEST, "17.5", "17.5", "de-DE", 1000.0),
    CaseRow("c2", TEAM, "C1", USER, Request("53405"), created=1001.0),
]
VANTAGES = {"acme-hq": "user-network", "cloud": "reference"}
SUMMARY = {
    "headline": "Found: x",
    "found": ["signaling-blocked"],
    "relays": {"acme-hq": {"turn": "y", "timings": {}}},
}
RELAYS = ("acme-hq", "cloud", "gone-away", "invited")


async def fill(store):
    """Put in a row of every kind."""
    desk = open_desk()
    record = samples.sample(REQUEST, desk.knowledge, desk.network, *samples.SIGNALING_SHUT)
    for case in CASES:
        await store.open_case(case)
    for run, started in (("r1", 1002.0), ("r2", 1003.0), ("r3", 1004.0)):
        row = RunRow(run, "c1", VANTAGES, REQUEST, desk.knowledge.digest, "twilio", started)
        await store.start_run(
            row, None, PostRow(run, run, TEAM, "C1", "17.5", {"state": "running"}, created=started)
        )
    for relay in VANTAGES:
        for observation in record.observations.values():
            await store.save_observation("r1", relay, observation)
    await store.finish_run("r1", "done", "found", SUMMARY)
    await store.finish_run("r2", "stopped", summary={"done": 3, "total": 21, "by": USER})
    await store.delivered("r2", "17.9", 2)
    await store.save_feedback("r1", "signaling-blocked", "wrong", USER, "it was the VPN")
    await store.save_feedback("r1", "vpn-in-the-way", "right", USER)
    for number, way in enumerate(WAYS):
        asker = {
            "team": TEAM,
            "user": USER,
            "channel": "C1",
            "thread": "17.5",
            "message": "17.6",
            "private": False,
        }
        await store.take_in(
            InboxRow(TEAM, f"E{number}", way, asker, {"text": way}, "thread C1 17.5", f"18.{number}")
        )
    read = Readings(("31009",), {"platform": "ios"}, (Reading("no-turn", "No TURN", 0.6),), "close")
    await store.labels.offer("story-1", TEAM, "no sound at all", read, desk.knowledge.digest)
    await store.labels.choose("story-1", "no-turn")
    await store.labels.began("story-1", "c2")


async def enrol(relays):
    """Invite, join, revoke; and plans that were run."""
    for number, name in enumerate(RELAYS):
        vantage = VANTAGES.get(name, "user-network")
        token = await relays.invite(
            Enrolled(name, None, labels=("site=hq",), channels=("support",), vantage=vantage), 1e9
        )
        if name != "invited":
            me = Identity.from_seed(bytes([number]) * 32)
            await relays.join(token, me.key, me.sealing, 1e9 + 1)
            await relays.heard(
                name, 1e9 + 2, "it left", {"version": "0.1.0", "checks": {"clock": ""}, "limits": {"a": "b"}}
            )
    await relays.revoke("gone-away", 1e9 + 3)
    await relays.begin(Audited("p1", 1e9, "acme-hq", "U1 (T1)", "31009 ios"))
    await relays.end("p1", "finished")
    await relays.begin(Audited("p2", 1e9 + 1, "cloud", "terminal", "53405"))


def plain(value):
    """Give a dataclass as JSON has it."""
    return asdict(value)


async def main(path):
    """Make the file, and read it back."""
    store = Store.open(path)
    await fill(store)
    await enrol(store.enrolment)
    record = await store.record("r1")
    result = {
        "cases": [plain(await store.case(case.id)) for case in CASES],
        "runs": [plain(row) for row in await store.runs("c1")],
        "observations": {
            relay: [observation_to_json(each) for each in observed.values()]
            for relay, observed in record[1].items()
        },
        "inbox": [plain(row) for row in await store.taken_in()],
        "posts": [plain(await store.post(key)) for key in ("r1", "r2", "r3")],
        "due": [row.key for row in await store.due()],
        "feedback": await store.feedback_counts(),
        "label": plain(await store.labels.get("story-1")),
        "relays": [plain(row) for row in await store.enrolment.all()],
        "audit": [plain(row) for row in await store.enrolment.audit()],
    }
    await store.close()
    installs = Installs(database=path, client_id=CLIENT)
    installs.save(
        Installation(
            app_id="A1", user_id=USER, team_id=TEAM, bot_token="xoxb-fake", bot_id="B1", bot_user_id="U9"
        )
    )
    result["token"] = installs.find(TEAM, "").bot_token
    print(json.dumps(result))


asyncio.run(main(sys.argv[1]))
