"""Read a file that a person names, without waiting for a pipe that nobody writes to."""

import os
import stat

from bot.errors import UsageError, quote


def read_bytes(file: str, most: int) -> bytes:
    """Return the bytes of *file*, at most so many; `UsageError` if it cannot be read."""
    try:
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
            start = _start_of_pipe(stream.fileno(), file)
            os.set_blocking(stream.fileno(), True)
            return start + stream.read(most - len(start))
    except OSError as error:
        raise UsageError(f"{quote(file)} cannot be read: {error.strerror or error}.") from error


def _start_of_pipe(descriptor: int, file: str) -> bytes:
    """Return the first byte of a pipe, or nothing if it is to come, or if *file* is no pipe."""
    if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        return b""
    try:
        start = os.read(descriptor, 1)
    except BlockingIOError:
        return b""
    if not start:
        raise UsageError(f"{quote(file)} is a pipe, and no program writes to it.")
    return start
