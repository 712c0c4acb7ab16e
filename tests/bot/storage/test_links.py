"""Check links in the database: counted once, closed for good, deleted with their case."""

from dataclasses import replace

from bot.model.records import CaseRow, PostRow, RunRow
from bot.model.request import Request
from bot.storage.links_table import CheckLink, hash_token, new_token
from bot.storage.store import Store
from probes.protocol.model import Observation, Target

DAY = 86_400.0
SEEN = Observation("websocket a", "websocket", Target("signaling", "a.example", 443), None, {}, 1.0)


def run_of(link: CheckLink, name: str) -> RunRow:
    """The run that a result of *link* is stored as."""
    request = Request("31009", "javascript", relays=("browser",))
    vantages, summary = {"browser": "user-network"}, {"headline": "No problem found"}
    return RunRow(
        name, link.case_id, vantages, request, "digest", "twilio", 2.0, "done", 2.0, "clear", summary
    )


async def make(store: Store, *, runs: int = 2) -> tuple[str, CheckLink]:
    """A link of a stored case, and its token."""
    token = new_token()
    case = CaseRow(f"case-{token[:6]}", "T", "", "U", Request("31009"), created=1.0)
    await store.open_case(case)
    link = CheckLink(hash_token(token), token[:8], case.id, 1.0, 1.0 + DAY, runs)
    await store.save_link(link)
    return token, link


async def test_starts_are_counted(store: Store) -> None:
    """Each start counts one run, up to the limit and the end; times are stored to the millisecond."""
    token, link = await make(store)
    assert await store.link_of_token(token) == link
    first = await store.start_check(token, "a", 1.123)
    assert first
    assert first.used == 1
    assert (await store.start_check(token, "b", DAY + 1.0)) is None
    assert (await store.start_check(token, "b", 2.0)) is not None
    assert (await store.start_check(token, "c", 2.0)) is None
    assert [round(check.started, 3) for check in await store.checks_of_link(link)] == [1.123, 2.0]
    assert await store.start_check(new_token(), "d", 2.0) is None


async def test_results_are_stored_once(store: Store) -> None:
    """A check takes one result, by its own link, within half an hour, unless the link was revoked."""
    token, link = await make(store)
    other, _ = await make(store)
    await store.start_check(token, "a", 2.0)
    await store.start_check(token, "b", 2.0)
    assert await store.started_check(other, "a", 3.0) is None
    assert await store.started_check(token, "b", 1_802.0) is None
    assert await store.started_check(token, "a", 1_801.9)
    first, second = run_of(link, "run-1"), run_of(link, "run-2")
    post = PostRow("check run-1", "run-1", "T", "C", "1.0", {"link": link.name})
    assert (done := await store.finish_check("a", "digest", first, {"browser": [SEEN]}, [post]))
    assert (await store.finish_check("a", "other", second, {"browser": [SEEN]}, [post])) == done
    assert done.run == "run-1"
    assert await store.runs(link.case_id) == (first,)
    assert (record := await store.record("run-1"))
    assert record[1] == {"browser": {SEEN.step: SEEN}}
    assert [due.key for due in await store.due()] == ["check run-1"]
    assert await store.link_of_run("run-1") == await store.link_named(link.name)
    assert await store.link_of_run("run-2") is await store.link_of_run("") is None
    assert await store.started_check(token, "a", 99_999.0), "a repeated result gets its answer"
    assert await store.revoke_link(link.name, 5.0)
    assert not await store.revoke_link(link.name, 6.0)
    assert await store.started_check(token, "a", 6.0) is None
    assert await store.start_check(token, "c", 6.0) is None


async def test_renewed(store: Store) -> None:
    """A link that is used up or has ended works once more, twice renewed as once; a revoked one does not."""
    token, link = await make(store, runs=1)
    assert await store.start_check(token, "a", 2.0)
    for _ in range(2):
        assert (again := await store.renew_link(link.name, 3 * DAY))
        assert (again.runs, again.used, again.expires) == (2, 1, 3 * DAY)
    assert await store.start_check(token, "b", 2 * DAY)
    assert await store.start_check(token, "c", 2 * DAY) is None
    assert (again := await store.renew_link(link.name, DAY))
    assert again.expires == 3 * DAY, "never shorter"
    await store.revoke_link(link.name, 4.0)
    assert await store.renew_link(link.name, 9 * DAY) is None
    assert await store.renew_link("nothing", 9 * DAY) is None


async def test_another_token(store: Store) -> None:
    """A link that nobody has used may get another token; its former one then opens nothing."""
    token, link = await make(store)
    other = new_token()
    assert await store.replace_token(link, hash_token(other))
    assert await store.link_of_token(token) is None
    assert await store.start_check(other, "a", 2.0)
    assert not await store.replace_token(link, hash_token(new_token()))
    foreign = replace(link, case_id="case-other")
    assert not await store.replace_token(foreign, hash_token(new_token()))


async def test_they_go_with_their_case(store: Store) -> None:
    """The retention deletes links and checks of a deleted case, and no others."""
    token, link = await make(store)
    await store.start_check(token, "a", 2.0)
    young = CaseRow("case-young", "T", "", "U", Request("31009"), created=50 * DAY)
    await store.open_case(young)
    kept = CheckLink(hash_token("x"), "young", young.id, 50 * DAY, 51 * DAY, 1)
    await store.save_link(kept)
    await store.sweep(60 * DAY)
    assert await store.link_of_token(token) is None
    assert await store.checks_of_link(link) == ()
    assert await store.links() == (kept,)
