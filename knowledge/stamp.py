"""Remember that files were found good once, so that the next start need not look again.

The check of all files takes longer than reading them. A stamp holds a digest and nothing else: whoever writes one by
hand only skips a check of files that are his own.
"""

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
# What decides whether a file is good, besides the file.
_JUDGES: Final = ("schemas/*.json", "structure.py", "references.py", "network_words.py", "network_checks.py")


def digest_of(sources: Iterable[bytes]) -> str:
    """A digest over *sources* and over everything that judges them."""
    digest = hashlib.sha256()
    judges = (file.read_bytes() for pattern in _JUDGES for file in sorted(_HERE.glob(pattern)))
    for source in (*judges, *sources):
        digest.update(f"{len(source)}\0".encode() + source)
    return digest.hexdigest()


def is_stamped(name: str, digest: str) -> bool:
    """Whether the last stamp of *name* is for *digest*."""
    try:
        return _file(name).read_text(encoding="ascii") == digest
    except (OSError, ValueError):
        return False


def stamp(name: str, digest: str) -> None:
    """Remember *digest* for *name*; where nothing can be kept, nothing is, and the next start checks again."""
    file = _file(name)
    new = file.with_name(f"{name}.{os.getpid()}")
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(digest, encoding="ascii")
        new.replace(file)


def _file(name: str) -> Path:
    """The stamp's place below the user's cache (XDG Base Directory Specification)."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")  # noqa: PTH111, PTH118  (Path.home() raises where there is no home)
    return Path(cache) / "lineman" / name
