"""One more of each kind: the files that somebody would write, and where a line goes into a table."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from tests.guide_examples import read_examples
from tests.knowledge.test_real_files import ONE_MORE
from tests.newcomer.tree_copy import ROOT, TreeCopy

Write: TypeAlias = Callable[[TreeCopy], None]
Addition: TypeAlias = Mapping[str, Write]  # the file, or the file and the table in it: how it is written

GUIDE: Final = read_examples(ROOT / "docs" / "rules.md")


def new(path: str, text: str) -> dict[str, Write]:
    """A new file."""
    return {path: lambda tree: tree.write(path, text)}


def lines(path: str, *pairs: tuple[str, str]) -> dict[str, Write]:
    """For each pair of *pairs*, the second text in front of the first one in an existing file."""

    def write(tree: TreeCopy) -> None:
        for before, text in pairs:
            tree.insert(path, before, text)

    return {path: write}


def example(path: str, *changes: tuple[str, str]) -> dict[str, Write]:
    """The example of the guide for *path*, with *changes*."""
    text = GUIDE[path]
    for old, instead in changes:
        assert old in text, old
        text = text.replace(old, instead)
    return new(path, text)


CODES: Final[dict[str, Write]] = {"docs/codes.md": TreeCopy.make_codes}
CAUSE_FILE: Final = "knowledge/causes/certificate-expired.yaml"

CAUSE: Final[Addition] = {**new(CAUSE_FILE, ONE_MORE), **CODES}

# The cause of the guide without what its other examples add: an error code, and a question to a person.
QUESTION: Final[Addition] = {
    **example("knowledge/questions/gateway-load.yaml"),
    **example(
        "knowledge/causes/gateway-busy.yaml",
        ("{31009: 1, 31998: 5}", "{31009: 1}"),
        ('likely_when: {load-test: "no"}', "# likely_when: {}"),
        ('clears_if: {load-test: "no"}', "# clears_if: {}"),
        ('  - {given: {load-test: "no"}, ruled_out', "#  - {given: {}, ruled_out"),
        ('impact_when: [{impact: degrades, when: {load-test: "yes"}}]', "# impact_when: []"),
        (', load-test: "yes"', ""),
        (", impact: {gateway-busy: degrades}", ""),
        ('  - {given: {gateway-load: busy, load-test: "no"}', "#  - {given: {gateway-load: busy}"),
    ),
    **CODES,
}

CODE: Final[Addition] = {
    **example("knowledge/errors/31998.yaml"),
    **new(CAUSE_FILE, ONE_MORE.replace("{31009: 1}", "{31009: 1, 31998: 3}")),
    **CODES,
}

PLATFORM: Final[Addition] = {**example("knowledge/platforms/flutter.yaml"), **CODES}

PROBE: Final[Addition] = {
    **new(
        "probes/checks/banner.py",
        '''\
"""Check what a server sends first, as SSH and SMTP servers do."""

import asyncio

from probes.checks.context import ProbeContext
from probes.checks.targets import address_of
from probes.net.sockets import connect_tcp
from probes.protocol.failures import Failure
from probes.protocol.model import Step


async def probe(step: Step, context: ProbeContext) -> Failure | None:
    """Connect and note the first bytes; EOF_ERROR if the server closes without a byte."""
    with await connect_tcp(await address_of(step, context), step.target.port) as sock:
        first = await asyncio.get_running_loop().sock_recv(sock, 200)
    context.note(banner=first.decode("ascii", "replace").strip())
    return None if first else Failure.EOF_ERROR
''',
    ),
    **lines(
        "probes/checks/__init__.py",
        (
            '    "edges": Budget(',
            '    "banner": Budget(1.5),  # one round trip, and the pause of a slow server\n',
        ),
    ),
    **lines("bot/rendering/failure_text.py", ('    "edges": "', '    "banner": "First bytes from",\n')),
    **new(
        "tests/probes/checks/test_banner.py",
        '''\
"""The banner probe against servers on loopback."""

import asyncio

import pytest

from probes.checks import banner
from probes.protocol.failures import Failure
from tests.probes.checks.run_one_probe import see


@pytest.mark.parametrize(("sent", "failure"), [(b"220 ready\\r\\n", None), (b"", Failure.EOF_ERROR)])
async def test_the_first_bytes_are_noted(sent: bytes, failure: Failure | None) -> None:
    """A server that greets is fine, one that closes is not."""

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        found, facts = await see(banner.probe, "127.0.0.1", port)
    assert found is failure
    assert facts["banner"] == sent.decode().strip()
''',
    ),
}

READERS: Final = "bot/intake/readers/__init__.py"


READER: Final[Addition] = {
    **new(
        "bot/intake/readers/psping.py",
        '''\
"""PsPing: whether a port opened, as `psping host:port` prints it."""

import re
from collections.abc import Iterator
from typing import Final

from bot.intake.parsing.hosts import ToolFacts
from bot.intake.parsing.lazy_pattern import LazyPattern

SIGN: Final = LazyPattern(r"psping", re.IGNORECASE)
LINES: Final = LazyPattern(r"^TCP connect to |^[^\\n]{0,200}>psping ", re.IGNORECASE)
_FAILED: Final = re.compile(
    r"^TCP connect to (?P<host>[\\w.-]+):(?P<port>\\d+): from \\S+: (?P<why>The .+)$", re.MULTILINE
)


def read_psping(text: str) -> Iterator[tuple[str, int, ToolFacts]]:
    """Yield host, port, and facts of each connection that failed."""
    for match in _FAILED.finditer(text):
        yield match["host"].casefold(), int(match["port"]), {"tcp": "shut", "bad": match["why"].strip()}
''',
    ),
    **lines(
        READERS,
        ("    sdk_event,\n", "    psping,\n"),
        (
            '    ToolReader("dig"',
            '    ToolReader("psping", ("psping",), psping.SIGN, psping.LINES, psping.read_psping),\n',
        ),
    ),
    **new(
        "tests/bot/intake/test_psping.py",
        '''\
"""What psping prints."""

from bot.intake.read import read

REFUSED = "TCP connect to voice.example:443: from 0.0.0.0:0: The remote computer refused it."
OPEN = "TCP connect to voice.example:443: from 192.0.2.4:50122: 21.44ms"


def test_a_refused_port() -> None:
    """The host, its port, and the reason are read, however the paste goes on."""
    (found,) = read(f"C:\\\\>psping voice.example:443\\n{REFUSED}\\n").pasted
    assert (found.target.host, found.target.port) == ("voice.example", 443)
    assert found.facts["tool"] == "psping"
    assert str(found.facts["bad"]).startswith("The remote computer refused")


def test_an_open_port_is_no_fault() -> None:
    """A healthy output yields no failure."""
    assert not [look for look in read(OPEN).pasted if look.facts.get("tool") == "psping"]
''',
    ),
}

FORMAT: Final[Addition] = {
    **new(
        "bot/allowlist/pf.py",
        '''\
"""Write an allow-list for pf, the firewall of OpenBSD and FreeBSD.

Pure: no network, no clock. Only addresses are supported, so names must be resolved before.
"""

from bot.allowlist.model import AllowList


def pf(allowlist: AllowList) -> str:
    """Write a `pass out` rule for each group of ranges."""
    rules = [
        f"pass out quick proto {first.transport} to {{ {', '.join(first.ranges)} }} "
        f"port {first.port().replace('-', ':')} keep state"
        for first, *_ in allowlist.rules
    ]
    return "\\n".join([*(f"# {line}" for line in allowlist.head()), *rules, ""])
''',
    ),
    **lines(
        "bot/allowlist/formats.py",
        ("from bot.allowlist.plain", "from bot.allowlist.pf import pf\n"),
        ('    "cisco-asa": ', '    "pf": pf,\n'),
        ('"iptables", "terraform-sg"})', '"pf", '),
    ),
    **new(
        "tests/bot/allowlist/test_pf.py",
        r'''"""The allow-list for pf."""

import re

from bot.allowlist.formats import FORMS
from tests.bot.allowlist.test_formats import listed

RULE = re.compile(r"pass out quick proto (tcp|udp) to \{ [\d./, ]+ \} port \d+(:\d+)? keep state")


def test_each_line_is_a_rule_of_pf() -> None:
    """Every line fits the grammar of pf.conf, or is a comment."""
    lines = FORMS["pf"](listed("ios", "frankfurt")).splitlines()
    assert [line for line in lines if not line.startswith("#") and not RULE.fullmatch(line)] == []
    assert any("port 10000:60000" in line for line in lines)
''',
    ),
}

SURFACE: Final[Addition] = {
    **new(
        "bot/slack/listeners/explain.py",
        '''\
"""The button that asks what a cause means."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.slack.api.actor import Actor, of_interaction
from bot.slack.delivery import inbox
from bot.slack.listeners import messages
from bot.slack.state.context import AppContext
from bot.slack.state.event import make_event


def register(app: AsyncApp, context: AppContext) -> None:
    """Register the listener for the button."""

    @app.action("lm_explain_cause")
    async def pressed(ack: AsyncAck, body: dict[str, Any]) -> None:
        cause = str(body["actions"][0].get("value", ""))
        await inbox.take(context, make_event("explain", of_interaction(body), body, {"cause": cause}))
        await ack()


async def answer(context: AppContext, actor: Actor, fields: Mapping[str, str]) -> None:
    """Answer in the thread of the case."""
    await messages.in_thread(context, actor, {"text": f"what does {fields['cause']} mean?"})
''',
    ),
    **lines(
        "bot/slack/listeners/routes.py",
        ("    feedback,\n    links,\n    mentions,", "    explain,\n"),
        ("    feedback,\n    links,\n    steps,", "    explain,\n"),
        ('    "uninstalled": ', '    "explain": explain.answer,\n'),
    ),
    **lines(
        "tests/bot/slack/delivery/test_inbox.py",
        ('    "form": (', '    "explain": ({"cause": "clock-skew"}, "thread", "clock"),\n'),
    ),
}

KINDS: Final[Mapping[str, Addition]] = {
    "a cause": CAUSE,
    "a question": QUESTION,
    "an error code": CODE,
    "a platform": PLATFORM,
    "a probe": PROBE,
    "a reader of pasted text": READER,
    "an allow-list format": FORMAT,
    "a Slack surface": SURFACE,
}
