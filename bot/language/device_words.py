"""Recognize words that say that pasted output was made on the user's device.

Pure.
"""

from bot.intake.clues import ON_DEVICE


def is_from_device(words: str) -> bool:
    """Tell whether *words* say that the pasted output was made on the user's device."""
    return bool(ON_DEVICE.search(words))


def without_place(words: str) -> str:
    """Remove the words that say so."""
    return ON_DEVICE.sub(" ", words)
