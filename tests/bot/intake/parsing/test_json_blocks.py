"""Values are found with their places, strict before loose."""

from bot.intake.parsing.json_blocks import find_blocks

REPORT = '{"callSid": "x", "networkTiming": {}, "isTurnRequired": true}'


def test_a_report_is_found_with_its_place() -> None:
    """The block says where it stands and that it is whole."""
    form, (block,) = find_blocks((f"see {REPORT}!",))
    assert form[block.start : block.end] == REPORT
    assert not block.cut
    assert len(block.reports) == 1


def test_a_cut_report_is_marked() -> None:
    """What ends in the middle is read loosely, and marked as cut."""
    _, (block,) = find_blocks((REPORT[:-1],))
    assert block.cut
    assert block.reports


def test_without_brackets_there_is_nothing() -> None:
    """Prose holds no value."""
    assert find_blocks(("no audio on VPN",)) == ("no audio on VPN", ())
