"""JSON of another kind is named, and says what is wanted instead."""

from bot.intake.readers.unrelated_json import name_of, sentence


def test_known_kinds_have_names() -> None:
    """A HAR file is one; an object that nobody knows has none, and its keys are named."""
    assert "HAR" in name_of({"log": {"entries": []}})
    assert name_of({"weather": "fine"}) == ""
    assert "weather" in sentence({"weather": "fine"})
    assert "preflight" in sentence([1])
