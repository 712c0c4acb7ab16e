"""Which half a line belongs to, decided by its text alone and before anything was tuned."""

import hashlib


def is_held_out(text: str) -> bool:
    """Whether *text* is kept back: a coin thrown by the hash of its letters."""
    return hashlib.sha256(" ".join(text.casefold().split()).encode()).digest()[0] % 2 == 1
