"""What to send to a customer about a check link: the link, a reminder, and the wish to test again.

Pure: no network, no clock.
"""

from datetime import UTC, datetime
from typing import Final

REPORTED: Final = "as reported by the customer's browser"
_HOW: Final = "on the device and in the network where calls fail, and press Start"
_WHAT: Final = "The test takes a few seconds and installs nothing."


def invitation(url: str, expires: float) -> str:
    """Ask the customer to open the link; *expires* in seconds since the epoch."""
    return f"Please open this link {_HOW}:\n{url}\n{_WHAT} The link works until {moment(expires)}."


def reminder(expires: float) -> str:
    """Ask again for a check that has not come; the address of a link is not stored."""
    return (
        f"A reminder: please open the link for the network test that we sent you {_HOW}. {_WHAT} "
        f"The link works until {moment(expires)}."
    )


def test_again(expires: float) -> str:
    """Ask for another check with the same link."""
    return (
        f"Please test your network once more: open the same link as before {_HOW}. {_WHAT} "
        f"The link works until {moment(expires)}."
    )


def moment(at: float) -> str:
    """Write a time (seconds since the epoch) for a person."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
