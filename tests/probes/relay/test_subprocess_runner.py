"""Each plan in its own process: its observations arrive, it holds no key, and every kind of end is reported."""

import asyncio
import logging
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from probes.protocol.failures import Failure
from probes.protocol.keys import Identity
from probes.protocol.messages import Cancel, Done, ObservationMessage, RunPlan
from probes.protocol.model import Observation, Plan, Step, Target
from probes.protocol.policy import Policy
from probes.protocol.policy_file import load_policy, parse_policy
from probes.protocol.version import __version__
from probes.relay import subprocess_runner
from probes.relay.isolation_check import check_isolation
from probes.relay.subprocess_runner import SubprocessRunner
from probes.runner import worker_messages
from probes.runner.packet_budget import PacketBudget
from probes.runner.worker_messages import WorkerJob, read_job, write_job
from tests.fakes import silence, tcp_server
from tests.probes.relay.stub_hub import relay, stub_hub

POLICY = parse_policy({"version": 1, "allow": [{"ranges": ["127.0.0.2/32"], "ports": ["1-65535"]}]})
CLOSED = Target("signaling", "127.0.0.2", 9, "tcp")


@asynccontextmanager
async def silent() -> AsyncIterator[Step]:
    """A step that waits for a server which takes connections and says nothing."""
    async with tcp_server(silence, host="127.0.0.2") as port:
        yield Step("waits", "tls", Target("signaling", "127.0.0.2", port, "tcp"), 20.0)


def plan(*steps: Step) -> Plan:
    return Plan(steps or (Step("one", "tcp", CLOSED, 2.0),), 20.0)


async def run(looker: SubprocessRunner, wanted: Plan) -> list[Observation]:
    async with looker.run(wanted, logging.getLogger("fence").warning) as coming:
        return [observation async for observation in coming]


def children(of: int | None = None) -> list[int]:
    """The processes that this one, or another, has started, the latest last."""
    pid = of or os.getpid()
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(pid) for pid in text.split()]


def is_there(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        return about(pid, "stat").rpartition(b")")[2].split()[0] != b"Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def about(pid: int, what: str) -> bytes:
    return Path(f"/proc/{pid}/{what}").read_bytes()


async def test_what_a_plan_sees_comes_back_and_nothing_stays() -> None:
    """Observations are what the probes saw, in another process, which is gone with the plan."""
    before = set(children())
    (seen,) = await run(SubprocessRunner(POLICY), plan())
    assert (seen.step, seen.failure) == ("one", Failure.CONNECTION_REFUSED)
    assert set(children()) <= before


async def test_fence_goes_with_the_plan(caplog: pytest.LogCaptureFixture) -> None:
    """What the policy forbids is held back there, too, and the relay's log says what."""
    forbidden = Step("two", "tcp", replace(CLOSED, host="127.0.0.3"), 2.0)
    seen = await run(SubprocessRunner(POLICY), plan(forbidden))
    assert [one.failure for one in seen] == [Failure.NOT_ALLOWED]
    assert "blocked by the relay's policy: 127.0.0.3:9/tcp" in caplog.text


async def test_process_that_dies_is_told_in_words(caplog: pytest.LogCaptureFixture) -> None:
    """Observations from before the crash count; every other step is reported as not checked, with the reason."""
    async with (
        silent() as waits,
        SubprocessRunner(POLICY).run(plan(Step("one", "tcp", CLOSED, 2.0), waits), print) as coming,
    ):
        first = await anext(coming)
        os.kill(children()[-1], signal.SIGKILL)
        (second,) = [observation async for observation in coming]
    assert (first.step, first.failure) == ("one", Failure.CONNECTION_REFUSED)
    assert (second.step, second.failure) == ("waits", Failure.PROBE_CRASHED)
    assert second.facts["because"] == "the check's process ended early (signal 9)"
    assert "ended early (signal 9); steps that did not run: 1" in caplog.text


async def test_hub_hears_of_a_process_that_died() -> None:
    """The report is complete and signed, its failures are our own, and the relay takes the next plan."""
    async with silent() as waits, stub_hub() as hub, relay(hub, POLICY):
        await hub.say(RunPlan(hub.order(plan(Step("one", "tcp", CLOSED, 2.0), waits))))
        await hub.until(ObservationMessage)
        os.kill(children()[-1], signal.SIGKILL)
        [done] = await hub.until(Done)
        seen = [one.observation["failure"] for one in await hub.until(ObservationMessage, 2)]
        assert (done.outcome, done.n, seen) == ("finished", 2, ["connection_refused", "probe_crashed"])
        await hub.say(RunPlan(hub.order(plan())))
        assert (await hub.until(ObservationMessage, 3))[2].observation["failure"] == "connection_refused"
        await hub.until(Done, 2)


async def test_hub_cancels_a_process() -> None:
    """A plan that is no longer needed ends in a worker process, too."""
    async with silent() as waits, stub_hub() as hub, relay(hub, POLICY):
        await hub.say(RunPlan(hub.order(plan(Step("one", "tcp", CLOSED, 2.0), waits))))
        [seen] = await hub.until(ObservationMessage)
        pid = children()[-1]
        await hub.say(Cancel(seen.plan))
        assert [done.outcome for done in await hub.until(Done)] == ["cancelled"]
        assert pid not in children()


@pytest.mark.parametrize(
    ("program", "because"),
    [
        ("print('junk')", "returned an invalid result"),
        ("print('{\"said\": 1}')", "returned an invalid result"),
        ("print('{\"seen\": {}}')", "returned an invalid result"),
        ("print('x' * 5_000_000)", "returned an invalid result"),
        ("print('{\"said\"', end='')", "ended early (exit code 0)"),
        ("raise SystemExit(3)", "ended early (exit code 3)"),
        ("import os; os.abort()", "ended early (signal 6)"),
    ],
)
async def test_nothing_that_a_process_says_is_trusted(
    program: str, because: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that was taken over, or broke, costs its own plan, and the relay says so."""
    monkeypatch.setattr(subprocess_runner, "_BEGIN", ("-c", program))
    (seen,) = await run(SubprocessRunner(POLICY), plan())
    assert (seen.failure, seen.facts) == (
        Failure.PROBE_CRASHED,
        {"because": f"the check's process {because}"},
    )


async def test_package_that_was_replaced_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Between an upgrade and the restart no plan is run half by one version and half by another."""
    monkeypatch.setattr(worker_messages, "__version__", "0.0.9")
    (seen,) = await run(SubprocessRunner(POLICY), plan())
    assert seen.facts["because"] == "the check's process ended early (exit code 1)"
    assert f"the relay still runs 0.0.9, and {__version__} is installed. Restart it" in caplog.text


async def test_no_process_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host without memory, or without its Python, is reported in words."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    (seen,) = await run(SubprocessRunner(POLICY), plan())
    assert seen.facts["because"] == "could not start a process for it: No such file or directory"


async def test_stop_of_all_processes_is_for_the_relay_to_decide_on() -> None:
    """A service manager's signal to every process of the service does not end a plan."""
    told = asyncio.Event()

    async def hang_up_when_told(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)  # or it were reset
        await told.wait()

    async with tcp_server(hang_up_when_told, host="127.0.0.2") as port:
        waits = Step("waits", "tls", replace(CLOSED, port=port), 20.0)
        async with SubprocessRunner(POLICY).run(
            plan(waits, Step("one", "tcp", CLOSED, 2.0)), print
        ) as coming:
            await anext(coming)
            for number in (signal.SIGTERM, signal.SIGINT):
                os.kill(children()[-1], number)
            told.set()
            assert (await anext(coming)).failure is Failure.EOF_ERROR


async def test_leaving_the_plan_ends_its_process() -> None:
    """Cancelled, it is gone when the block is left."""
    async with silent() as waits:
        async with SubprocessRunner(POLICY).run(
            plan(waits, Step("one", "tcp", CLOSED, 2.0)), print
        ) as coming:
            await anext(coming)
            pid = children()[-1]
            assert is_there(pid)
        assert pid not in children()


async def test_process_does_not_outlive_its_relay() -> None:
    """The workers of a relay that is killed end, too."""
    relay = (
        "import asyncio, sys\nfrom probes.relay.subprocess_runner import SubprocessRunner\n"
        "from probes.runner.worker_messages import read_job\n"
        "async def main():\n"
        "    job = read_job(sys.stdin.buffer.readline())\n"
        "    async with SubprocessRunner(job.policy).run(job.plan, print) as coming:\n"
        "        async for one in coming: print(one.step, flush=True)\n"
        "asyncio.run(main())"
    )
    async with silent() as waits:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", relay, stdin=PIPE, stdout=PIPE)
        assert process.stdin
        assert process.stdout
        process.stdin.write(write_job(WorkerJob(plan(waits, Step("one", "tcp", CLOSED, 2.0)), POLICY, 0)))
        assert await process.stdout.readline() == b"one\n"
        (worker,) = children(process.pid)
        process.kill()
        await process.communicate()
        async with asyncio.timeout(10):
            while is_there(worker):  # noqa: ASYNC110 - no event tells of another's child
                await asyncio.sleep(0.01)


async def test_process_has_no_key_and_no_password_but_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker has the secrets of its plan, and neither the relay's key nor a proxy's password."""
    monkeypatch.setenv("LINEMAN_RELAY_PROXY", "http://u:hidden-of-the-environment@proxy.example:3128")
    monkeypatch.setenv("https_proxy", "http://u:hidden-of-the-environment@proxy.example:3128")
    policy = replace(POLICY, proxies=("http://u:hidden-of-the-policy@proxy.example:3128",))
    key = Identity.new().signing.private_bytes_raw()
    secret = Step("one", "tcp", CLOSED, 2.0, secrets={"credential": "told-to-this-plan"})
    async with silent() as waits, SubprocessRunner(policy).run(plan(secret, waits), print) as coming:
        await anext(coming)
        pid = children()[-1]
        theirs, ours = memory(pid), memory(os.getpid())
        shown = about(pid, "cmdline") + about(pid, "environ")
    held = [secret in theirs for secret in (b"told-to-this-plan", b"hidden-of-the", key)]
    assert (held, key in ours) == ([True, False, False], True)
    assert b"told-to-this-plan" not in shown


LOOKING = """
import sys; sys.path[:] = sys.argv[1:]
from pathlib import Path
from probes.runner import worker
run = worker._run
async def look_first(job):
    for name in ("key", "hub.json"):
        try:
            found = Path(HOME, name).read_text()
        except OSError as error:
            found = error.strerror
        worker._tell(worker.write_said(f"{name}: {found}"))
    await run(job)
worker._run = look_first
worker.main()
"""


@pytest.mark.parametrize("hides", [True, False], ids=["hidden", "not hidden"])
async def test_process_cannot_read_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hides: bool
) -> None:
    """A worker is kept from the relay's folder before it reads anything from the network, and its checks run."""
    for name in ("key", "hub.json"):
        (tmp_path / name).write_text("ours")
    if reason := check_isolation(tmp_path):
        pytest.skip(reason)
    monkeypatch.setattr(subprocess_runner, "_BEGIN", ("-c", LOOKING.replace("HOME", repr(str(tmp_path)))))
    said: list[str] = []
    async with SubprocessRunner(POLICY, tmp_path if hides else None).run(plan(), said.append) as coming:
        (seen,) = [observation async for observation in coming]
    found = "Permission denied" if hides else "ours"
    assert said == [f"key: {found}", f"hub.json: {found}"]
    assert seen.failure is Failure.CONNECTION_REFUSED


async def test_process_that_cannot_hide_the_folder(tmp_path: Path) -> None:
    """It runs no check with the folder open, and the relay says why."""
    (seen,) = await run(SubprocessRunner(POLICY, tmp_path / "gone"), plan())
    assert seen.facts["because"] == "the check's process ended early (exit code 1)"


def memory(pid: int) -> bytes:
    """All that a process may write to."""
    held = []
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as raw:
        for line in maps:
            span, rights = line.split()[:2]
            if rights.startswith("rw"):
                begin, end = (int(one, 16) for one in span.split("-"))
                raw.seek(begin)
                held.append(raw.read(end - begin))
    return b"".join(held)


def test_policy_arrives_as_it_was_read() -> None:
    """Every rule, range, resolver and limit is the same on the other side; passwords of proxies stay here."""
    usual = load_policy(Path("probes/policy.yaml"))
    for policy in (POLICY, usual, replace(usual, resolvers=("system", "9.9.9.9"), allow=POLICY.allow)):
        proxied = replace(policy, proxies=("http://u:hidden@Proxy.example", "http://10.0.0.1:8080"))
        arrived = read_job(write_job(WorkerJob(plan(), proxied, 7)))
        bare = ("http://proxy.example:80", "http://10.0.0.1:8080")
        assert arrived == WorkerJob(plan(), replace(policy, proxies=bare), 7)


def limited(rate: int) -> Policy:
    return replace(POLICY, limits=replace(POLICY.limits, packets_per_second=rate))


async def test_plans_share_their_packets() -> None:
    """A plan that follows on one that took all there was gets what has come since, and no bucket of its own."""
    rate, looker = 20, SubprocessRunner(limited(20))
    many = plan(*(Step(str(n), "tcp", CLOSED, 2.0) for n in range(60)))
    first = await run(looker, many)
    assert {one.failure for one in first} == {Failure.CONNECTION_REFUSED, Failure.NOT_ALLOWED}
    begun = time.monotonic()
    second = await run(looker, many)
    passed = sum(one.failure is Failure.CONNECTION_REFUSED for one in second)
    assert passed <= 1 + rate * (time.monotonic() - begun)


async def test_packets_are_counted_once_by_several_processes() -> None:
    """Four processes that take as fast as they can get two seconds' worth together, and what comes meanwhile."""
    rate = 5_000.0
    begun, pace = time.monotonic(), PacketBudget(rate)
    code = f"from probes.runner.packet_budget import PacketBudget; p = PacketBudget({rate}, {pace.file})\n"
    code += "print(sum(p.take() for _ in range(20_000)))"
    takers = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=PIPE, pass_fds=(pace.file,))
        for _ in range(4)
    ]
    taken = sum([int((await taker.communicate())[0]) for taker in takers])
    assert 2 * rate <= taken <= 2 * rate + rate * (time.monotonic() - begun)
