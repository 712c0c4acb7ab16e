"""The pure half of the TURN client: challenges, refusals, frames."""

import pytest

from probes.net.stun import (
    MalformedError,
    StunAttribute,
    StunClass,
    StunMessage,
    StunMethod,
    integrity_holds,
    long_term_key,
    pack_error,
    pack_message,
    parse_message,
)
from probes.net.turn_session import MOST_BYTES, Credentials, StunFrames, TurnRefused, TurnSession
from probes.protocol.failures import Failure

ALICE = Credentials("alice", "opensesame")
CHALLENGE = ((StunAttribute.REALM, b"turn.example"), (StunAttribute.NONCE, b"first"))
KEY = long_term_key(b"alice", b"turn.example", b"opensesame")


def error(code: int, *attributes: tuple[int, bytes], reason: str = "") -> StunMessage:
    return StunMessage(
        StunMethod.ALLOCATE, StunClass.ERROR, bytes(12), (pack_error(code, reason), *attributes)
    )


def test_a_challenge_is_answered_with_a_signature() -> None:
    """After a 401 the same request goes out again with name, realm, nonce and integrity."""
    session = TurnSession(ALICE)
    _, plain = session.request(StunMethod.ALLOCATE)
    assert parse_message(plain).get(StunAttribute.USERNAME) is None
    assert session.accepts(error(401, *CHALLENGE)) is False
    _, signed = session.request(StunMethod.ALLOCATE)
    message = parse_message(signed)
    assert message.get(StunAttribute.USERNAME) == b"alice"
    assert message.get(StunAttribute.NONCE) == b"first"
    assert integrity_holds(signed, KEY) is True
    assert session.challenged


def test_a_stale_nonce_is_replaced() -> None:
    """After a 438 the new nonce is used, with the realm of before."""
    session = TurnSession(ALICE)
    session.accepts(error(401, *CHALLENGE))
    assert session.accepts(error(438, (StunAttribute.NONCE, b"second"))) is False
    message = parse_message(session.request(StunMethod.REFRESH)[1])
    assert message.get(StunAttribute.NONCE) == b"second"
    assert message.get(StunAttribute.REALM) == b"turn.example"


def test_a_signature_refused_is_unauthorized() -> None:
    """A second 401 means that the server does not know us."""
    session = TurnSession(ALICE)
    session.accepts(error(401, *CHALLENGE))
    with pytest.raises(TurnRefused) as refused:
        session.accepts(error(401, *CHALLENGE, reason="Unauthorized"))
    assert refused.value.failure is Failure.TURN_UNAUTHORIZED
    assert str(refused.value) == "401 Unauthorized"


@pytest.mark.parametrize("code", [401, 438])
def test_a_challenge_that_cannot_be_answered(code: int) -> None:
    """Without realm or nonce there is nothing to sign with."""
    with pytest.raises(TurnRefused):
        TurnSession(ALICE).accepts(error(code, (StunAttribute.REALM, b"turn.example")))


def test_no_credentials_is_its_own_word() -> None:
    """A challenge without credentials to answer it is no_credentials, and is recorded as a challenge."""
    session = TurnSession(Credentials())
    with pytest.raises(TurnRefused) as refused:
        session.accepts(error(401, *CHALLENGE))
    assert refused.value.failure is Failure.NO_CREDENTIALS
    assert session.challenged


def test_a_false_signature_is_junk() -> None:
    """A success with a wrong signature is malformed; an unsigned one is accepted, as old servers send it."""
    session = TurnSession(ALICE)
    session.accepts(error(401, *CHALLENGE))
    answer = StunMessage(StunMethod.ALLOCATE, StunClass.SUCCESS, bytes(12))
    with pytest.raises(MalformedError):
        session.read(pack_message(answer, b"another key"))
    assert session.read(pack_message(answer, KEY)).kind is StunClass.SUCCESS
    assert session.read(pack_message(answer)).kind is StunClass.SUCCESS


def test_credentials_do_not_print() -> None:
    """Neither repr nor str of anything that holds them shows them."""
    for text in (repr(ALICE), str(ALICE), repr(TurnSession(ALICE))):
        assert "alice" not in text
        assert "opensesame" not in text
    assert ALICE.scrub("hello alice") == ""
    assert ALICE.scrub("hello") == "hello"
    assert Credentials().scrub("hello") == "hello"


def test_frames_are_cut_at_any_place() -> None:
    """A stream gives its messages however it is cut, and ChannelData between them is passed over."""
    one = pack_message(
        StunMessage(StunMethod.BINDING, StunClass.SUCCESS, bytes(12), ((StunAttribute.DATA, b"abc"),))
    )
    stream = one + b"\x40\x01\x00\x05hello\0\0\0" + one + b"\x40\x02\x00\x00" + one
    for size in range(1, len(stream)):
        frames = StunFrames()
        found: list[bytes] = []
        for at in range(0, len(stream), size):
            found += frames.feed(stream[at : at + size])
        assert found == [one, one, one]


@pytest.mark.parametrize(
    "start", [b"HTTP/1.1 200 OK", b"\x80\0\0\0", b"\xff\xff\0\0", b"\x01\x01\xff\xfc", b"\x40\0\xff\xff"]
)
def test_frames_refuse_what_cannot_be_turn(start: bytes) -> None:
    """Another protocol, or a length no server has use for, ends the stream at once."""
    with pytest.raises(MalformedError):
        StunFrames().feed(start)


def test_frames_keep_no_more_than_one_message() -> None:
    """What waits for its end is bounded."""
    frames = StunFrames()
    frames.feed(b"\x01\x01" + (MOST_BYTES - 20).to_bytes(2, "big") + bytes(MOST_BYTES - 5))
    assert len(frames._rest) < MOST_BYTES
