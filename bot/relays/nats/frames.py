"""The messages of one conversation over NATS: numbered, so that what gets lost while NATS restarts is sent again.

A hub numbers its frames from 1 and sends those again that the other side has not confirmed. Long lines are sent in
parts. Pure: no network, no clock.
"""

import math
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Final

# NATS takes messages of 1 MB, if the operator has not set another limit.
PART_SIZE: Final = 256 * 1024
LONGEST_ANSWER: Final = 64 * 1024 * 1024

PART, LINE, END, BEAT, ELSEWHERE, MOVED = "part", "line", "end", "beat", "elsewhere", "moved"
_KINDS: Final = (PART, LINE, END, BEAT, ELSEWHERE, MOVED)


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of a hub: its number, what it is, which hub sent it, and its text.

    `elsewhere`: not started, the relay is connected to another hub. `moved`: the same during a plan. `beat` has the
    number of the last other frame.
    """

    number: int
    kind: str
    hub: str
    text: bytes = b""

    def encode(self) -> bytes:
        """Write the frame."""
        return f"{self.number} {self.kind} {self.hub}\n".encode() + self.text


def decode_frame(payload: bytes) -> Frame | None:
    """Read a frame; None for anything else."""
    head, _, text = payload.partition(b"\n")
    try:
        number, kind, hub = head.decode("ascii").split(" ")
    except ValueError:
        return None
    if kind not in _KINDS or not number.isdecimal() or len(number) > 10:
        return None
    return Frame(int(number), kind, hub, text)


@dataclass(slots=True)
class Outgoing:
    """The frames of one conversation that the other side has not confirmed."""

    hub: str
    last: int = 0
    _waiting: deque[tuple[float, Frame]] = field(default_factory=deque)  # with the time of sending

    def line(self, text: bytes, now: float) -> list[Frame]:
        """Number one line, in parts if it is long."""
        cuts = range(0, max(len(text), 1), PART_SIZE)
        return [
            self.add(LINE if start == cuts[-1] else PART, now, text[start : start + PART_SIZE])
            for start in cuts
        ]

    def add(self, kind: str, now: float, text: bytes = b"") -> Frame:
        """Number one frame."""
        self.last += 1
        frame = Frame(self.last, kind, self.hub, text)
        self._waiting.append((now, frame))
        return frame

    def confirm(self, number: int) -> None:
        """Drop the frames up to *number*: they have arrived."""
        while self._waiting and self._waiting[0][1].number <= number:
            self._waiting.popleft()

    def restart(self) -> None:
        """Number the frames that were not confirmed from 1, for another inbox, and count all of them as late."""
        frames = [frame for _, frame in self._waiting]
        self.last = len(frames)
        self._waiting = deque(
            (-math.inf, replace(frame, number=number)) for number, frame in enumerate(frames, 1)
        )

    def again(self, now: float, older: float) -> list[Frame]:
        """Return the frames that were sent more than *older* seconds ago, to send them again."""
        late = [frame for sent, frame in self._waiting if now - sent >= older]
        self._waiting = deque((now if now - sent >= older else sent, frame) for sent, frame in self._waiting)
        return late

    @property
    def is_empty(self) -> bool:
        """Whether everything has arrived."""
        return not self._waiting


@dataclass(slots=True)
class Incoming:
    """Puts the frames of one conversation together again."""

    last: int = 0  # the number up to which everything has arrived
    _text: bytearray = field(default_factory=bytearray)

    def take(self, frame: Frame) -> Frame | None:
        """Return *frame*, a line with all of its parts, if it is the next one; ValueError for a line without end."""
        if frame.kind == BEAT or frame.number != self.last + 1:
            return None
        self.last = frame.number
        self._text += frame.text
        if len(self._text) > LONGEST_ANSWER:
            raise ValueError("a line is too long")
        if frame.kind == PART:
            return None
        whole = Frame(frame.number, frame.kind, frame.hub, bytes(self._text))
        self._text.clear()
        return whole
