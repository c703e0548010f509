"""Attention against NumPy, finite differences and enumeration."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symderiv.errors import ModelError, UnknownNameError
from symderiv.exact import read_matrix, read_vector
from symderiv.models.attention import POOLINGS, attend
from symderiv.models.attention_gradients import argmax_radius, gradients, pull_back
from symderiv.models.transformer import frozen_share

KEYS = [[1, "1/2", 0], [0, 1, "-3/4"], ["5/3", 0, 1], ["1/5", "2/5", "-1"]]
VALUES = [[2, 0], [1, 4], [0, -1], ["1/2", 3]]
QUERY = ["1/2", "-1", "3/2"]


def as_float(rows: Any) -> np.ndarray:
    return np.array([[float(x) for x in row] for row in rows])


def numeric(pooling: str, q: np.ndarray, k: np.ndarray, v: np.ndarray, scale: float) -> np.ndarray:
    scores = scale * k @ q
    weights = {
        "softmax": lambda s: np.exp(s - s.max()) / np.exp(s - s.max()).sum(),
        "argmax": lambda s: (np.arange(len(s)) == s.argmax()).astype(float),
        "linear": lambda s: s,
        "linear_normalized": lambda s: s / s.sum(),
        "mean": lambda s: np.full(len(s), 1 / len(s)),
    }[pooling](scores)
    return weights @ v


def difference(f: Any, x: np.ndarray, h: float = 1e-6) -> np.ndarray:
    columns = []
    for i in np.ndindex(*x.shape):
        step = np.zeros_like(x)
        step[i] = h
        columns.append((f(x + step) - f(x - step)) / (2 * h))
    return np.array(columns).T


@pytest.mark.parametrize("pooling", sorted(POOLINGS))
def test_output_and_gradients_agree_with_differences(pooling: str) -> None:
    query, keys, values = read_vector(QUERY), read_matrix(KEYS), read_matrix(VALUES)
    result = attend(query, keys, values, pooling, scale="1/2")
    q, k, v = as_float([query])[0], as_float(keys), as_float(values)
    assert result.output is not None
    assert np.allclose(as_float([result.output])[0], numeric(pooling, q, k, v, 0.5))
    slopes = gradients(result)
    assert np.allclose(as_float(slopes.by_query), difference(lambda x: numeric(pooling, x, k, v, 0.5), q), atol=1e-7)
    by_keys = difference(lambda x: numeric(pooling, q, x, v, 0.5), k).reshape(2, 4, 3)
    by_values = difference(lambda x: numeric(pooling, q, k, x, 0.5), v).reshape(2, 4, 2)
    for j in range(4):
        assert np.allclose(as_float(slopes.by_keys[j]), by_keys[:, j], atol=1e-7)
        assert np.allclose(as_float(slopes.by_values[j]), by_values[:, j], atol=1e-7)
    upstream = read_vector([2, -3])
    assert np.allclose(as_float([pull_back(upstream, slopes.by_query)])[0], [2, -3] @ as_float(slopes.by_query))


def test_softmax_jacobian_agrees_with_sympy() -> None:
    import sympy

    names = sympy.symbols("q0:2")
    keys, values = read_matrix([[0, 0], ["log(2)", 0], [0, "log(5)"]]), read_matrix([[8, 0], [0, 8], [16, 8]])
    general = attend(names, keys, values)
    assert general.output is not None
    direct = sympy.Matrix(general.output).jacobian(names).subs({n: 1 for n in names})
    found = sympy.Matrix(gradients(attend(read_vector([1, 1]), keys, values)).by_query)
    assert sympy.simplify(direct - found) == sympy.zeros(2, 2)


def test_ties() -> None:
    query, keys = read_vector([1, 1]), read_matrix([[2, 0], [0, 2], [1, 0]])
    values = read_matrix([[0], [4], [9]])
    rules = ("first", "last", "average", "undefined")
    outputs = {t: attend(query, keys, values, "argmax", ties=t).output for t in rules}
    assert outputs == {"first": (0,), "last": (4,), "average": (2,), "undefined": None}
    for ties in ("first", "average"):
        tied = attend(query, keys, values, "argmax", ties=ties)
        assert tied.winners == (0, 1) and tied.margin == 0
        with pytest.raises(ModelError, match="keys 0, 1 tie"):
            gradients(tied)


def test_masked_keys_have_no_weight_and_no_gradient() -> None:
    result = attend(read_vector(QUERY), read_matrix(KEYS), read_matrix(VALUES), mask=[True, False, True, False])
    assert result.weights is not None and result.weights[1] == result.weights[3] == 0
    assert abs(float(sum(result.weights)) - 1) < 1e-12
    assert all(x == 0 for row in gradients(result).by_keys[1] for x in row)


def test_radius_of_the_argmax() -> None:
    result = attend(read_vector([1, 1, 2]), read_matrix([[1, 2, 0], [0, 3, 4], [5, 0, 0], [0, 0, 1]]),
                    read_matrix([[1], [2], [3], [4]]), "argmax")
    radius = float(argmax_radius(result) or 0)
    rng = np.random.default_rng(5)
    pushes = rng.normal(size=(20_000, 3))
    pushes /= np.linalg.norm(pushes, axis=1, keepdims=True)
    keys = as_float(result.keys)
    winners = ((np.array([1, 1, 2]) + 0.999 * radius * pushes) @ keys.T).argmax(1)
    assert set(winners) == {1}
    assert set(((np.array([1, 1, 2]) + 1.01 * radius * pushes) @ keys.T).argmax(1)) > {1}


@pytest.mark.parametrize(
    ("kwargs", "expected"),
    [({"pooling": "hat"}, UnknownNameError), ({"ties": "coin"}, UnknownNameError), ({"mask": [False] * 4}, ModelError),
     ({"mask": [True]}, ModelError), ({"bias": [1]}, ModelError), ({"similarity": "hamming"}, UnknownNameError)],
)
def test_bad_settings(kwargs: dict[str, Any], expected: type[Exception]) -> None:
    with pytest.raises(expected):
        attend(read_vector(QUERY), read_matrix(KEYS), read_matrix(VALUES), **kwargs)


def test_bad_shapes() -> None:
    with pytest.raises(ModelError, match="key 0 has 3"):
        attend(read_vector([1]), read_matrix(KEYS), read_matrix(VALUES))
    with pytest.raises(ModelError, match="4 keys and 1 values"):
        attend(read_vector(QUERY), read_matrix(KEYS), read_matrix([[1]]))
    with pytest.raises(ModelError, match="sum to zero"):
        attend(read_vector([1]), read_matrix([[1], [-1]]), read_matrix([[1], [2]]), "linear_normalized")


def count_frozen_by_simulation(d: int, hidden: int) -> tuple[int, int]:
    """Entries of a random layer whose finite-difference gradient vanishes under argmax, on random tokens."""
    rng = np.random.default_rng(0)
    tokens = rng.normal(size=(12, d))
    shapes = {"Q": (d, d), "K": (d, d), "V": (d, d), "O": (d, d), "1": (d, hidden), "2": (hidden, d)}
    weights = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    target = rng.normal(size=(12, d))

    def loss(w: dict[str, np.ndarray]) -> float:
        winners = ((tokens @ w["Q"]) @ (tokens @ w["K"]).T).argmax(1)
        state = tokens + (tokens @ w["V"])[winners] @ w["O"]
        return float((target * (state + np.tanh(state @ w["1"]) @ w["2"])).sum())

    frozen = total = 0
    for name, matrix in weights.items():
        for index in np.ndindex(*matrix.shape):
            moved = {k: v.copy() for k, v in weights.items()}
            moved[name][index] += 1e-7
            frozen += abs(loss(moved) - loss(weights)) < 1e-12
            total += 1
    return frozen, total


def test_frozen_share_agrees_with_a_real_layer() -> None:
    share = frozen_share(4, 8)
    assert (share.frozen, share.total) == count_frozen_by_simulation(4, 8)


def test_key_bias_is_frozen_under_softmax_too() -> None:
    rng = np.random.default_rng(1)
    q, k, v, shift = rng.normal(size=4), rng.normal(size=(5, 4)), rng.normal(size=(5, 2)), rng.normal(size=4)
    assert np.allclose(numeric("softmax", q, k, v, 1.0), numeric("softmax", q, k + shift, v, 1.0))
    assert frozen_share(8, 16, bias=True, pooling="softmax").names == ("b_K",)


def test_heads_do_not_change_the_count_and_layers_multiply_it() -> None:
    assert frozen_share(8, 32, heads=4).total == frozen_share(8, 32).total
    assert frozen_share(8, 32, layers=6).frozen == 6 * frozen_share(8, 32).frozen
    assert frozen_share(8, 32, heads=4, kv_heads=2).total == frozen_share(8, 32).total - 8 * 8
    with pytest.raises(ModelError, match="do not divide"):
        frozen_share(8, 16, heads=3)
    with pytest.raises(ModelError, match="layers is 0"):
        frozen_share(8, 16, layers=0)
