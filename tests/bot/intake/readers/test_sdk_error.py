"""An error object is found directly, one level down, or in a list."""

import pytest

from bot.intake.readers.sdk_error import read_error

ERROR = {"code": 31009, "message": "No transport"}


@pytest.mark.parametrize("value", [ERROR, {"error": ERROR}, {"errors": [ERROR]}])
def test_an_error_is_found(value: object) -> None:
    """Wherever it stands, its code is read."""
    report = read_error(value)
    assert report is not None
    assert [fault.code for fault in report.faults] == ["31009"]


def test_other_values_hold_none() -> None:
    """A message without a code, or a list of numbers, is no error."""
    assert read_error({"message": "hello"}) is None
    assert read_error([31009]) is None
