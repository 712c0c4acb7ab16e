"""Keep the values of files that were found good, so that the next start neither parses nor checks them.

The files stay the truth: what is kept counts for one digest over all of them and over everything that judges them.
It lies in two places: beside the files, written when Lineman is installed, and in the cache of whoever runs it. JSON
both times, so that loading it runs nothing. The cache is believed only where nobody else could have written it: what
stands there is told to people as knowledge, and a cache may be set to a folder that everybody shares.
"""

import json
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

_HERE: Final = Path(__file__).parents[1]
SHIPPED: Final = _HERE / "compiled"

# What decides whether a file is good and what it comes to, besides the file.
_JUDGES: Final = (
    "schemas/*.json",
    "loading/load.py",
    "loading/structure.py",
    "loading/references.py",
    "loading/network_schema_errors.py",
    "loading/network_checks.py",
    "loading/yaml_lines.py",
    "loading/cache.py",
)
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH
_LARGEST: Final = 16 * 1024 * 1024  # bytes; all of it has a quarter of one MiB


def digest_of(sources: Iterable[bytes]) -> str:
    """A digest over *sources* and over everything that judges them."""
    digest = sha256()
    judges = (file.read_bytes() for pattern in _JUDGES for file in sorted(_HERE.glob(pattern)))
    for source in (*judges, *sources):
        digest.update(f"{len(source)}\0".encode() + source)
    return digest.hexdigest()


def load(name: str, digest: str) -> Any | None:
    """The value kept as *name* for *digest*; None where there is none, or none to be believed."""
    for source in (_shipped(name), _own(_file(name))):
        head, _, body = source.partition(b"\n")
        # The second digest is over the value: half a file is none.
        if head == f"{digest} {sha256(body).hexdigest()}".encode():
            return json.loads(body)
    return None


def store(name: str, digest: str, value: Any) -> None:
    """Keep *value* in the user's cache; where nothing can be kept, nothing is, and the next start looks again."""
    file = _file(name)
    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _opened(file.parent) as folder:
            if os.fstat(folder).st_uid != os.geteuid():
                return
            os.fchmod(folder, 0o700)  # made under another umask once, it would not be believed
            new = f"{file.name}.{os.getpid()}"
            with os.fdopen(os.open(new, _NEW, 0o600, dir_fd=folder), "wb") as stream:
                stream.write(_packed(digest, value))
            os.replace(new, file.name, src_dir_fd=folder, dst_dir_fd=folder)


def build_cache(name: str, digest: str, value: Any, folder: Path = SHIPPED) -> None:
    """Keep *value* in *folder*, which comes along with the files; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_bytes(_packed(digest, value))


def _packed(digest: str, value: Any) -> bytes:
    body = json.dumps(value, separators=(",", ":")).encode()
    return f"{digest} {sha256(body).hexdigest()}\n".encode() + body


def _shipped(name: str) -> bytes:
    """What came along; whoever can change it can change the code beside it."""
    try:
        return (SHIPPED / f"{name}.json").read_bytes()
    except OSError:
        return b""


def _own(file: Path) -> bytes:
    """The content of *file*, unless somebody else may have written it: it and its folder are ours alone."""
    with suppress(OSError), _opened(file.parent) as folder:
        if _ours(folder):
            # Below the very folder that was looked at, and never through a link; a pipe must not hold us up.
            opened = os.open(file.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
            with os.fdopen(opened, "rb") as stream:
                return stream.read(_LARGEST) if _ours(stream.fileno()) else b""
    return b""


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """*folder* itself, held open: what is looked at is what is used, whatever is put in its place meanwhile."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield opened
    finally:
        os.close(opened)


def _ours(opened: int) -> bool:
    """Whether we own what is *opened*, and nobody else may write it."""
    found = os.fstat(opened)
    kind = stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)
    return kind and found.st_uid == os.geteuid() and not found.st_mode & _OTHERS


def _file(name: str) -> Path:
    """The place below the user's cache (XDG Base Directory Specification)."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")  # noqa: PTH111, PTH118  (Path.home() raises where there is no home)
    return Path(cache) / "lineman" / f"{name}.json"
