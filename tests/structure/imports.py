"""Who imports whom: modules per package, levels, and arrows that point back up.

A package counts as one node; a level is one more than the highest level imported. What is up and what is down is
read from the layers of the contracts in pyproject.toml, so that there is no second table of them.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import grimp

from tests.structure.source import OURS, ROOT, SourceFile

WHOLE: Final = ""  # the container that holds bot's packages, knowledge and probes

Arrow: TypeAlias = tuple[str, str]  # importer, imported


@dataclass(frozen=True)
class PackageGraph:
    """The nodes inside one container, and the imports between them."""

    name: str
    levels: Mapping[str, int]  # by node; what imports nothing has level 1
    arrows: frozenset[Arrow]
    upward: frozenset[Arrow]  # those that do not point to a lower layer

    @property
    def height(self) -> int:
        return max(self.levels.values())

    @property
    def longest_chain(self) -> list[str]:
        """One of the longest chains of imports, from the top."""
        chain = [max(self.levels, key=lambda node: self.levels[node])]
        while below := self._one_below(chain[-1]):
            chain.append(below)
        return chain

    def _one_below(self, node: str) -> str:
        imported = sorted(self.arrows - self.upward)
        wanted = self.levels[node] - 1
        return next((low for high, low in imported if high == node and self.levels[low] == wanted), "")


def build_import_graph() -> grimp.ImportGraph:
    """Read the imports of all our modules, those inside functions and under `TYPE_CHECKING` too."""
    return grimp.build_graph(*OURS, cache_dir=None)


def modules_per_package(files: list[SourceFile]) -> dict[str, int]:
    """Count the modules of each package, those with a docstring alone left out."""
    return dict(Counter(file.package for file in files if len(file.tree.body) > 1))


def file_arrows(graph: grimp.ImportGraph) -> set[Arrow]:
    """Give every import of one of our modules by another."""
    return {
        (importer, imported)
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    }


def package_graphs(graph: grimp.ImportGraph) -> list[PackageGraph]:
    """Give the whole tree, and the inside of each package whose layers a contract names."""
    layers = read_layers()
    arrows = file_arrows(graph)
    return [_package_graph(name, graph.modules, arrows, ranks) for name, ranks in layers.items()]


def read_layers() -> dict[str, dict[str, int]]:
    """Read the rank of each node of each container from the contracts; the top layer has the highest."""
    layers = {
        container: _ranks(container, contract["layers"])
        for contract in _layer_contracts()
        for container in contract.get("containers", [WHOLE])
    }
    top = len(layers[WHOLE])  # bot's own layers take the place of the node `bot` above knowledge and probes
    whole = {node: rank for node, rank in layers.pop(WHOLE).items() if node != "bot"}
    whole |= {node: rank + top for node, rank in layers.pop("bot").items()}
    return {WHOLE: whole, **layers}


def node_of(module: str, nodes: Iterable[str]) -> str:
    """Give the node that *module* belongs to, or "" if it is outside of all of them."""
    return next((node for node in nodes if f"{module}.".startswith(f"{node}.")), "")


def find_circles(arrows: Iterable[Arrow]) -> list[list[str]]:
    """Give each group of nodes that all reach one another (strongly connected components, by Kosaraju)."""
    ahead: dict[str, set[str]] = {}
    behind: dict[str, set[str]] = {}
    for importer, imported in arrows:
        ahead.setdefault(importer, set()).add(imported)
        behind.setdefault(imported, set()).add(importer)
    done: set[str] = set()
    finished = [node for start in sorted(ahead) for node in _reach(start, ahead, done)]
    done = set()
    groups = [list(_reach(node, behind, done)) for node in reversed(finished)]
    return [sorted(group) for group in groups if len(group) > 1]


def _reach(start: str, arrows: Mapping[str, set[str]], done: set[str]) -> Iterator[str]:
    """Walk depth-first over nodes that are not *done*, each after all that it leads to."""
    if start in done:
        return
    done.add(start)
    for following in sorted(arrows.get(start, ())):
        yield from _reach(following, arrows, done)
    yield start


def _layer_contracts() -> list[dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return [found for found in settings["tool"]["importlinter"]["contracts"] if found["type"] == "layers"]


def _ranks(container: str, layers: list[str]) -> dict[str, int]:
    prefix = f"{container}." if container else ""
    return {
        f"{prefix}{name.strip()}": rank
        for rank, layer in enumerate(reversed(layers))
        for name in layer.split("|")
    }


def _package_graph(
    name: str, modules: Iterable[str], file_imports: Iterable[Arrow], ranks: Mapping[str, int]
) -> PackageGraph:
    home = {module: node for module in modules if (node := node_of(module, ranks))}
    arrows = {
        (home[importer], home[imported])
        for importer, imported in file_imports
        if importer in home and imported in home and home[importer] != home[imported]
    }
    upward = {(high, low) for high, low in arrows if ranks[low] >= ranks[high]}
    levels: dict[str, int] = {}
    for node in sorted(ranks, key=lambda node: ranks[node]):
        levels[node] = 1 + max((levels[low] for high, low in arrows - upward if high == node), default=0)
    return PackageGraph(name or "bot, knowledge, probes", levels, frozenset(arrows), frozenset(upward))
