"""Find circles in a graph: questions that need one another, causes that explain one another.

Pure.
"""

from collections.abc import Iterator, Mapping


def circles(graph: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Every circle that a walk in *graph* runs into, each reported once."""
    done: set[str] = set()
    for start in graph:
        trail: list[tuple[str, int]] = [(start, 0)]
        while trail:
            node, next_one = trail[-1]
            onward = graph.get(node, ())
            if node in done or next_one == len(onward):
                done.add(node)
                trail.pop()
                continue
            trail[-1] = (node, next_one + 1)
            names = [name for name, _ in trail]
            if onward[next_one] in names:
                yield (*names[names.index(onward[next_one]) :], onward[next_one])
            elif onward[next_one] not in done:
                trail.append((onward[next_one], 0))
