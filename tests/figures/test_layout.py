"""Graphviz in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from symderiv.drawing import Diagram, Edge, Node
from symderiv.errors import DrawingError, ToolError
from symderiv.figures import layout
from symderiv.figures.layout import graphviz_placement, label_size, node_size
from symderiv.notation.labels import tex, text

NODES = tuple(Node(name, text(name)) for name in ("a", "b", "c", "d"))
DIAMOND = Diagram(NODES, (Edge("a", "b", tex(r"\frac{x}{y}")), Edge("a", "c"), Edge("b", "d"), Edge("c", "d"),
                          Edge("a", "b", text("second"))))


def test_edges_keep_their_order_and_parallels_stay_apart():
    placement = graphviz_placement(DIAMOND)
    assert set(placement.centres) == set("abcd")
    assert len(placement.routes) == 5
    assert placement.routes[0].points != placement.routes[4].points
    for edge, route in zip(DIAMOND.edges, placement.routes, strict=True):
        (sx, sy), (x, y) = placement.centres[edge.source], route.points[0]
        width, height = node_size(next(n for n in NODES if n.id == edge.source))
        assert abs(x - sx) <= width / 2 + 2
        assert abs(y - sy) <= height / 2 + 2
        assert (route.label_at is not None) == bool(edge.label)


def test_labels_get_their_room():
    placement = graphviz_placement(DIAMOND)
    (x1, y1), (x2, y2) = (placement.routes[i].label_at for i in (0, 4))
    (w1, h1), (w2, h2) = (label_size(DIAMOND.edges[i]) for i in (0, 4))
    assert abs(x1 - x2) >= (w1 + w2) / 2 or abs(y1 - y2) >= (h1 + h2) / 2


def test_what_graphviz_reads_holds_no_text_of_the_user():
    diagram = Diagram((Node('"]; evil', text("\\N")),), (Edge('"]; evil', '"]; evil', text("evil")),), title="evil")
    assert "evil" not in layout._source(diagram)
    assert graphviz_placement(diagram).centres


def test_a_crash_of_graphviz_is_an_error_message(monkeypatch):
    crash = [sys.executable, "-c", "import os; os.abort()"]
    real = subprocess.run
    monkeypatch.setattr(layout.shutil, "which", lambda name: None)
    monkeypatch.setattr(layout.subprocess, "run", lambda command, **options: real(crash, **options))
    with pytest.raises(DrawingError, match="Graphviz could not lay out"):
        layout._run_graphviz("digraph {}", "dot")


def test_a_hanging_layout_is_stopped(monkeypatch):
    real = subprocess.run
    sleep = [sys.executable, "-c", "import time; time.sleep(30)"]
    monkeypatch.setattr(layout, "SECONDS", 0.3)
    monkeypatch.setattr(layout.shutil, "which", lambda name: None)
    monkeypatch.setattr(layout.subprocess, "run", lambda command, **options: real(sleep, **options))
    with pytest.raises(DrawingError, match="did not finish"):
        layout._run_graphviz("digraph {}", "dot")


def test_a_machine_without_graphviz_is_told_how_to_get_it(monkeypatch):
    real = subprocess.run
    missing = [sys.executable, "-c", "import no_such_pygraphviz"]
    monkeypatch.setattr(layout.shutil, "which", lambda name: None)
    monkeypatch.setattr(layout.subprocess, "run", lambda command, **options: real(missing, **options))
    with pytest.raises(ToolError, match="pip install"):
        layout._run_graphviz("digraph {}", "dot")


def test_the_bundled_graphviz_loads_nothing_that_draws_text():
    """Those libraries need GLib and X11, which a bare machine lacks though the wheel installs."""
    worker = Path(layout.__file__).with_name("layout_worker.py")
    code = (
        f"import runpy, sys; sys.argv = ['worker', 'dot']; main = runpy.run_path({str(worker)!r})['main'];"
        "main('dot'); print(open('/proc/self/maps').read(), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=b"digraph {a -> b}", capture_output=True, check=True)
    assert json.loads(done.stdout)["bb"]
    loaded = done.stderr.decode()
    assert "libgvc" in loaded and not [name for name in ("libpango", "libglib", "libX11", "libgd-") if name in loaded]
