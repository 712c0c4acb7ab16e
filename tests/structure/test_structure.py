"""The source tree keeps its limits; `make structure` prints what is measured here."""

import pytest

from tests.structure.imports import (
    PackageGraph,
    build_import_graph,
    file_arrows,
    find_circles,
    node_of,
    package_graphs,
)
from tests.structure.large_files import REASONS
from tests.structure.source import (
    LONGEST_FILE,
    SourceFile,
    lazy_imports,
    long_files,
    long_functions,
    read_source,
    repeated_classes,
    type_checking_imports,
)

pytestmark = pytest.mark.unmeasured

LEVELS = 11  # check_link lies between slack and rendering, because both the bot and its own server use it
SLACK_LEVELS = 7

SAMPLE = SourceFile(
    "bot/sample.py",
    """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from collections.abc import Mapping
    from bot.model.request import Request

class Twice:
    class Twice: ...

def plain():
    import knowledge.model
    from bot.a import b  # noqa: PLC0415

def explained():
    import json
    # 40 ms that only this command needs
    import probes.net
    from bot.c import d

    from bot.e import f
""".lstrip(),
)


@pytest.fixture(scope="module")
def files() -> list[SourceFile]:
    return read_source()


@pytest.fixture(scope="module")
def graphs() -> dict[str, PackageGraph]:
    return {inside.name: inside for inside in package_graphs(build_import_graph())}


def test_levels(graphs: dict[str, PackageGraph]) -> None:
    """The packages lie on few levels, in the whole and inside bot.slack, and no import points back up."""
    whole = graphs["bot, knowledge, probes"]
    assert whole.height <= LEVELS, whole.longest_chain
    assert graphs["bot.slack"].height <= SLACK_LEVELS, graphs["bot.slack"].longest_chain
    assert {inside.name: inside.upward for inside in graphs.values() if inside.upward} == {}


def test_every_package_has_a_layer(files: list[SourceFile], graphs: dict[str, PackageGraph]) -> None:
    """No module lies outside the layers that the contracts name."""
    nodes = graphs["bot, knowledge, probes"].levels
    outside = [file.path for file in files if file.module != "bot" and not node_of(file.module, nodes)]
    assert outside == []


def test_no_circles() -> None:
    """No group of files imports one another, inside functions or under TYPE_CHECKING either."""
    assert find_circles(file_arrows(build_import_graph())) == []


def test_circles_are_found() -> None:
    """Each circle is found once, without what leads into it or out of it."""
    arrows = ["in a", "a b", "b c", "c a", "c d", "d e", "e d", "e out"]
    circles = find_circles([(arrow.split()[0], arrow.split()[1]) for arrow in arrows])
    assert sorted(circles) == [["a", "b", "c"], ["d", "e"]]


def test_class_names(files: list[SourceFile]) -> None:
    """One class name, one class."""
    assert repeated_classes(files) == {}
    assert repeated_classes([SAMPLE]) == {"Twice": ["bot/sample.py:6", "bot/sample.py:7"]}


def test_long_files(files: list[SourceFile]) -> None:
    """Each file over 220 lines has a reason, no shorter one has, and none is over 300."""
    large = long_files(files)
    assert sorted(set(large) - set(REASONS)) == [], "split these, or say in large_files.py why not"
    assert sorted(set(REASONS) - set(large)) == [], "these are shorter now: take their reasons out"
    assert {path: lines for path, lines in large.items() if lines > LONGEST_FILE} == {}


def test_long_functions_are_measured() -> None:
    """A function of 31 lines is listed, one of 30 is not."""
    text = "".join(f"def f{size}():\n" + "    pass\n" * (size - 1) for size in (30, 31))
    assert long_functions([SourceFile("a.py", text)]) == [(31, "a.py:31", "f31")]


def test_type_checking(files: list[SourceFile]) -> None:
    """No module of ours is imported for the type checker alone: that would hide a circle."""
    assert type_checking_imports(files) == []
    assert type_checking_imports([SAMPLE]) == ["bot/sample.py:4 from bot.model.request import Request"]


def test_reasons_of_lazy_imports() -> None:
    """A comment on an import or above its group is its reason; one that silences a tool is none."""
    assert lazy_imports([SAMPLE]) == {
        "bot/sample.py:10 import knowledge.model": False,
        "bot/sample.py:11 from bot.a import b": False,
        "bot/sample.py:16 import probes.net": True,
        "bot/sample.py:17 from bot.c import d": True,
        "bot/sample.py:19 from bot.e import f": False,
    }
