"""A log gives its errors and candidates, without the codes that are known from elsewhere."""

from bot.intake.readers.log import log_says, read_log


def test_known_codes_are_not_told_twice() -> None:
    """What another reader has read is left out; with nothing left there is no log."""
    text = "error 31009\nerror 53000"
    log = read_log(text, ("31009",))
    assert log is not None
    assert log_says(log) == "A log with 53000."
    assert read_log(text, ("31009", "53000")) is None
