"""Problem 7 by other routes: sizes by sliding windows, parameters by arrays, networks in NumPy with np.pad."""

from __future__ import annotations

import numpy as np
import pytest

from symderiv.paper.statements import compared
from symderiv.problems.eecs182_fa22 import edge_network as net
from symderiv.problems.eecs182_fa22.p07_convolution import INPUT, STACK, problem

PROBLEM = problem()
ANSWERS = {answer.id: answer for answer in PROBLEM.answers}


def status(name, **said):
    answer = ANSWERS[name]
    scope = answer.scope if answer.scope is not None else PROBLEM.scope
    return compared({"id": name, "claim": "", **said}, answer, scope).status


def windows(x, kernel, stride=1):
    seen = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(0, 1))
    return seen[::stride, ::stride]


def test_the_table_by_running_the_layers_on_arrays():
    x = np.random.default_rng(7).normal(size=INPUT)
    for key, name, _, _ in STACK:
        count = 0
        if name.startswith("CONV3"):
            weights, biases = np.zeros((int(name[6:]), x.shape[-1], 3, 3)), np.zeros(int(name[6:]))
            x = np.einsum("ijckl,fckl->ijf", windows(np.pad(x, ((1, 1), (1, 1), (0, 0))), 3), weights) + biases
            count = weights.size + biases.size
        elif name == "POOL2":
            x = windows(x, 2, 2).max(axis=(-2, -1))
        elif name == "FLATTEN":
            x = x.reshape(-1)
        else:
            weights, biases = np.zeros((3, x.size)), np.zeros(3)
            x, count = weights @ x + biases, weights.size + biases.size
        assert ANSWERS[f"7a.{key}.params"].value == count, key
        assert ANSWERS[f"7a.{key}.dims"].value == x.shape, key


def pooled(weights, image, pad):
    """Two convolutions with circular padding, ReLU and the mean over the image, in floating point."""
    x = np.array(image, dtype=float)
    for kernel in weights:
        padded = np.pad(x, ((0, 0), pad, pad), mode="wrap")
        seen = np.lib.stride_tricks.sliding_window_view(padded, (2, 2), axis=(1, 2))
        x = np.maximum(np.einsum("cijkl,fckl->fij", seen, np.array(kernel, dtype=float)), 0)
    return x.mean(axis=(1, 2))


def random_network(rng):
    return rng.normal(size=(3, 1, 2, 2)), rng.normal(size=(3, 3, 2, 2))


@pytest.mark.parametrize("padding", net.PADS)
def test_invariance_is_that_of_random_networks(padding):
    rng = np.random.default_rng(8)
    same = []
    for _ in range(20):
        weights, image = random_network(rng), rng.normal(size=(1, net.ROWS, net.COLUMNS))
        moved = np.roll(image, (rng.integers(1, net.ROWS), rng.integers(1, net.COLUMNS)), axis=(1, 2))
        same.append(np.allclose(*(pooled(weights, x, net.PADS[padding]) for x in (image, moved))))
    assert set(same) == {net.invariant(padding)}


def test_columns_alike_are_those_of_random_networks():
    rng = np.random.default_rng(9)
    alike = set(range(net.COLUMNS))
    for _ in range(20):
        weights = random_network(rng)
        found = [pooled(weights, net.vertical(c), net.PADS[net.EVERY]) for c in range(net.COLUMNS)]
        alike &= {c for c in range(net.COLUMNS) if np.allclose(found[c], found[net.LINE_3])}
    assert tuple(sorted(alike)) == net.alike(net.EVERY, 1, net.LINE_3)
    assert set(net.border()) == set(range(net.COLUMNS)) - alike


@pytest.mark.parametrize("padding", net.PADS)
def test_fitted_networks_have_the_given_features(padding):
    weights = net.fitted(padding, 2, 6)
    for image, direction in ((net.horizontal(2), "horizontal"), (net.vertical(6), "vertical")):
        given = [float(x) for x in net.GIVEN[direction]]
        assert np.allclose(pooled([np.array(w, dtype=float) for w in weights], image, net.PADS[padding]), given)


@pytest.mark.parametrize("column", net.border())
def test_a_line_at_the_border_does_not_tell_the_features_of_the_other(column):
    sign, found = net.at_the_border(column)
    weights = [np.array(w, dtype=float) for w in net.fitted(net.EVERY, net.ROWS // 2, column, sign)]
    pad = net.PADS[net.EVERY]
    assert np.allclose(pooled(weights, net.vertical(column), pad), [float(x) for x in net.GIVEN["vertical"]])
    assert np.allclose(pooled(weights, net.vertical(net.LINE_3), pad), [float(x) for x in found])
    assert abs(float(found[1]) - 0.8) > 0.1


def test_a_changed_official_answer_changes_its_status():
    assert status("7a.conv2.params", expr="3*3*10*10+10") == "confirmed"
    assert status("7a.conv2.params", expr="3*3*10*10") == "refuted"
    assert status("7a.pool2.dims", vec=["7", "7", "10"]) == "confirmed"
    assert status("7a.pool2.dims", vec=["7", "7", "1"]) == "refuted"
    assert status("7b.g3", vec=["0.8", "0", "0"]) == "refuted"


def test_invariance_needs_its_condition():
    assert status("7b.invariance", value=True) == "imprecise"
    assert status("7b.invariance", value=True, when=net.FIRST) == "confirmed"
    assert status("7b.invariance", value=True, when=net.EVERY) == "refuted"
    assert status("7b.g3", vec=["0", "0.8", "0"]) == "underdetermined"
    assert status("7b.g3", vec=["0", "0.8", "0"], when=net.FIRST) == "confirmed"
