"""Lines over NATS arrive whole, in order, and once, whatever is lost, repeated, or sent to another inbox."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.relays.hub.nats_settings import NatsSettings, read_nats_settings
from bot.settings import SettingsReader
from tests.hub.nats_server import need_nats

need_nats()

from bot.relays.nats import frames  # noqa: E402 - needs the client
from bot.relays.nats.frames import Frame, Incoming, Outgoing, decode_frame  # noqa: E402


@given(st.lists(st.binary(max_size=40), max_size=6), st.lists(st.integers(0, 9), max_size=60), st.data())
def test_everything_arrives_once(lines: list[bytes], fates: list[int], data: st.DataObject) -> None:
    """Frames that are lost or repeated, and heartbeats that are lost, change nothing of what is read."""
    outgoing, incoming, now = Outgoing("hub-a"), Incoming(), 0.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "PART_SIZE", 7)
        ways = iter(fates)
        under_way = [frame for line in lines for frame in outgoing.line(line, now)]
        read: list[bytes] = []
        while not outgoing.is_empty:
            for frame in under_way:
                fate = next(ways, 5)  # 0: lost; 1: comes twice
                for _ in range(0 if fate == 0 else 2 if fate == 1 else 1):
                    whole = incoming.take(decode_frame(frame.encode()) or frame)
                    read += [whole.text] if whole else []
            if next(ways, 5):
                outgoing.confirm(incoming.last)
            now += 1
            under_way = outgoing.again(now, 0.3)
    assert read == lines


def test_another_inbox_gets_what_is_missing() -> None:
    """After a restart, the frames that were not confirmed are numbered from 1, and count as late."""
    outgoing = Outgoing("hub-a")
    for text in (b"one", b"two", b"three"):
        outgoing.line(text, 5.0)
    outgoing.confirm(1)
    outgoing.restart()
    outgoing.line(b"four", 5.0)
    assert [(frame.number, frame.text) for frame in outgoing.again(5.0, 0.3)] == [(1, b"two"), (2, b"three")]
    assert outgoing.last == 3


@pytest.mark.parametrize(
    "payload",
    [b"", b"1 line", b"x line hub\n", b"-1 line hub\n", b"1 lime hub\n", b"\xff line hub\n", b"1" * 99],
)
def test_what_is_no_frame(payload: bytes) -> None:
    assert decode_frame(payload) is None


def test_line_without_end() -> None:
    """A hub cannot fill the memory of the bot with a line that never ends."""
    incoming, text = Incoming(), b"x" * frames.PART_SIZE
    most = frames.LONGEST_ANSWER // frames.PART_SIZE
    for number in range(1, most + 1):
        assert incoming.take(Frame(number, "part", "hub-a", text)) is None
    with pytest.raises(ValueError, match="too long"):
        incoming.take(Frame(most + 1, "part", "hub-a", text))


def read(**environment: str) -> NatsSettings | None:
    get = SettingsReader(environment)
    settings = read_nats_settings(get)
    get.check()
    return settings


def test_settings() -> None:
    """Several servers share the user; a password is unescaped, and is in no text."""
    settings = read(
        LINEMAN_NATS="tls://bot:a%40%2Cb@n1.example,nats://[2001:db8::1]:4333", LINEMAN_NATS_NAME="bot-a"
    )
    assert settings
    assert settings.servers == ("tls://n1.example:4222", "nats://[2001:db8::1]:4333")
    assert (settings.user, settings.password, settings.name) == ("bot", "a@,b", "bot-a")
    assert settings.is_encrypted
    assert str(settings) == "n1.example:4222, [2001:db8::1]:4333"
    assert "a@,b" not in repr(settings)
    assert read(LINEMAN_NATS_NAME="bot-a") is None
    plain = read(LINEMAN_NATS="nats://n1.example")
    assert plain
    assert plain.name
    assert not plain.is_encrypted
