"""One table of code patterns: which count in a log, and which of several codes are chosen."""

import pytest

from bot.intake.parsing.error_codes import choose_codes, codes_in

KNOWN = ("20101", "31005", "31009", "53000")


@pytest.mark.parametrize(
    ("text", "prose", "log"),
    [
        ("error 31009", ("31009",), ("31009",)),
        ("worker 31009 started", ("31009",), ()),
        ("ConnectionError (53000): x", ("53000",), ("53000",)),
        ("call failed: 31005", ("31005",), ("31005",)),
        ("https://www.twilio.com/docs/api/errors/31005", ("31005",), ("31005",)),
        ("error 31009 ms", ("31009",), ()),
        ("31005/31009", ("31005", "31009"), ()),
        ("error 99999", ("99999",), ("99999",)),
        ("order #31005 is late", (), ()),
        ("Ticket-Nr. 53000: no sound", (), ()),
        ("[#88213] no sound", (), ()),
        ("our postcode is 31005", (), ()),
        ('"GET /phone.js HTTP/1.1" 200 31009 "-"', (), ()),
        ("zip code 31009, postal code: 53000", (), ()),
        ("the code is 31009", ("31009",), ("31009",)),
        ("#53000 since Monday", ("53000",), ("53000",)),
        ("in case 31009 comes again", ("31009",), ()),
        ("kNWErrorDomainDNS error -65554", (), ()),
        ("error -31005", ("31005",), ("31005",)),
        ("20101 users have no sound", (), ()),
        ("we open all 20000 UDP ports", (), ()),
        ("UDP 10000 to 60000 is open", (), ()),
        ("ports 10000 - 20000, 30000 through 40000/udp", (), ()),
        ("it changed from 31005 to 53000", ("31005", "53000"), ()),
        ("error 31005 calls fail", ("31005",), ("31005",)),
        ("トークンエラー20101が出て", ("20101",), ()),
        ("ポート31009は開いている", (), ()),
        ("오류 31005가 발생", ("31005",), ()),
        ("tcp 0 1 192.0.2.7:31009 203.0.113.5:443 SYN_SENT 31005/chrome", (), ()),
        ("TwilioError31009", ("31009",), ("31009",)),
        ("request 9fe31005bc and deadbeef31009 of trace 7c31005", (), ()),
    ],
)
def test_what_counts_in_prose_and_in_a_log(text: str, prose: tuple[str, ...], log: tuple[str, ...]) -> None:
    """A bare number is a code in prose alone; beside a word for an error it is one in both."""
    for expected, is_log in ((prose, False), (log, True)):
        chosen = choose_codes(codes_in(text, log=is_log), KNOWN)
        assert tuple(item.code for item in chosen) == expected


def test_known_codes_come_first_and_as_they_stand() -> None:
    """An unknown code is left out where a known one stands beside it; a port is none."""
    chosen = choose_codes(codes_in("error 99999, 53000 and then 31009 on port 31005"), KNOWN)
    assert [item.code for item in chosen] == ["53000", "31009"]
