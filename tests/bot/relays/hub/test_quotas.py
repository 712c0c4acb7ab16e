"""How many plans a relay and a person may have, and that each one that ends is given back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.relays.hub.quotas import HOUR, HubLimits, QuotaTracker
from probes.protocol.sliding_window import SlidingWindow

ONE_CASE = "31009"


def test_an_hour_has_so_many() -> None:
    """The next plan is possible when the oldest is an hour old; the sentence says in how many minutes."""
    quotas = QuotaTracker(HubLimits(relay_an_hour=2))
    for now in (0.0, 600.0):
        assert quotas.refuse("acme-hq", "U1", ONE_CASE, now) is None
        quotas.end("acme-hq", "U1", ONE_CASE)
    refused = (
        "the relay “acme-hq” had 2 plans within an hour, which is the maximum; the next one can run in {} min"
    )
    assert quotas.refuse("acme-hq", "U2", ONE_CASE, 610.0) == refused.format(50)
    assert quotas.refuse("acme-hq", "U2", ONE_CASE, HOUR - 1) == refused.format(1)
    assert quotas.refuse("acme-lyon", "U2", ONE_CASE, 610.0) is None
    assert quotas.refuse("acme-hq", "U2", ONE_CASE, HOUR) is None


def test_person_is_counted_over_all_relays() -> None:
    """One person has an hourly share wherever it is used; a refused plan counts for nothing."""
    quotas = QuotaTracker(HubLimits(person_an_hour=2))
    assert quotas.refuse("a", "U1", ONE_CASE, 0.0) is None
    assert quotas.refuse("b", "U1", ONE_CASE, 1.0) is None
    for now in (2.0, 3.0):
        assert str(quotas.refuse("c", "U1", ONE_CASE, now)).startswith("“U1” had 2 plans within an hour")
    assert quotas.running("c") == 0
    assert quotas.refuse("c", "U1", ONE_CASE, HOUR) is None


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("uvw"), st.floats(0, 900)), max_size=80))
def test_nobody_has_more_and_nothing_is_left(plans: list[tuple[str, str, float]]) -> None:
    """No hour has more plans than its limit; when all have ended, nothing runs and no person is remembered."""
    quotas, now = QuotaTracker(HubLimits(relay_an_hour=4, person_an_hour=3)), 0.0
    begun: list[tuple[float, str, str]] = []
    for relay, person, gap in plans:
        now += gap
        if quotas.refuse(relay, person, ONE_CASE, now) is None:
            begun.append((now, relay, person))
            quotas.end(relay, person, ONE_CASE)
        recent = [entry for entry in begun if entry[0] + HOUR > now]
        assert all(sum(entry[1] == relay for entry in recent) <= 4 for relay in "ab")
        assert all(sum(entry[2] == person for entry in recent) <= 3 for person in "uvw")
    for _ in range(2):  # each plan forgets a few of the others
        assert quotas.refuse("z", "z", ONE_CASE, now + HOUR) is None
        quotas.end("z", "z", ONE_CASE)
    assert set(quotas._begun) == {"relay z", "person z"}
    assert not quotas._running


def test_plans_of_many_relays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan looks at a few relays and persons, however many had one within the hour; all are forgotten after it."""
    quotas, looked = QuotaTracker(), list[SlidingWindow]()
    count = SlidingWindow.count

    def counting(window: SlidingWindow, now: float) -> int:
        looked.append(window)
        return count(window, now)

    monkeypatch.setattr(SlidingWindow, "count", counting)
    for number in range(100):
        looked.clear()
        assert quotas.refuse(f"relay {number}", f"U{number}", "", 0.0) is None
        assert len(looked) <= 6
    assert len(quotas._begun) == 200
    for number in range(200):
        assert quotas.refuse("relay", f"U{number}", "", HOUR + 40 * number) is None
        quotas.end("relay", f"U{number}", "")
    assert len(quotas._begun) <= 1 + 2 * HOUR / 40
