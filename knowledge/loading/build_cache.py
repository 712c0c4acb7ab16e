"""Write the parsed and checked values next to the knowledge files, for a quick start.

Run by `python -m knowledge.loading.build_cache` when Lineman is installed. After a file changes, the cached
values are ignored.
"""

import sys
from pathlib import Path

from knowledge.loading import load, load_network
from knowledge.loading.cache import SHIPPED, build_cache


def ship_all(folder: Path = SHIPPED) -> None:
    """Compile the knowledge and the network into *folder*; raises KnowledgeError and OSError."""
    build_cache(load.NAME, *load.compile_knowledge(), folder)
    build_cache(load_network.NAME, *load_network.compile_network(), folder)


if __name__ == "__main__":
    ship_all(*map(Path, sys.argv[1:2]))
