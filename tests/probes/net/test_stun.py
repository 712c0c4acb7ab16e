"""The STUN codec: vectors of RFC 5769, round trips, and what must be refused."""

import struct

import pytest

from probes.net.stun import (
    MAX_ATTRIBUTES,
    MalformedError,
    StunAttribute,
    StunClass,
    StunMessage,
    StunMethod,
    TransportAddress,
    integrity_holds,
    long_term_key,
    make_message,
    pack_address,
    pack_error,
    pack_message,
    parse_message,
)

# RFC 5769 section 2.2 and 2.3: sample responses with the password below.
PASSWORD = b"VOkJxbRl1RmTxUk/WvJxBt"
IPV4_RESPONSE = bytes.fromhex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae"
    "8022000b7465737420766563746f7220"
    "002000080001a147e112a643"
    "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7"
    "80280004c07d4c96"
)
IPV6_RESPONSE = bytes.fromhex(
    "010100482112a442b7e7a701bc34d686fa87dfae"
    "8022000b7465737420766563746f7220"
    "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    "00080014a382954e4be67bf11784c97c8292c275bfe3ed41"
    "80280004c8fb0b4c"
)
# RFC 5769 section 2.4: a request with long-term credentials.
LONG_TERM_REQUEST = bytes.fromhex(
    "000100602112a44278ad3433c6ad72c029da412e"
    "00060012e3839ee38388e383aae38383e382af e382b90000"
    "0015001c662f2f3439396b39353464364f4c33346f4c39465354767936347341"
    "0014000b6578616d706c652e6f726700"
    "00080014f67024656dd64a3e02b8e0712e85c9a28ca89666".replace(" ", "")
)


@pytest.mark.parametrize(
    ("packet", "reflexive"),
    [
        (IPV4_RESPONSE, TransportAddress("192.0.2.1", 32853)),
        (IPV6_RESPONSE, TransportAddress("2001:db8:1234:5678:11:2233:4455:6677", 32853)),
    ],
)
def test_sample_responses(packet: bytes, reflexive: TransportAddress) -> None:
    """The RFC's own responses give its addresses, its software and a signature that holds."""
    message = parse_message(packet)
    assert (message.method, message.kind) == (StunMethod.BINDING, StunClass.SUCCESS)
    assert message.reflexive == reflexive
    assert message.text(StunAttribute.SOFTWARE) == "test vector"
    assert integrity_holds(packet, PASSWORD) is True
    assert integrity_holds(packet, b"wrong") is False


def test_sample_long_term_request() -> None:
    """The RFC's long-term key signs its request."""
    username = parse_message(LONG_TERM_REQUEST).get(StunAttribute.USERNAME)
    assert username == "マトリックス".encode()
    key = long_term_key(username, b"example.org", b"TheMatrIX")
    assert integrity_holds(LONG_TERM_REQUEST, key) is True


def test_a_message_survives_the_round_trip() -> None:
    """What is packed, signed and parsed again is the same, for every method and kind."""
    key = long_term_key(b"alice", b"turn.example", b"secret")
    for method in StunMethod:
        for kind in StunClass:
            message = make_message(method, kind, [(StunAttribute.DATA, b"abc"), (0x7777, b"")])
            packet = pack_message(message, key)
            parsed = parse_message(packet)
            assert (parsed.method, parsed.kind, parsed.transaction) == (method, kind, message.transaction)
            assert parsed.get(StunAttribute.DATA) == b"abc"
            assert integrity_holds(packet, key) is True
            assert integrity_holds(pack_message(message), key) is None


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::7"])
@pytest.mark.parametrize("attribute", [StunAttribute.XOR_PEER_ADDRESS, StunAttribute.OTHER_ADDRESS])
def test_an_address_survives_the_round_trip(host: str, attribute: StunAttribute) -> None:
    """Addresses of both families, with XOR and without."""
    transaction = bytes(range(12))
    message = StunMessage(
        1,
        StunClass.SUCCESS,
        transaction,
        (pack_address(attribute, TransportAddress(host, 4567), transaction),),
    )
    assert parse_message(pack_message(message)).address(attribute) == TransportAddress(host, 4567)


def test_addresses_print_as_one_writes_them() -> None:
    """An IPv6 host is in brackets."""
    assert str(TransportAddress("192.0.2.7", 1)) == "192.0.2.7:1"
    assert str(TransportAddress("2001:db8::7", 1)) == "[2001:db8::7]:1"


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (pack_error(401, "Unauthorized")[1], (401, "Unauthorized")),
        (pack_error(438)[1], (438, "")),
        (b"\0\0\x04\x41A\xff\n", (465, "A\ufffd")),
        (b"\0\0\x07\x01", (0, "")),
        (b"\0\0\x04\x64", (0, "")),
        (b"\0\0", (0, "")),
        (b"\0\0\x05\x00" + b"x" * 500, (500, "x" * 128)),
    ],
)
def test_errors(value: bytes, error: tuple[int, str]) -> None:
    """Code and reason are read, made printable and bounded; what cannot be a code is 0."""
    assert StunMessage(3, StunClass.ERROR, bytes(12), ((StunAttribute.ERROR_CODE, value),)).error == error
    assert StunMessage(3, StunClass.SUCCESS, bytes(12), ((StunAttribute.ERROR_CODE, value),)).error is None


def test_an_error_without_a_code_is_still_an_error() -> None:
    """The class of the message says it, even where the attribute is missing."""
    assert StunMessage(3, StunClass.ERROR, bytes(12)).error == (0, "")


@pytest.mark.parametrize("value", [b"", b"\0", b"\0\1", b"\0\1\0\1abc", b"\0\2\0\1abcd", b"\0\3\0\1abcd"])
def test_broken_addresses_are_none(value: bytes) -> None:
    """An address attribute of the wrong length or family is no address."""
    message = StunMessage(1, StunClass.SUCCESS, bytes(12), ((StunAttribute.XOR_MAPPED_ADDRESS, value),))
    assert message.address(StunAttribute.XOR_MAPPED_ADDRESS) is None
    assert message.reflexive is None


def _with_length(length: int, body: bytes) -> bytes:
    return struct.pack("!HHI12s", 0x0101, length, 0x2112A442, bytes(12)) + body


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\0" * 19,
        bytes(20),
        b"\xc0" + IPV4_RESPONSE[1:],
        IPV4_RESPONSE[:-1],
        IPV4_RESPONSE + b"\0\0\0\0",
        _with_length(2, b"ab"),
        _with_length(8, struct.pack("!HHI", 0x20, 9, 0)),
        _with_length(4, struct.pack("!HH", 0x20, 0xFFFF)),
        _with_length(4 * (MAX_ATTRIBUTES + 1), bytes(4 * (MAX_ATTRIBUTES + 1))),
    ],
)
def test_what_is_no_message_is_refused(packet: bytes) -> None:
    """Short, long, cut, foreign and overfull packets raise MalformedError and nothing else."""
    with pytest.raises(MalformedError):
        parse_message(packet)
