"""Render every check with its facts.

Pure: no network, no clock.
"""

from collections.abc import Iterable, Iterator, Mapping

from bot.rendering.failure_text import sentence
from bot.rendering.terminal.console import MARK, Line
from probes.protocol.model import Observation


def render_observations(observations: Iterable[Observation]) -> Iterator[Line]:
    """Render *observations*: what was checked, how it ended, and the facts."""
    for observation in observations:
        yield Line(f"{sentence(observation)} ({observation.runtime * 1000:.0f} ms)", indent=2, mark=MARK)
        facts = (f"{_fact_name(name)}: {_fact(value)}" for name, value in observation.facts.items())
        if text := "; ".join(facts):
            yield Line(text, "dim", indent=4)


def _fact_name(name: str) -> str:
    return name.replace("shut", "blocked").replace("_", " ")


def _fact(value: object) -> str:
    """Write a fact for people; `--json` has it as it is stored."""
    match value:
        case bool():
            return "yes" if value else "no"
        case None:
            return "unknown"
        case list() | tuple():
            return ", ".join(map(_fact, value)) or "none"
        case Mapping():
            return " ".join(f"{_fact_name(str(name))} {_fact(each)}" for name, each in value.items())
    return str(value)
