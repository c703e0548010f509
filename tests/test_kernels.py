"""Kernels: right numbers on every path, bad points named, code that does not grow with the time steps."""

import numpy as np
import pytest

from symderiv.codegen import loops, numpy_source
from symderiv.codegen.source import rolled
from symderiv.errors import KernelError, UnknownNameError
from symderiv.functions import log, relu, sigmoid, sqrt, tanh
from symderiv.graph import Graph

BACKENDS = ("numpy", "numba")


def rnn(steps, nonlinear=False):
    g = Graph("RNN")
    w, v, h, u = g.inputs(f"w v h_0 u[{steps}]")
    for value in u:
        h = w * h + v * value
        h = tanh(h) if nonlinear else h
    return g, g.node("y", h), [w, v, *u]


def by_hand(points, steps, nonlinear):
    """Value and gradient of the recurrence by forward accumulation, one variable at a time."""
    w, v, h, *u = points
    derivatives = np.zeros((2 + steps, points.shape[1]))
    for t, value in enumerate(u):
        grown = w * derivatives
        grown[0] += h
        grown[1] += value
        grown[2 + t] += v
        h = w * h + v * value
        if nonlinear:
            h = np.tanh(h)
            grown = grown * (1 - h**2)
        derivatives = grown
    return np.vstack([h, derivatives])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("nonlinear", [False, True])
@pytest.mark.parametrize(("steps", "points"), [(1, 1), (5, 7), (40, 300), (40, 9001)])
def test_value_and_gradient_against_forward_accumulation(backend, nonlinear, steps, points):
    if backend == "numba":
        pytest.importorskip("numba")
    g, y, wrt = rnn(steps, nonlinear)
    at = np.random.default_rng(1).uniform(-0.9, 0.9, (3 + steps, points))
    found = g.kernel(y, wrt=wrt, backend=backend).batch(at)
    assert found == pytest.approx(by_hand(at, steps, nonlinear), rel=1e-11, abs=1e-13)


@pytest.mark.parametrize("steps", [6, 40])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_results_that_bypass_the_cache(monkeypatch, steps, dtype):
    pytest.importorskip("numba")
    monkeypatch.setattr(loops, "FAR_BYTES", 0)
    g, y, wrt = rnn(steps)
    precision = 1e-11 if dtype == "float64" else 1e-5
    f = g.kernel(y, wrt=wrt, backend="numba", dtype=dtype)
    for points in (1, 3, 17, 2051):  # rows of all alignments, shorter and longer than a cache line
        at = np.random.default_rng(1).uniform(-0.9, 0.9, (3 + steps, points))
        wide = np.full((3 + steps, points + 1), -7.0, dtype)  # what lies around the results is not touched
        found = f.batch(at, out=wide.reshape(-1)[1 : 1 + (3 + steps) * points].reshape(3 + steps, points))
        assert found == pytest.approx(by_hand(at, steps, False), rel=precision, abs=precision)
        assert wide.reshape(-1)[0] == -7 and (wide.reshape(-1)[1 + (3 + steps) * points :] == -7).all()


def test_values_wait_in_rows_of_results():
    g, y, wrt = rnn(200)
    everything, value = (g.kernel(y, wrt=w)._run.program.buffers for w in (wrt, wrt[:1]))
    assert everything < 60 < 200 <= value


@pytest.mark.parametrize("seed", range(12))
def test_all_derivatives_at_once_are_those_one_by_one(seed):
    """Random graphs with steps that repeat: alone, a derivative finds no row of another result to wait in."""
    rng = np.random.default_rng(seed)
    g = Graph()
    w, v, u = g.inputs("w v u[60]")
    h, kept = w, [v]
    moves = [
        lambda a, b: a * b / (b * b + 1), lambda a, b: 0.1 * a * a - b,
        lambda a, b: a / (b * b + 2), lambda a, b: 1 - a * b / (b * b + 1),
    ]  # fmt: skip
    body = [(rng.integers(4), rng.integers(4)) for _ in range(rng.integers(1, 5))]
    for value in u:
        for move, other in body:
            h = moves[move](h, [w, v, value, kept[-1]][other]) * 0.5
        if rng.random() < 0.3:
            kept.append(h)
    at = rng.uniform(-0.9, 0.9, (62, 40))
    found = g.kernel(h, wrt=[w, v, *u]).batch(at)
    alone = [g.kernel(h, wrt=one).batch(at)[1] for one in (w, v, u[0], u[30], u[59])]
    assert found[[1, 2, 3, 33, 62]] == pytest.approx(np.array(alone), rel=1e-11, abs=1e-13)
    step = np.eye(62)[:, :1] * 1e-5
    differences = (g.kernel(h).batch(at + step) - g.kernel(h).batch(at - step))[0] / 2e-5
    assert found[1] == pytest.approx(differences, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_memory_of_results_is_used_again_when_nobody_holds_them(backend):
    if backend == "numba":
        pytest.importorskip("numba")
    g, y, wrt = rnn(10)
    f = g.kernel(y, wrt=wrt, backend=backend)
    at = np.random.default_rng(1).uniform(-0.9, 0.9, (13, 20_000))
    first = f.batch(at)
    row, wanted = first[3, ::2], by_hand(at, 10, False)
    del first
    second = f.batch(-at)  # the row is still held
    assert not np.shares_memory(row, second) and row == pytest.approx(wanted[3, ::2])
    where = second.ctypes.data
    del second
    assert f.batch(at).ctypes.data == where
    value, _ = f({name: values for name, values in zip(f.inputs, at, strict=True)})
    again, _ = f({name: -values for name, values in zip(f.inputs, at, strict=True)})
    assert not np.shares_memory(value, again) and value == pytest.approx(wanted[0])


@pytest.mark.parametrize("backend", BACKENDS)
def test_threads_share_a_batch(backend):
    if backend == "numba":
        pytest.importorskip("numba")
    g, y, wrt = rnn(40, nonlinear=True)
    at = np.random.default_rng(1).uniform(-0.9, 0.9, (43, 50_001))
    alone, shared = (g.kernel(y, wrt=wrt, backend=backend, threads=n).batch(at) for n in (1, 3))
    assert (alone == shared).all()
    at[2, 49_000] = at[5, 20_000] = np.nan
    with pytest.raises(KernelError, match="index 20000"):
        g.kernel(y, wrt=wrt, backend=backend, threads=3).batch(at)
    with pytest.raises(KernelError, match="threads, not in 0"):
        g.kernel(y, threads=0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_single_precision(backend):
    if backend == "numba":
        pytest.importorskip("numba")
    g, y, wrt = rnn(20, nonlinear=True)
    at = np.random.default_rng(1).uniform(-0.9, 0.9, (23, 50))
    found = g.kernel(y, wrt=wrt, dtype="float32", backend=backend).batch(at)
    assert found.dtype == np.float32 and found == pytest.approx(by_hand(at, 20, True), abs=1e-5)
    with pytest.raises(KernelError, match="int64"):
        g.kernel(y, dtype="int64")


def test_inputs_broadcast_and_results_have_their_shape():
    g = Graph()
    a, b = g.inputs("a b")
    f = g.kernel(g.node("y", a * b + a), wrt=[a])
    value, derivative = f(a=2, b=3)
    assert (value, derivative) == (8, 4) and np.ndim(value) == 0
    value, derivative = f({"a": np.ones((3, 1)), "b": np.arange(4)})
    assert value.shape == derivative.shape == (3, 4) and (derivative == np.arange(4) + 1).all()
    both = g.kernel("y", wrt=[a, b])(a=[1, 2], b=5).derivative
    assert both.shape == (2, 2) and both.tolist() == [[6, 6], [1, 2]]
    assert g.kernel("y")(a=1, b=[]).shape == (0,)


def test_results_go_into_a_given_array():
    g, y, wrt = rnn(3)
    f = g.kernel(y, wrt=wrt)
    at, out = np.ones((6, 10)), np.empty((6, 10))
    assert f.batch(at, out) is out
    spread = np.empty((6, 20))[:, ::2]
    assert (f.batch(at, spread) == out).all()
    with pytest.raises(KernelError, match="wanted"):
        f.batch(at, np.empty((2, 10)))
    with pytest.raises(KernelError, match="one row for each of the 6 inputs"):
        f.batch(np.ones((5, 10)))


def test_forward_gives_every_node():
    g, _, _ = rnn(2)
    found = g.forward(w=2, v=1, h_0=3, u_1=[1, 10], u_2=0)
    assert found["y"].tolist() == [14, 32] and found["w"].tolist() == [2, 2] and len(found) == len(g)


def test_the_code_does_not_grow_with_the_time_steps():
    lengths = []
    for steps in (50, 5000):
        g, y, wrt = rnn(steps, nonlinear=True)
        lengths.append(len(rolled(g.kernel(y, wrt=wrt)._run.program)))
    assert lengths[0] == lengths[1] < 12


def test_generated_code_holds_no_text_of_the_user(monkeypatch):
    sources = []
    compiled = numpy_source.compiled
    monkeypatch.setattr(numpy_source, "compiled", lambda source: sources.append(source) or compiled(source))
    g = Graph("import os")
    (x,) = g.inputs("secretname")
    g.kernel(g.node("othername", x * x, label="__import__('os')"), wrt=[x])
    text = "\n".join(sources[0].lines)
    assert "secretname" not in text and "othername" not in text and "import" not in text


# --- bad points --------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("nonlinear", [False, True])
def test_bad_numbers_in_inputs_are_named(backend, bad, nonlinear):
    if backend == "numba":
        pytest.importorskip("numba")
    g, y, wrt = rnn(4, nonlinear)
    f = g.kernel(y, wrt=wrt, backend=backend)
    u = np.zeros(20_000)
    u[12_345] = bad
    with pytest.raises(KernelError, match=rf"input u_3 is {bad} at index 12345"):
        f(w=1, v=1, h_0=0, u_1=0, u_2=0, u_3=u, u_4=1)
    assert not np.isfinite(g.kernel(y, backend=backend, check=False)(w=1, v=1, h_0=0, u_1=0, u_2=0, u_3=np.nan, u_4=1))


KINKS = {
    "relu": (lambda x: relu(x) * 2, 0.0, "kink"),
    "abs": (lambda x: abs(x) + 1, 0.0, "kink"),
    "log of 0": (log, 0.0, "log of 0"),
    "log of a negative number": (log, -1.0, "log of -1"),
    "root of a negative number": (sqrt, -2.0, "sqrt of -2"),
    "root at 0": (sqrt, 0.0, "division by zero"),
    "division": (lambda x: 3 / (x - 1), 1.0, "division by zero"),
    "hidden division": (lambda x: 1 / (1 / (x - 1)), 1.0, "division by zero"),
    "fractional power": (lambda x: x**0.3, -1.0, "pow"),
    "overflow": (lambda x: x**40, 1e200, "too large"),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", KINKS)
def test_points_without_a_value_or_a_partial_are_named(name, backend):
    if backend == "numba":
        pytest.importorskip("numba")
    function, at, words = KINKS[name]
    g = Graph()
    (x,) = g.inputs("x")
    f = g.kernel(g.node("y", function(x)), wrt=[x], backend=backend)
    f(x=[1.5, 2.5])
    with pytest.raises(KernelError, match=f"(?s)index 1 of the batch.*{words}|{words}.*index 1 of the batch"):
        f(x=[1.5, at])


def test_without_check_the_partial_of_relu_at_0_is_0():
    g = Graph()
    (x,) = g.inputs("x")
    f = g.kernel(g.node("y", relu(x) + abs(x)), wrt=[x], check=False)
    assert f(x=[-1.0, 0.0, 1.0]).derivative.tolist() == [-1, 0, 2]


def test_a_value_at_a_kink_needs_no_partial():
    g = Graph()
    (x,) = g.inputs("x")
    assert g.kernel(relu(x))(x=0) == 0


def test_large_arguments_of_saturating_functions_are_no_error():
    g = Graph()
    (x,) = g.inputs("x")
    value, derivative = g.kernel(g.node("y", sigmoid(x) + tanh(x)), wrt=[x])(x=[-800.0, 800.0])
    assert value.tolist() == [-1, 2] and derivative.tolist() == [0, 0]


def test_a_number_that_no_float_holds_is_named():
    g = Graph()
    (x,) = g.inputs("x")
    with pytest.raises(KernelError, match=r"about 10\^5000, is too large for a float"):
        g.kernel(g.node("y", 10**5000 * x * x), wrt=[x])


def test_wrong_inputs_are_named():
    g, y, _ = rnn(2)
    f = g.kernel(y)
    with pytest.raises(KernelError, match="no value for the inputs v, h_0"):
        f(w=1, u_1=1, u_2=2)
    with pytest.raises(UnknownNameError, match="u_2"):
        f(w=1, v=1, h_0=0, u_1=1, u_2=2, u_22=2)
    with pytest.raises(KernelError, match=r"u_2 has \(3,\)"):
        f(w=1, v=[1, 2], h_0=0, u_1=1, u_2=[1, 2, 3])
    with pytest.raises(KernelError, match="the input v is not real numbers"):
        f(w=1, v="text", h_0=0, u_1=1, u_2=2)
    with pytest.raises(UnknownNameError, match="numpy"):
        g.kernel(y, backend="nump")
