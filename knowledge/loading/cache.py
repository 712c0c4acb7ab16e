"""Cache the values of valid files, so that the next start neither parses nor checks them.

The files stay authoritative: a cached value counts only for one digest over all of them and over the code
that checks them. There are two caches: next to the files, written when Lineman is installed, and in the
user's cache folder. Both are JSON, so that loading them runs no code. The user's cache is trusted only if
nobody else can write it: its content is shown to people as knowledge, and a cache may be set to a shared
folder.
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

# What decides whether a file is valid and which value it has, besides the file.
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
_LARGEST: Final = 16 * 1024 * 1024  # bytes; the whole cache has a quarter of one MiB


def digest_of(sources: Iterable[bytes]) -> str:
    """A digest over *sources* and over the code that checks them."""
    digest = sha256()
    judges = (file.read_bytes() for pattern in _JUDGES for file in sorted(_HERE.glob(pattern)))
    for source in (*judges, *sources):
        digest.update(f"{len(source)}\0".encode() + source)
    return digest.hexdigest()


def load(name: str, digest: str) -> Any | None:
    """The cached value *name* for *digest*; None if there is none, or if it cannot be trusted."""
    for source in (_shipped(name), _own(_file(name))):
        head, _, body = source.partition(b"\n")
        # The second digest covers the value: a half-written file is ignored.
        if head == f"{digest} {sha256(body).hexdigest()}".encode():
            return json.loads(body)
    return None


def store(name: str, digest: str, value: Any) -> None:
    """Store *value* in the user's cache; if that fails, nothing is stored and the next start parses again."""
    file = _file(name)
    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _opened(file.parent) as folder:
            if os.fstat(folder).st_uid != os.geteuid():
                return
            os.fchmod(folder, 0o700)  # created under another umask, it would not be trusted
            new = f"{file.name}.{os.getpid()}"
            with os.fdopen(os.open(new, _NEW, 0o600, dir_fd=folder), "wb") as stream:
                stream.write(_packed(digest, value))
            os.replace(new, file.name, src_dir_fd=folder, dst_dir_fd=folder)


def build_cache(name: str, digest: str, value: Any, folder: Path = SHIPPED) -> None:
    """Store *value* in *folder*, next to the files; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_bytes(_packed(digest, value))


def _packed(digest: str, value: Any) -> bytes:
    body = json.dumps(value, separators=(",", ":")).encode()
    return f"{digest} {sha256(body).hexdigest()}\n".encode() + body


def _shipped(name: str) -> bytes:
    """The cache from the installation; anyone who can change it can change the code next to it."""
    try:
        return (SHIPPED / f"{name}.json").read_bytes()
    except OSError:
        return b""


def _own(file: Path) -> bytes:
    """The content of *file* if it and its folder are ours alone, else empty."""
    with suppress(OSError), _opened(file.parent) as folder:
        if _ours(folder):
            # Relative to the folder that was checked, never through a link; a pipe must not block us.
            opened = os.open(file.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
            with os.fdopen(opened, "rb") as stream:
                return stream.read(_LARGEST) if _ours(stream.fileno()) else b""
    return b""


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """Open *folder*, so that the folder used is the one checked, even if it is replaced in between."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield opened
    finally:
        os.close(opened)


def _ours(opened: int) -> bool:
    """Whether we own the file or folder *opened*, and nobody else may write it."""
    found = os.fstat(opened)
    kind = stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)
    return kind and found.st_uid == os.geteuid() and not found.st_mode & _OTHERS


def _file(name: str) -> Path:
    """The path below the user's cache folder (XDG Base Directory Specification)."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")  # noqa: PTH111, PTH118  (Path.home() raises where there is no home)
    return Path(cache) / "lineman" / f"{name}.json"
