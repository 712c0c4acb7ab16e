"""A log line is told from prose by its beginning, and errors are found with what is inside them."""

import pytest

from bot.intake.parsing.log_lines import LOG_LINE, errors_in


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-28T10:00:00Z something",
        "11-28 10:00:00.123 1 2 E Voice: x",
        "E/Voice: refused",
        "[TwilioVoice][Call] ERROR x",
        "\tat java.net.Socket.connect(Socket.java:1)",
        "Caused by: java.net.SocketException",
        "ConnectionError (53000): refused",
        "a=candidate:1 1 udp 2122260223 192.0.2.4 50123 typ host",
    ],
)
def test_lines_of_a_log(line: str) -> None:
    """Time stamps, levels, components, stack frames, errors, candidates."""
    assert LOG_LINE.search(line)


@pytest.mark.parametrize(
    "line", ["error 31009 on ios", "at the office it works", "10:30 he called", "", "[file F1]"]
)
def test_lines_of_prose(line: str) -> None:
    """What a person writes is none, a time of the day with it."""
    assert not LOG_LINE.search(line)


def test_an_error_has_the_one_inside_it() -> None:
    """The inner code is not a second error, and the line is the message."""
    (fault,) = errors_in("error 31003 timeout\n  twilioError: MediaError 53405")
    assert (fault.code, fault.inner, fault.message) == ("31003", "53405", "error 31003 timeout")
