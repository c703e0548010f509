"""Bad input: one clear error that names the thing and the way out, or it is shown literally; nothing is half-written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

import symderiv as sd
from symderiv.errors import SymderivError

HOSTILE = r"\write18{touch owned} #{}%&_^~\"<> </svg><script>" + "x" * 10_000


def product():
    g = sd.Graph("a product")
    w, u = g.inputs("w u")
    return g, w, g.node("y", sd.relu(w * u))


def fails(action, *words):
    with pytest.raises(SymderivError) as caught:
        action()
    told = str(caught.value)
    assert all(word in told for word in words), told
    assert "\n" not in told.strip() and len(told) < 600
    return told


def test_a_name_used_twice():
    g, w, _ = product()
    fails(lambda: g.node("y", w + 1), "y", "a product")
    fails(lambda: g.inputs("w"), "w")


def test_an_unknown_symbol():
    g, _, y = product()
    fails(lambda: g.node("z", sp.Symbol("v")), "v")
    fails(lambda: g.backward("q"), "q")


def test_a_value_of_another_graph_cannot_make_a_cycle():
    g, w, y = product()
    other = sd.Graph("another")
    (v,) = other.inputs(["v"])
    fails(lambda: other.node("z", v + y), "another")


def test_a_partial_that_does_not_exist_at_a_point():
    g, w, y = product()
    fails(lambda: g.kernel(y, wrt=[w])(w=np.array([1.0, 0.0]), u=2.0), "kink", "index 1", "w = 0")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number(value):
    g, w, y = product()
    fails(lambda: g.kernel(y)(w=np.array([1.0, value]), u=2.0), "w", "1")


def test_a_function_that_branches_on_a_symbolic_value():
    def branching(w, u):
        return w if w > u else u

    fails(lambda: sd.trace(branching), "branch")


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png", "dot", "tex"])
def test_a_hostile_label_is_shown_literally(suffix, tmp_path):
    g, w, y = product()
    g.node("z", y * w, label=HOSTILE)
    made = sd.write(g, tmp_path / f"graph.{suffix}").read_bytes()
    assert made and not (tmp_path / "owned").exists()
    if suffix == "svg":
        assert b"<script>" not in made
    if suffix == "tex":
        assert b"\\write18" not in made


def test_a_graph_too_large_to_draw(tmp_path):
    g = sd.Graph("long")
    (x,) = g.inputs(["x"])
    for k in range(400):
        x = g.node(f"h_{k}", x * x)
    fails(lambda: sd.write(g, tmp_path / "long.svg"), "401", "fold")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def f(w):\n    return w if w > 0 else -w\n", "line 2, in f"),
        ("def f(w):\n    raise KeyError('secret')\n", "line 2, in f: KeyError"),
        ("def f(w:\n", "bad.py, line 1"),
        ("def g(w):\n    return w\n", "f"),
    ],
)
def test_the_command_line_says_it_in_one_line(source, words, tmp_path):
    (tmp_path / "bad.py").write_text(source, encoding="utf-8")
    command = [sys.executable, "-m", "symderiv", "graph", "bad.py:f", "-o", "out.svg"]
    environment = {**os.environ, "COLUMNS": "200"}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120, env=environment)
    assert done.returncode == 2 and words in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert [path for path in Path(tmp_path).iterdir() if path.name not in ("bad.py", "__pycache__")] == []
