"""What the bot remembers stays, once, whole and without secrets; what is old goes."""

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.errors import UsageError
from bot.model.records import CaseRow, InboxRow, PostRow, RunRow
from bot.model.request import Request
from bot.storage.address import DatabaseAddress
from bot.storage.audit_table import AuditEntry
from bot.storage.database import StoreError
from bot.storage.relay_registry import RegisteredRelay
from bot.storage.retention import DAY, SweptRows
from bot.storage.store import Store
from probes.protocol.failures import Failure
from probes.protocol.model import Observation, Target

SECRET = "AC" + "3b5d5c3712955042212316173ccf37be"
ROOT = Path(__file__).parents[3]

CASE = CaseRow("c1", "T1", "C1", "U1", Request("31009", "ios", answers={"vpn": "no"}), created=1000.0)
RUN = RunRow("run-a", "c1", {"local": "user-network"}, CASE.request, "digest", "twilio", started=1001.0)
SEEN = Observation(
    "tcp a", "tcp", Target("signaling", "a.example", 443), Failure.CONNECTION_REFUSED, {"ms": 1.5}, 5.0, 0.1
)


async def first_time(store: Store, team: str, event: str) -> bool:
    """Take in a request that is answered at once."""
    first = await store.take_in(InboxRow(team, event, "command", {}, {}))
    await store.let_go(team, event)
    return first


@pytest.fixture
async def file_store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store on SQLite, for what only a file can show."""
    opened = Store.open(tmp_path / "lineman.db")
    yield opened
    await opened.close()


async def test_case_is_found_by_id_and_by_thread(store: Store) -> None:
    """A case is found by its id at once, and by its thread as soon as it has one, in its own team only."""
    await store.open_case(CASE)
    assert await store.case("c1") == CASE
    assert await store.case("c2") is None
    assert await store.case_of_thread("T1", "C1", "") is None
    await store.bind_thread("c1", "C9", "17.5")
    bound = replace(CASE, channel="C9", thread_ts="17.5", message_ts="17.5")
    assert await store.case_of_thread("T1", "C9", "17.5") == bound
    assert await store.case_of_thread("T2", "C9", "17.5") is None
    await store.bind_thread("c1", "C9", "17.5", "17.9")
    await store.change_case("c1", Request("31005"))
    assert await store.case("c1") == replace(bound, message_ts="17.9", request=Request("31005"))


async def test_thread_has_one_case(store: Store) -> None:
    """A second case cannot take a thread, and the refusal harms nothing."""
    await store.open_case(replace(CASE, thread_ts="1.1"))
    assert (await store.open_case(replace(CASE, id="c2", thread_ts="1.1"))).id == "c1"
    await store.open_case(replace(CASE, id="c3"))
    with pytest.raises(StoreError):
        await store.bind_thread("c3", "C1", "1.1")
    await store.open_case(replace(CASE, id="c4"))
    assert await store.case("c2") is None


async def test_run_is_kept_with_what_it_saw(store: Store) -> None:
    """A run's request, observations in their order, outcome and summary come back as they were."""
    await store.open_case(CASE)
    await store.start_run(RUN)
    assert await store.unfinished() == (RUN,)
    other = replace(SEEN, step="udp b", failure=None)
    for observation in (SEEN, other, replace(SEEN, runtime=9.0)):
        await store.save_observation("run-a", "local", observation)
    record = await store.record("run-a")
    assert record == (CASE.request, {"local": {"tcp a": replace(SEEN, runtime=9.0), "udp b": other}})
    assert list(record[1]["local"]) == ["tcp a", "udp b"]
    assert await store.finish_run("run-a", "done", "found", {"headline": "x"}) is True
    assert await store.finish_run("run-a", "lost") is False
    ended = await store.run("run-a")
    assert ended is not None
    assert (ended.status, ended.outcome, ended.summary) == ("done", "found", {"headline": "x"})
    assert ended.ended
    assert ended.ended > RUN.started
    assert await store.unfinished() == ()
    assert await store.record("run-x") is None
    assert await store.run("run-x") is None


async def test_each_relay_has_its_own_observations(store: Store) -> None:
    """A run from several relays keeps what each saw of the same step, the relays in the order asked for."""
    vantages = {"berlin": "user-network", "acme-hq": "user-network", "cloud": "reference"}
    await store.open_case(CASE)
    await store.start_run(replace(RUN, vantages=vantages))
    await store.save_observation("run-a", "acme-hq", SEEN)
    await store.save_observation("run-a", "berlin", replace(SEEN, failure=None))
    run, record = await store.run("run-a"), await store.record("run-a")
    assert run
    assert list(run.vantages.items()) == list(vantages.items())
    assert record
    assert list(record[1]) == ["berlin", "acme-hq", "cloud"]
    seen = {relay: [look.failure for look in looks.values()] for relay, looks in record[1].items()}
    assert seen == {"berlin": [None], "acme-hq": [SEEN.failure], "cloud": []}


async def test_newest_comes_first(store: Store) -> None:
    """The runs of a case and the cases of a user are listed newest first."""
    for number in range(4):
        await store.open_case(replace(CASE, id=f"c{number}", created=1000.0 + number))
    await store.open_case(replace(CASE, id="other", user="U2"))
    for name, started in (("r1", 1.0), ("r3", 3.0), ("r2", 2.0)):
        await store.start_run(replace(RUN, id=name, started=started))
    assert [run.id for run in await store.runs("c1")] == ["r3", "r2", "r1"]
    recent = await store.recent("T1", "U1", 3)
    assert [(case.id, run and run.id) for case, run in recent] == [("c3", None), ("c2", None), ("c1", "r3")]


async def test_event_is_first_once_among_fifty(store: Store) -> None:
    """Of fifty who ask about one delivery at the same time one is told that it is the first; teams differ."""
    answers = await asyncio.gather(*(first_time(store, "T1", f"E{n % 3}") for n in range(150)))
    assert sum(answers) == 3
    assert await first_time(store, "T2", "E0") is True


async def test_two_stores_share_one_database(address: DatabaseAddress) -> None:
    """Two workers on one database agree on which delivery is the first."""
    one, two = Store.open(address), Store.open(address)
    answers = await asyncio.gather(*(first_time(s, "T", f"E{n}") for n in range(40) for s in (one, two)))
    assert sum(answers) == 40
    await one.close()
    await two.close()


async def test_feedback_is_counted_once_for_each_person(store: Store) -> None:
    """The last word of each person on each cause counts."""
    await store.save_feedback("run-a", "turn-blocked", "wrong", "U1", f"no, see {SECRET}")
    await store.save_feedback("run-a", "turn-blocked", "right", "U1")
    await store.save_feedback("run-a", "turn-blocked", "wrong", "U2", "\ud800")
    await store.save_feedback("run-b", "dns-failing", "right", "U1")
    assert await store.feedback_counts() == {
        "turn-blocked": {"right": 1, "wrong": 1},
        "dns-failing": {"right": 1, "wrong": 0},
    }


async def test_votes(store: Store) -> None:
    """The last vote of each person on each run counts; a changed mind takes back what it said of causes."""
    await store.open_case(CASE)
    await store.start_run(RUN)
    for run, verdict, by in (("run-a", "wrong", "U1"), ("run-a", "right", "U2"), ("run-b", "wrong", "U1")):
        await store.save_vote(run, verdict, by)
        await store.save_feedback(run, "dns-failing", "right", by)
    await store.save_vote("run-a", "right", "U1")
    assert await store.votes("run-a") == {"U2": "right", "U1": "right"}
    assert await store.votes("run-b") == {"U1": "wrong"}
    assert await store.feedback_counts() == {"dns-failing": {"right": 2, "wrong": 0}}
    assert await store.vote_counts(CASE.team, CASE.user) == {"right": 2, "wrong": 0}
    assert await store.vote_counts(CASE.team, channel="C-other") == {"right": 0, "wrong": 0}


async def test_message_is_owed_until_it_is_delivered(store: Store) -> None:
    """Promised twice it is one message; new content makes it due again; a late answer changes nothing."""
    post = PostRow("run-a/verdict", "run-a", "T1", "C1", "1.1", {"text": "a"}, created=5.0)
    assert await store.owe(post) == post
    assert await store.owe(post) == post
    assert await store.due() == (post,)
    await store.delivered(post.key, "7.7", 1)
    assert await store.due() == ()
    changed = await store.owe(replace(post, payload={"text": "b"}))
    assert (changed.message_ts, changed.version, changed.sent, changed.due) == ("7.7", 2, 1, True)
    await store.delivered(post.key, "7.7", 2)
    await store.delivered(post.key, "7.7", 1)
    kept = await store.post(post.key)
    assert kept is not None
    assert not kept.due
    await store.drop_post(post.key)
    assert await store.post(post.key) is None


async def test_nothing_secret_reaches_the_file(file_store: Store, tmp_path: Path) -> None:
    """Whatever callers forget to redact is not in the database's files, which only the owner can read."""
    store = file_store
    await store.open_case(replace(CASE, request=Request("31009", answers={"note": SECRET})))
    await store.start_run(replace(RUN, summary={"a": [SECRET]}))
    await store.save_observation(
        "run-a", "local", replace(SEEN, facts={"server": SECRET, "password": "hunter2"})
    )
    await store.finish_run("run-a", "done", "found", {"password": "hunter2", "b": SECRET})
    await store.save_feedback("run-a", "x", "wrong", "U1", SECRET)
    await store.owe(PostRow("k", "run-a", "T1", "C1", "", {"text": f"call +14155550123 {SECRET}"}))
    files = list(tmp_path.iterdir())  # noqa: ASYNC240 - a handful of files, in a test
    assert len(files) >= 2
    for file in files:
        content = file.read_bytes()
        assert SECRET.encode() not in content
        assert b"hunter2" not in content
        assert b"4155550123" not in content
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_what_is_old_goes(store: Store) -> None:
    """Cases without a recent run go with all that belongs to them; feedback keeps its verdict only."""
    now = time.time()
    for number in range(250):
        await store.open_case(replace(CASE, id=f"old{number}", created=now - 40 * DAY))
    await store.open_case(replace(CASE, id="busy", created=now - 40 * DAY))
    await store.start_run(replace(RUN, id="r-old", case="old1", started=now - 39 * DAY))
    await store.start_run(replace(RUN, id="r-new", case="busy", started=now - DAY))
    await store.save_observation("r-old", "local", SEEN)
    await store.save_observation("r-new", "local", SEEN)
    await store.owe(PostRow("k", "r-old", "T1", "C1", "", {}))
    await store.save_feedback("r-old", "x", "wrong", "U1", "words")
    await store.save_vote("r-old", "wrong", "U1")
    await first_time(store, "T1", "E1")
    assert await store.sweep(now) == SweptRows(cases=250, runs=1, posts=1)
    assert await store.case("busy")
    assert await store.record("r-old") is None
    assert await store.votes("r-old") == {}
    assert len((await store.record("r-new") or (None, {}))[1]["local"]) == 1
    assert await first_time(store, "T1", "E1") is False
    assert await store.sweep(now + 3 * DAY) == SweptRows(events=1)
    await store.sweep(now + 100 * DAY)
    assert await store.feedback_counts() == {"x": {"right": 0, "wrong": 1}}
    assert await store.case("busy") is None


async def test_audit_log_is_kept_for_its_own_time(address: DatabaseAddress) -> None:
    """Plans that relays were given are forgotten after the days set for them, running ones never; invitations too."""
    store, now = Store.open(address, 30, audit_days=90), time.time()
    relays = store.enrolment
    for plan, at in (("old", now - 91 * DAY), ("kept", now - 89 * DAY), ("running", now - 60)):
        await relays.begin(AuditEntry(plan, at, "acme-hq", "T1/U1", "31009 ios"))
    await relays.invite(RegisteredRelay("gone", None), now - 100 * DAY)
    await relays.invite(RegisteredRelay("acme-hq", None), now - 60)
    assert (await store.sweep(now)).audit == 1
    assert [one.plan for one in await relays.audit()] == ["running", "kept"]
    assert [one.name for one in await relays.all()] == ["acme-hq", "gone"]
    left = await store._all("SELECT relay FROM invitations")
    assert left == [{"relay": "acme-hq"}]
    await store.close()
    short = Store.open(address, 30, audit_days=0)
    assert (await short.sweep(now)).audit == 1
    assert [one.plan for one in await short.enrolment.audit()] == ["running"]
    await short.close()


async def test_event_loop_runs_on_while_thousands_are_written(file_store: Store) -> None:
    """Five thousand observations written at once leave the loop free: no turn of it waits for the disk."""
    store = file_store
    await store.open_case(CASE)
    await store.start_run(RUN)
    lags: list[float] = []
    done = asyncio.Event()

    async def watch() -> None:
        while not done.is_set():
            begun = time.perf_counter()
            await asyncio.sleep(0.001)
            lags.append(time.perf_counter() - begun - 0.001)

    async def write(part: int) -> None:
        for number in range(100):
            await store.save_observation("run-a", "local", replace(SEEN, step=f"tcp {part}-{number}"))

    watching = asyncio.create_task(watch())
    begun = time.perf_counter()
    await asyncio.gather(*(write(part) for part in range(50)))
    spent = time.perf_counter() - begun
    done.set()
    await watching
    lags.sort()
    print(
        f"5,000 in {spent:.2f} s; loop lag p50 {lags[len(lags) // 2] * 1000:.1f} ms, max {lags[-1] * 1000:.1f} ms"
    )
    assert len((await store.record("run-a") or (None, {}))[1]["local"]) == 5000
    assert lags[int(len(lags) * 0.95)] < 0.1


async def test_who_stops_waiting_loses_nothing(store: Store) -> None:
    """A caller that is cancelled does not undo what it asked for, nor harm those after it."""
    waiting = [asyncio.create_task(first_time(store, "T", f"E{n}")) for n in range(20)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert await first_time(store, "T", "E19") is False


async def test_closed_store_says_so(address: DatabaseAddress) -> None:
    """What was asked for before closing is done; afterwards the store refuses, and closing again is nothing."""
    store = Store.open(address)
    last = asyncio.create_task(store.take_in(asked("E")))
    await asyncio.sleep(0)
    await store.close()
    await store.close()
    assert await last is True
    with pytest.raises(StoreError, match="closed"):
        await first_time(store, "T", "E")


async def test_failing_job_is_undone_alone(store: Store) -> None:
    """Among jobs of one batch, the one that fails leaves nothing behind and the others stand."""
    results = await asyncio.gather(
        *(store.open_case(replace(CASE, id=name)) for name in ("a", "b", "a", "c")), return_exceptions=True
    )
    assert [isinstance(result, CaseRow) for result in results] == [True, True, False, True]
    assert isinstance(results[2], StoreError)
    assert await store.case("c")


async def test_full_disk_is_an_error_and_no_end(file_store: Store) -> None:
    """When nothing more fits, whoever writes is told, nobody is told otherwise, and reading goes on."""
    store = file_store
    await store.open_case(CASE)
    pages = await store._writer.run(lambda db: int(db.execute("PRAGMA page_count").fetchone()[0]))
    await store._writer.run(lambda db: db.execute(f"PRAGMA max_page_count={pages + 2}").fetchall())
    large = replace(RUN, summary={"headline": "all is well " * 4000})
    results = await asyncio.gather(
        store.open_case(replace(CASE, id="small")), store.start_run(large), return_exceptions=True
    )
    assert isinstance(results[1], StoreError)
    assert (await store.case("small") is not None) == isinstance(results[0], CaseRow)
    assert await store.case("c1") == CASE
    assert await store.run(large.id) is None


@pytest.mark.parametrize("content", [b"this is no database, it is a letter" * 99, None])
def test_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None) -> None:
    """A file that is something else, or a folder, is refused in a sentence for the operator."""
    path = tmp_path / "lineman.db"
    if content is None:
        path.mkdir()
    else:
        path.touch(0o600)
        path.write_bytes(content)
    with pytest.raises(UsageError, match="cannot be used"):
        Store.open(path)


async def test_newer_database_is_refused(tmp_path: Path) -> None:
    """A database that a newer version has changed is not touched by an older one."""
    path = tmp_path / "lineman.db"
    await Store.open(path).close()
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('lineman', 'm999_future')")
    db.close()
    with pytest.raises(UsageError, match=r"newer version of Lineman \(m999_future"):
        Store.open(path)


# Writes until it is killed; says the number of each run only after the store has taken it.
WRITER = """
import asyncio, sys
from tests.bot.storage.test_store import CASE, RUN, SEEN
from dataclasses import replace
from bot.storage.address import parse_database
from bot.storage.store import Store

async def one(store, number):
    name = f"run-{number}"
    await store.open_case(replace(CASE, id=f"c{number}"))
    await store.start_run(replace(RUN, id=name, case=f"c{number}"))
    for step in range(5):
        await store.save_observation(name, "local", replace(SEEN, step=str(step)))
    await store.finish_run(name, "done", "found", {"number": number})
    print(number, flush=True)

async def main():
    store = Store.open(parse_database(sys.argv[1]))
    for start in range(0, 100_000, 20):
        await asyncio.gather(*(one(store, start + at) for at in range(20)))

asyncio.run(main())
"""


@pytest.mark.parametrize("after", [1, 57, 133])
async def test_killed_in_the_middle_nothing_is_half_written(address: DatabaseAddress, after: int) -> None:
    """After kill -9 the database opens, what was acknowledged is there whole, and no row is broken."""
    argument = getattr(address, "url", str(address))
    with subprocess.Popen(  # noqa: ASYNC220 - nothing else runs in this loop meanwhile
        [sys.executable, "-c", WRITER, argument], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        told = [int(process.stdout.readline()) for _ in range(after)]
        os.kill(process.pid, signal.SIGKILL)
        told += [int(line) for line in process.stdout if line.endswith("\n")]
    store = Store.open(address)
    for number in told:
        run, record = await store.run(f"run-{number}"), await store.record(f"run-{number}")
        assert run
        assert (run.status, run.summary) == ("done", {"number": number})
        assert record
        assert len(record[1]["local"]) == 5
    for run in await store.unfinished():
        assert await store.case(run.case)
        assert (run.outcome, run.ended, run.summary) == ("", None, {})
        await store.record(run.id)
        assert await store.finish_run(run.id, "lost")
    await store.close()
    if isinstance(address, Path):
        assert list(Database(address).query("PRAGMA integrity_check")) == [{"integrity_check": "ok"}]


def asked(event: str, text: str = "31009", turn: str = "", stamp: str = "") -> InboxRow:
    return InboxRow("T1", event, "mention", {"user": "U1"}, {"text": text}, turn, stamp)


async def test_a_request_is_kept_until_it_is_begun_or_answered(store: Store) -> None:
    """What is taken in is there until its run starts or it is let go, once, and without secrets."""
    assert await store.take_in(asked("trigger-1", f"31009 {SECRET}"))
    assert not await store.take_in(asked("trigger-1"))
    assert await store.take_in(asked("trigger-2", "help", "thread C1 1.2", "1.3"))
    (first, second) = await store.taken_in()
    assert (first.event, first.way, dict(first.asker)) == ("trigger-1", "mention", {"user": "U1"})
    assert replace(second, received=0.0) == asked("trigger-2", "help", "thread C1 1.2", "1.3")
    assert SECRET not in first.said["text"]
    await store.let_go("T1", "trigger-2")
    await store.open_case(CASE)
    await store.start_run(RUN, ("T1", "trigger-1"))
    assert await store.taken_in() == ()
    assert not await first_time(store, "T1", "trigger-1")


async def test_what_a_run_owes_is_kept_with_its_beginning(store: Store) -> None:
    """A run that begins owes its message from the same transaction on, so that a crash right after loses no answer."""
    await store.open_case(CASE)
    await store.start_run(RUN, None, PostRow(RUN.id, RUN.id, "T1", "C1", "", {"state": "running"}))
    (due,) = await store.due()
    assert (due.key, due.version, due.sent) == (RUN.id, 1, 0)


async def test_long_texts_are_kept_without_secrets_too(store: Store) -> None:
    """What is redacted beside the event loop is redacted all the same, and cut to what a message can hold."""
    assert await store.take_in(asked("long", f"{'x ' * 2000} {SECRET} {'y' * 60_000}"))
    (row,) = await store.taken_in()
    assert SECRET not in row.said["text"]
    assert 4_000 < len(row.said["text"]) <= 40_100


async def test_words_of_others_are_not_kept(store: Store) -> None:
    """Words in a thread are taken in once it is about a case, or what will begin one waits there; never otherwise."""
    thread, turn = ("C1", "7.7"), "thread C1 7.7"
    assert not await store.take_in(asked("E1", "lunch?", turn), thread)
    assert await store.taken_in() == ()
    assert await store.take_in(asked("E2", "31009", turn))
    assert await store.take_in(asked("E3", "and android?", turn), thread)
    for event in ("E2", "E3"):
        await store.let_go("T1", event)
    assert not await store.take_in(asked("E4", "lunch?", turn), thread)
    await store.open_case(replace(CASE, id="c7", channel="C1", thread_ts="7.7"))
    assert await store.take_in(asked("E5", "and ios?", turn), thread)
    assert not await store.take_in(asked("E3", "and android?", turn), thread)


async def test_one_case_for_each_thread(store: Store) -> None:
    """Of two who begin a case in one thread at the same time, the second is given the case of the first."""
    here = replace(CASE, channel="C1", thread_ts="7.7")
    cases = await asyncio.gather(*(store.open_case(replace(here, id=f"c{n}")) for n in range(5)))
    assert {case.id for case in cases} == {"c0"}
    apart = [await store.open_case(replace(CASE, id=f"d{n}", thread_ts="")) for n in range(2)]
    assert [case.id for case in apart] == ["d0", "d1"]


async def test_tries_are_counted(store: Store) -> None:
    """It is known how often a request was answered again; of one that is gone there is nothing to count."""
    await store.take_in(asked("E1"))
    assert [await store.try_again("T1", "E1") for _ in range(3)] == [1, 2, 3]
    assert await store.try_again("T1", "E2") == 0


async def test_the_message_of_a_run_is_owed_from_its_end(store: Store) -> None:
    """A crash right after a run has ended leaves its message among those that are due."""
    await store.open_case(CASE)
    await store.start_run(RUN)
    owed = await store.owe(PostRow(RUN.id, RUN.id, "T1", "C1", "", {"state": "running"}))
    await store.delivered(owed.key, "1.2", owed.version)
    assert await store.due() == ()
    assert await store.finish_run(RUN.id, "lost")
    (due,) = await store.due()
    assert (due.key, dict(due.payload)) == (RUN.id, {"state": "lost"})
    again = await store.owe(PostRow(RUN.id, RUN.id, "T1", "C1", "", {"state": "lost"}, "1.2"))
    assert again.version == due.version
