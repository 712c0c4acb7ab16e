"""What a load test tells at its end: a short table of what was asked, answered, refused and broken."""

from collections import Counter
from collections.abc import Iterable

from tests.fake_slack.slack import FakeSlack


def quantile(values: Iterable[float], share: float) -> float:
    """The value below which *share* of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def report(slack: FakeSlack, title: str, **counts: object) -> str:
    """Write the table: what the test counted, calls with refusals by method, acknowledgements, broken rules."""
    calls = Counter(call.method for call in slack.records.calls)
    refused = Counter((call.method, call.error) for call in slack.records.calls if call.error)
    acks = [1000 * seconds for seconds in slack.records.latencies("slash_commands")]
    rows = [(name.replace("_", " "), str(count)) for name, count in counts.items()]
    shown = ", ".join(f"p{100 * share:g} {quantile(acks, share):.0f} ms" for share in (0.5, 0.99))
    rows.append(("acknowledged", f"{len(acks)}: {shown}"))
    for method, count in sorted(calls.items()):
        errors = ", ".join(f"{n} {error}" for (name, error), n in sorted(refused.items()) if name == method)
        rows.append((method, f"{count} calls, refused: {errors or 'none'}"))
    rows.append(("broken rules", str(len(slack.records.violations))))
    return "\n".join([f"\n{title}", *(f"  {name:32} {told}" for name, told in rows)])
