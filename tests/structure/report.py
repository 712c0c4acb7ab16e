"""The shape of the source tree and the trace of one diagnosis, as lines to print."""

from collections.abc import Iterable, Iterator, Mapping

import grimp

from tests.structure.imports import (
    build_import_graph,
    file_arrows,
    find_circles,
    modules_per_package,
    package_graphs,
)
from tests.structure.large_files import REASONS
from tests.structure.source import (
    LONG_FILE,
    LONG_FUNCTION,
    LONGEST_FILE,
    SourceFile,
    lazy_imports,
    long_files,
    long_functions,
    repeated_aliases,
    repeated_classes,
    type_checking_imports,
)
from tests.structure.trace import Trace


def report_tree(files: list[SourceFile]) -> Iterator[str]:
    """Say how the source files are arranged and who imports whom."""
    graph = build_import_graph()
    yield from _packages(files)
    yield from _imports(graph)
    yield from _files(files)
    yield from _unusual_imports(files)


def report_trace(command: str, trace: Trace) -> Iterator[str]:
    """Say what one case went through."""
    pairs, upward = trace.package_pairs, trace.upward
    yield f"One {command} in Slack, from the command's arrival until the verdict is delivered"
    yield f"  files entered {len(trace.entered)}, pairs of files {len(trace.file_pairs)}"
    yield f"  packages entered {len(trace.packages)}: {', '.join(sorted(trace.packages))}"
    yield f"  pairs of packages crossed {len(pairs)} (caller, called, calls)"
    yield from (
        f"    {caller:<16} {called:<16} {times:>5}" for (caller, called), times in sorted(pairs.items())
    )
    yield f"  calls upward {upward.total()}, by {len(upward)} callbacks"
    yield from (f"    {times:>3} {caller} -> {called}" for (caller, called), times in sorted(upward.items()))


def _packages(files: list[SourceFile]) -> Iterator[str]:
    modules = modules_per_package(files)
    yield f"Modules per package ({sum(modules.values())} in {len(modules)})"
    yield from (f"  {package:<24} {count:>3}" for package, count in sorted(modules.items()))
    yield ""


def _imports(graph: grimp.ImportGraph) -> Iterator[str]:
    yield f"{'Imports':<24} nodes levels arrows upward"
    graphs = package_graphs(graph)
    for inside in graphs:
        counts = (len(inside.levels), inside.height, len(inside.arrows), len(inside.upward))
        yield f"{inside.name:<24} {counts[0]:>5} {counts[1]:>6} {counts[2]:>6} {counts[3]:>6}"
    yield ""
    yield "Longest chains of imports"
    yield from (f"  {' > '.join(inside.longest_chain)}" for inside in graphs)
    circles = find_circles(file_arrows(graph))
    yield from _section("Circles of files", (" ".join(circle) for circle in circles))
    upward = (f"{high} -> {low}" for inside in graphs for high, low in sorted(inside.upward))
    yield from _section("Arrows that point back up", upward)


def _files(files: list[SourceFile]) -> Iterator[str]:
    yield from _section("Class names that occur twice", _repeated(repeated_classes(files)))
    yield from _section("Public type aliases that occur twice", _repeated(repeated_aliases(files)))
    functions = (f"{length:>3} {place} {name}" for length, place, name in long_functions(files))
    yield from _section(f"Functions over {LONG_FUNCTION} lines", functions)
    large = long_files(files)
    reasons = (f"{lines:>3} {path}: {REASONS.get(path, 'NO REASON')}" for path, lines in large.items())
    yield from _section(f"Files over {LONG_FILE} lines", reasons)
    longest = (f"{lines:>3} {path}" for path, lines in large.items() if lines > LONGEST_FILE)
    yield from _section(f"Files over {LONGEST_FILE} lines", longest)


def _unusual_imports(files: list[SourceFile]) -> Iterator[str]:
    yield from _section("Imports of our modules under TYPE_CHECKING", type_checking_imports(files))
    lazy = lazy_imports(files)
    unexplained = [place for place, explained in lazy.items() if not explained]
    yield from _section(
        f"Imports of our modules inside functions: {len(lazy)}; without a reason", unexplained
    )
    yield ""


def _repeated(names: Mapping[str, list[str]]) -> Iterator[str]:
    return (f"{name}: {', '.join(places)}" for name, places in names.items())


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    rows = list(lines)
    yield ""
    yield f"{title}: {len(rows)}"
    yield from (f"  {row}" for row in rows)
