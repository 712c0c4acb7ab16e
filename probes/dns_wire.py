"""The parts of a DNS packet: numbers, names with their pointers, records (RFC 1035 section 4). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

Name: TypeAlias = tuple[bytes, ...]  # labels in lower case; the root has none

KINDS: Final = {"A": 1, "CNAME": 5, "TXT": 16, "AAAA": 28, "OPT": 41}
_LABEL, _WHOLE = 63, 255  # bytes (RFC 1035 2.3.4)
_POINTER: Final = 0xC0
_YEARS: Final = 2**31  # seconds; a ttl of more than that means 0 (RFC 2181 8)


class MalformedError(ValueError):
    """These bytes are no DNS packet."""


@dataclass(frozen=True, slots=True)
class Record:
    """One resource record."""

    name: Name
    kind: int
    family: int  # class
    ttl: int
    data: bytes
    target: Name = ()  # of a CNAME


class Reader:
    """Reads a packet from front to back."""

    def __init__(self, packet: bytes, at: int = 0) -> None:
        self._packet, self._at = packet, at

    @property
    def left(self) -> int:
        """Bytes that were not read yet."""
        return len(self._packet) - self._at

    def take(self, size: int) -> bytes:
        """The next *size* bytes."""
        taken = self._packet[self._at : self._at + size]
        if len(taken) < size:
            raise MalformedError
        self._at += size
        return taken

    def number(self, size: int) -> int:
        """A number of *size* bytes."""
        return int.from_bytes(self.take(size), "big")

    def name(self) -> Name:
        """A name, and those parts of it that stand further ahead in the packet."""
        labels: list[bytes] = []
        behind, first, size = None, self._at, 1
        while length := self.number(1):
            if length >= _POINTER:
                at = (length - _POINTER) << 8 | self.number(1)
                behind = self._at if behind is None else behind
                if at >= first:  # forwards, or in circles
                    raise MalformedError
                self._at = first = at
                continue
            size += length + 1
            if length > _LABEL or size > _WHOLE:
                raise MalformedError
            labels.append(self.take(length).lower())
        if behind is not None:
            self._at = behind
        return tuple(labels)

    def record(self) -> Record:
        """A resource record."""
        name, kind, family = self.name(), self.number(2), self.number(2)
        ttl, size = self.number(4), self.number(2)
        begin, data = self._at, self.take(size)
        target: Name = ()
        if kind == KINDS["CNAME"]:
            end, self._at = self._at, begin
            target = self.name()
            if self._at != end:
                raise MalformedError
        if kind != KINDS["OPT"] and ttl >= _YEARS:
            ttl = 0
        return Record(name, kind, family, ttl, data, target)


def pack_name(labels: Sequence[bytes]) -> bytes:
    """Write a name; ValueError where there can be none such."""
    if not all(0 < len(label) <= _LABEL for label in labels):
        raise ValueError("a label is empty or too long")
    packed = b"".join(bytes((len(label),)) + label for label in labels) + bytes(1)
    if len(packed) > _WHOLE:
        raise ValueError("the name is too long")
    return packed


def to_text(name: Name) -> str:
    r"""Write *name* without the trailing dot, what is no letter of names as \DDD (RFC 1035 5.1)."""
    return ".".join(
        "".join(chr(one) if 33 <= one <= 126 and one not in b'.\\"' else f"\\{one:03d}" for one in label)
        for label in name
    )
