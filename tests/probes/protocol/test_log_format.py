"""What a stranger sends stays on one line of the log, and controls no terminal."""

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.protocol.log_format import EscapingFormatter, escape


def logged(message: str, error: ValueError | None = None) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(EscapingFormatter("%(levelname)s %(message)s"))
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
