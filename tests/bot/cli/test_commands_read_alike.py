"""Each command of the terminal that reads a text hands over what reads the same as the text that was copied.

The commands run until they call the reader: `read`, `understand`, `diagnose TEXT`, `preflight`, and the conversation,
with the text typed, piped, or in a file. Slack has a test of its own, in `tests/bot/slack/test_same_reading.py`.
"""

import io
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Final

import pytest

from bot.cli import preflight, repl_reports
from bot.cli import read as read_command
from bot.cli.diagnose_text import request_of_text
from bot.cli.repl_lines import answer_line
from bot.cli.repl_session import Repl
from bot.diagnosis.engine import Engine, load_engine
from bot.errors import UsageError
from bot.intake.clues import Reading
from bot.language import router
from knowledge.loading.load import load_knowledge
from tests.bot.test_same_reading import KNOWLEDGE, PASTES, essence

ENGINE: Final[Engine] = load_engine(None, None, load_knowledge())


class CaughtError(Exception):
    """The reader was called with *source*."""

    def __init__(self, source: str | bytes) -> None:
        super().__init__()
        self.source = source


Give = Callable[[str, Path], object]


def typed(command: Callable[[list[str]], int]) -> Give:
    return lambda text, _: command([text])


def piped(command: Callable[[list[str]], int]) -> Give:
    return lambda _text, _file: command(["-"])


def in_file(command: Callable[[list[str]], int]) -> Give:
    return lambda _, file: command([str(file)])


WAYS: Final[dict[str, tuple[ModuleType, Give]]] = {
    "read TEXT": (read_command, typed(read_command.run_read)),
    "read -": (read_command, piped(read_command.run_read)),
    "read FILE": (read_command, in_file(read_command.run_read)),
    "understand TEXT": (read_command, typed(read_command.run_understand)),
    "understand -": (read_command, piped(read_command.run_understand)),
    "preflight -": (preflight, piped(preflight.run_preflight)),
    "preflight FILE": (preflight, in_file(preflight.run_preflight)),
    "diagnose TEXT": (router, lambda text, _: request_of_text([text], ENGINE, (), UsageError("no command"))),
    "conversation": (repl_reports, lambda text, _: answer_line(Repl(ENGINE), text, lambda: None)),
}
# A line of the conversation that is no log and no report goes to the router, as `diagnose TEXT` does.
SHORTEST: Final = 40


@pytest.mark.parametrize("way", WAYS)
def test_every_command_reads_the_same(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What reaches the reader is the whole paste."""
    module, give = WAYS[way]

    def caught(source: str | bytes, *_: object) -> Reading:
        raise CaughtError(source)

    monkeypatch.setattr(module, "read", caught)
    monkeypatch.setattr(read_command, "load_knowledge", lambda **_: KNOWLEDGE)
    texts = [text for text in PASTES if way != "conversation" or len(text) >= SHORTEST]
    assert len(texts) >= 60
    for number, text in enumerate(texts):
        file = tmp_path / f"{number}.log"
        file.write_bytes(text.encode())
        monkeypatch.setattr(
            sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode()), isatty=lambda: False)
        )
        with pytest.raises(CaughtError) as found:
            give(text, file)
        assert essence(found.value.source) == essence(text.encode()), text
