"""Task cards of a run in progress, in a plan block and as the chunks of a stream."""

from bot.diagnosis.triage import Progress
from bot.model.request import Request
from bot.rendering.blocks import stream_chunks
from bot.rendering.blocks.progress_cards import layer_plan
from bot.rendering.layer_progress import LayerProgress, layers_of
from tests.bot.slack.made_up_engine import MadeUpRelay, made_up_desk
from tests.previews.samples import SIGNALING_SHUT


def told() -> list[Progress]:
    """Everything that a run in which signaling is blocked tells."""
    progress: list[Progress] = []
    made_up_desk(MadeUpRelay(SIGNALING_SHUT)).diagnose(Request("31009", "ios"), progress.append)
    return progress


def test_a_layer_says_what_it_waits_for() -> None:
    """At first a layer waits for another one; then it names a host; at the end it counts what was checked."""
    every = [{each.layer: each for each in layers_of(progress)} for progress in told()]
    first, last = every[0], every[-1]
    assert first["TURN"].text == "waiting for DNS"
    assert first["TCP"].text == "0 of 4 done, waiting for chunderm.gll.twilio.com"
    assert first["DNS"].text == "1 of 7 done, waiting for chunderm.gll.twilio.com and 5 more"
    assert last["TCP"].text == "4 of 4 done, 1 failed"
    assert last["TLS"].text == "5 of 6 done"  # one comes after the TCP check that failed
    assert LayerProgress("TURN", 4, 4).text == "not checked"


def test_what_was_not_checked_gets_no_mark() -> None:
    """Only layers with a result are complete or failed; one failure among others is not called an error."""
    layers = (
        LayerProgress("a", 2, 2, failed=0, passed=2),
        LayerProgress("b", 2, 2, failed=1, passed=1),
        LayerProgress("c", 2, 2, failed=2, passed=0),
        LayerProgress("d", 2, 2, failed=0, passed=0),
        LayerProgress("e", 0, 2, waits=("host.example",)),
        LayerProgress("f", 0, 2, after=("e",)),
    )
    statuses = [card["status"] for card in layer_plan(layers, 8, 12)["tasks"]]
    assert statuses == ["complete", "complete", "error", "pending", "in_progress", "pending"]


def test_only_changes_are_sent() -> None:
    """A chunk per card that has changed, a title where it has; cards that are gone, and open ones at the end, close."""
    plans = [layer_plan(layers_of(progress), progress.done, progress.total) for progress in told()]
    assert stream_chunks.changes(plans[0], plans[0]) == []
    assert len(stream_chunks.changes({}, plans[0])) == 1 + len(plans[0]["tasks"])
    some = stream_chunks.changes(plans[0], plans[1])
    assert 1 < len(some) < 1 + len(plans[0]["tasks"])
    assert some[0] == {"type": "plan_update", "title": plans[1]["title"]}
    other = {**plans[0], "tasks": plans[0]["tasks"][1:]}
    (gone,) = stream_chunks.changes(plans[0], other)
    assert (gone["id"], gone["status"]) == (plans[0]["tasks"][0]["task_id"], "complete")
    open_cards = [card for card in plans[0]["tasks"] if card["status"] in ("pending", "in_progress")]
    closed = stream_chunks.closing(plans[0])
    assert [chunk["id"] for chunk in closed] == [card["task_id"] for card in open_cards] != []
    assert {chunk["status"] for chunk in closed} == {"complete"}
