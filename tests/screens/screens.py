"""Ten diagnoses as a terminal shows them, for docs/user-guide.md and README.md: `python -m tests.screens --write`.

Made-up runs on the real knowledge. Pure apart from the files.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from bot.diagnosis.aggregate import aggregate
from bot.diagnosis.run_record import RunRecord
from bot.model.request import Request
from bot.rendering.terminal.console import as_on_screen
from bot.rendering.terminal.short_answer import ShortAnswer
from bot.rendering.vantage_summary import view_together
from knowledge.loading.load import load_knowledge
from knowledge.loading.load_network import load_network
from knowledge.model.network import Network
from knowledge.model.schema import Knowledge
from probes.protocol.model import REFERENCE, USER_NETWORK
from tests.previews import samples
from tests.previews.samples import Fault, sample

ROOT: Final = Path(__file__).parents[2]
# Lines of the whole answer at 80 columns at commit bb1f51e, measured once with these runs.
BEFORE: Final = {
    "UDP to the media ports blocked, iOS": 206,
    "TLS intercepted and UDP blocked, iOS": 247,
    "Name lookup fails, no platform": 120,
    "Signaling blocked, iOS": 180,
    "Signaling blocked, no platform": 178,
    "No problem, iOS": 143,
    "Call reports blocked, JavaScript": 172,
    "Reference relay, no platform": 133,
    "Relay lost after 9 checks, iOS": 151,
    "Signaling blocked at one of three relays, iOS": 194,
}
SHOWN: Final = (
    "UDP to the media ports blocked, iOS",
    "TLS intercepted and UDP blocked, iOS",
    "No problem, iOS",
)
NARROW: Final = "UDP to the media ports blocked, iOS"


@cache
def _world() -> tuple[Knowledge, Network]:
    return load_knowledge(), load_network()


def _run(
    *faults: Fault, platform: str | None = "ios", relay: str = "acme-hq", vantage: str = USER_NETWORK
) -> RunRecord:
    request = Request("31009", platform)
    return sample(request, *_world(), *faults, relay=relay, vantage=vantage)


@cache
def diagnoses() -> dict[str, tuple[RunRecord, ...]]:
    """Return the runs of each diagnosis, by its name in `BEFORE`."""
    knowledge, network = _world()
    shut = samples.SIGNALING_SHUT
    lost = samples.lost(_run(), 9, "the connection closed", knowledge, network)
    several = (_run(*shut), _run(relay="acme-lyon"), _run(relay="frankfurt", vantage=REFERENCE))
    runs = (
        (_run(samples.MEDIA_LOST),),
        (_run(samples.INTERCEPTED, samples.MEDIA_LOST),),
        (_run(samples.NAMES_FAIL, platform=None),),
        (_run(*shut),),
        (_run(*shut, platform=None),),
        (_run(),),
        (_run(samples.INSIGHTS_SHUT, platform="javascript"),),
        (_run(platform=None, vantage=REFERENCE),),
        (lost,),
        several,
    )
    return dict(zip(BEFORE, runs, strict=True))


def screen(name: str, width: int) -> str:
    """Return the answer as a terminal of *width* columns shows it."""
    knowledge, network = _world()
    records = diagnoses()[name]
    short = ShortAnswer(aggregate(records), view_together(records, knowledge, network), knowledge)
    return as_on_screen([*short.head(), *short.tail()], width)


def table() -> Iterator[str]:
    """Yield the lines of the table of heights, before and after."""
    yield "| diagnosis | before, 80 columns | now, 80 columns | now, 60 columns |"
    yield "|---|---|---|---|"
    for name, before in BEFORE.items():
        now = (screen(name, width).count("\n") for width in (80, 60))
        yield f"| {name} | {before} | {' | '.join(map(str, now))} |"


def blocks() -> dict[str, str]:
    """Return each generated part of the documentation, by its mark."""
    parts = {f"screen {name}, 80 columns": _fenced(name, 80) for name in SHOWN}
    parts[f"screen {NARROW}, 60 columns"] = _fenced(NARROW, 60)
    return parts | {"heights": "\n".join(table())}


def _fenced(name: str, width: int) -> str:
    return f"```\n{screen(name, width).rstrip()}\n```"


def filled(text: str) -> str:
    """Return *text* with every generated part between its marks made anew."""
    for mark, block in blocks().items():
        begin, end = f"<!-- {mark} -->\n", "<!-- end -->"
        before, found, after = text.partition(begin)
        if found:
            text = f"{before}{begin}{block}\n{end}{after.partition(end)[2]}"
    return text


FILES: Final = (ROOT / "docs/user-guide.md", ROOT / "README.md")
