"""A paste is cut where its form changes, and no line is lost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.intake.segment import has_report_form, segment

PASTE = """no audio on our iPhones, error 31009
2026-11-28 10:00:00.123 E/Voice: ConnectionError (53000): refused

2026-11-28 10:00:01.000 D/Voice: retry
{
  "code": 31003, "message": "timeout"
}
$ nslookup voice.example.com
Server:  192.0.2.53

** server can't find voice.example.com: NXDOMAIN
that is all"""


def test_each_piece_has_its_form_and_lines() -> None:
    """Words, a log with an empty line in it, an object over three lines, a tool's output, words again."""
    found = [(item.form, item.first, item.last) for item in segment(PASTE)]
    assert found == [("prose", 1, 1), ("log", 2, 4), ("json", 5, 7), ("tool", 8, 11), ("prose", 12, 12)]


def test_a_report_in_a_sentence_leaves_the_words_around_it() -> None:
    """What stands before and after a report on its line stays prose."""
    report = '{"callSid": "x", "networkTiming": {}, "isTurnRequired": true}'
    found = segment(f"here it is: {report} on ios")
    assert [item.text for item in found if item.form == "prose"] == ["here it is: \n on ios"]
    assert [item.text for item in found if item.form == "json"] == [report]


def test_a_value_inside_a_log_line_leaves_the_line_whole() -> None:
    """An inline value has a segment of its own, and the line around it is still a line of the log."""
    line = '2026-11-28 10:00:00 [Call] ERROR got {"code": 31009, "message": "x"} from the gateway'
    inline, log = sorted(segment(line), key=lambda item: item.form)
    assert (inline.form, inline.inline, log.form, log.text) == ("json", True, "log", line)


@given(st.text(alphabet='ab{}[]":,\n *<>;0123 ', max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_line_is_lost(text: str) -> None:
    """Every line with something in it is in one of the pieces."""
    covered = {line for item in segment(text) for line in range(item.first, item.last + 1)}
    assert {number for number, line in enumerate(text.split("\n"), 1) if line.strip()} <= covered


def test_words_alone_have_no_report_form() -> None:
    """A story is told from the beginning of a report by its brackets and marks."""
    assert not has_report_form("they hear me but I hear nothing, since this morning, error 31009")
    assert has_report_form('{"callSid": "CA0", "networkTiming": {"signaling": {}}}')
