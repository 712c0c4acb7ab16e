"""Error objects give the code, the code inside, the close code, and a message without secrets."""

from bot.intake.parsing.error_objects import name_codes, read_fault


def test_an_object_gives_both_codes() -> None:
    """The outer code and the inner one, under any of their names."""
    fault = read_fault({"code": 31003, "message": "Timeout", "twilioError": {"code": 53405}})
    assert fault is not None
    assert (fault.code, fault.inner, fault.codes) == ("31003", "53405", ("53405", "31003"))


def test_a_close_code_is_no_error_code() -> None:
    """1006 has its own field, and is named as what it is."""
    fault = read_fault({"code": 1006, "message": "closed"})
    assert fault is not None
    assert (fault.code, fault.close_code) == ("", 1006)
    assert name_codes((fault,)) == "close code 1006"


def test_what_is_no_error_gives_none() -> None:
    """Truth values and empty texts hold no error."""
    assert read_fault(True) is None
    assert read_fault("  ") is None
    assert read_fault({"weather": "fine"}) is None
