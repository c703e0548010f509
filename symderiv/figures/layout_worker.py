"""Run Graphviz as bundled in pygraphviz's wheel: DOT on stdin, JSON with positions on stdout.

This file is a program of its own, started by ``symderiv.figures.layout``: a crash in
the C library ends this process and not the build.
"""

from __future__ import annotations

import sys


def main(engine: str) -> int:
    """Lay out one graph with ``engine`` (dot, neato, circo)."""
    from pygraphviz import AGraph

    graph = AGraph(string=sys.stdin.buffer.read().decode("utf-8"))
    graph.layout(prog=engine)
    sys.stdout.buffer.write(graph.draw(format="json"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
