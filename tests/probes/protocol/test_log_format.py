"""What a stranger sends stays on one line of the log, and controls no terminal."""

import asyncio
import io
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.protocol.log_format import EscapingFormatter, JsonFormatter, add_log_ids, escape


def logged(message: str, error: ValueError | None = None, *, as_json: bool = False) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter() if as_json else EscapingFormatter("%(levelname)s %(message)s"))
    record = logging.LogRecord("hub", logging.INFO, "", 0, "%s", (message,), None)
    if error:
        try:
            raise error
        except ValueError as raised:
            record.exc_info = (type(raised), raised, raised.__traceback__)
    handler.handle(record)
    return stream.getvalue()


@given(st.text())
def test_one_record_is_one_printable_line(message: str) -> None:
    line = logged(message)
    assert line.endswith("\n")
    assert line[:-1].isprintable()


@pytest.mark.parametrize(
    "sent", ["x\n2026-01-01 INFO hub: relay acme connected", "\x1b]0;owned\x07", "\u2028\u202e", "\r"]
)
def test_lines_and_escapes_cannot_be_forged(sent: str) -> None:
    assert len(logged(sent).splitlines()) == 1
    assert escape(sent) in logged(sent)


def test_a_traceback_is_indented() -> None:
    """The text of an exception may come from a stranger, too."""
    first, *rest = logged("failed", ValueError("x\nINFO relay acme connected\x1b[2J")).splitlines()
    assert first == "INFO failed"
    assert rest
    assert all(line.startswith("  ") and line.isprintable() for line in rest)


@given(st.text(), st.text())
def test_one_record_is_one_json_object(message: str, error: str) -> None:
    """Whatever is logged, the line is printable ASCII, and the object has it back."""
    line = logged(message, ValueError(error), as_json=True)
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    assert line.isascii()
    fields = json.loads(line)
    assert fields["message"] == message.encode("utf-8", "backslashreplace").decode()
    assert list(fields) == ["time", "level", "logger", "message", "traceback"]
    assert (fields["level"], fields["logger"]) == ("INFO", "hub")
    assert "ValueError" in fields["traceback"]


async def test_ids_belong_to_their_task() -> None:
    """What two tasks log at the same time has the ids of each."""

    async def run(number: str) -> object:
        add_log_ids(run=number)
        await asyncio.sleep(0)
        add_log_ids(case=f"case {number}")
        fields = json.loads(logged("x", as_json=True))
        return fields["run"], fields["case"]

    assert await asyncio.gather(run("1"), run("2")) == [("1", "case 1"), ("2", "case 2")]
    assert "run" not in json.loads(logged("x", as_json=True))
