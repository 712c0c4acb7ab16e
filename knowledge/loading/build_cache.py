"""Write the values that come along with the files, parsed and checked, for a quick start.

`python -m knowledge.loading.build_cache`.
Done when Lineman is installed. Where a file is changed afterwards, what was written counts no more.
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
