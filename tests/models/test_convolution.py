"""Sizes and parameters against counting: windows laid one by one, tensors made and measured."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from symderiv.errors import ModelError, UnknownNameError
from symderiv.models.conv_layers import ALIASES, LAYERS
from symderiv.models.convolution import table, written
from symderiv.models.windows import Window, windows


def count(size: int, w: Window) -> int:
    """Lay windows from the left until one sticks out (or, rounding up, has no cell of input or front padding)."""
    total, start = 0, 0
    end = size + w.before + w.after
    while start + w.span <= end or (w.ceil and start < size + w.before and start - w.stride + w.span < end):
        total, start = total + 1, start + w.stride
    return total


def test_positions_agree_with_laying_windows() -> None:
    grid = itertools.product(range(1, 12), (1, 2, 3, 5), (1, 2, 3), (1, 2), (0, 1), (0, 1), (False, True))
    checked = 0
    for size, kernel, stride, dilation, before, after, ceil in grid:
        w = Window(kernel, stride, dilation, before, after, ceil)
        if w.span > size + before + after or max(before, after) >= kernel:
            continue
        assert w.positions(size) == count(size, w), (size, w)
        checked += 1
    assert checked > 500


def test_transposed_inverts_the_size_of_a_convolution() -> None:
    for size, kernel, stride, pad in itertools.product(range(3, 12), (1, 2, 3), (1, 2, 3), (0, 1)):
        w = Window(kernel, stride, 1, pad, pad)
        if w.span > size + 2 * pad or (size + 2 * pad - w.span) < 0:
            continue
        small = w.positions(size)
        lost = (size + 2 * pad - w.span) % stride
        assert lost == 0 or w.transposed(small, lost) == size
        assert lost or w.transposed(small) == size


def test_same_padding_keeps_size_over_stride() -> None:
    for size, kernel, stride, dilation in itertools.product(range(1, 12), (1, 2, 3, 4, 5), (1, 2, 3), (1, 2)):
        (w,) = windows(1, kernel, stride, "same", dilation, sizes=(size,))
        assert w.positions(size) == -(-size // stride)
        assert 0 <= w.after - w.before <= 1


@pytest.mark.parametrize(
    ("layer", "dims", "shapes"),
    [
        ({"type": "conv", "filters": 6, "k": [3, 5], "groups": 2}, (9, 9, 4), [(3, 5, 2, 6), (6,)]),
        ({"type": "conv", "filters": 6, "k": 3, "bias": False}, (9, 9, 4), [(3, 3, 4, 6)]),
        ({"type": "conv1d", "filters": 6, "k": 3}, (9, 4), [(3, 4, 6), (6,)]),
        ({"type": "depthwise", "k": 3}, (9, 9, 4), [(3, 3, 1, 4), (4,)]),
        ({"type": "depthwise", "k": 3, "multiplier": 2}, (9, 9, 4), [(3, 3, 1, 8), (8,)]),
        ({"type": "separable", "k": 3, "filters": 7}, (9, 9, 4), [(3, 3, 4), (4, 7), (7,)]),
        ({"type": "convT", "filters": 5, "k": 4, "stride": 2, "pad": 1}, (7, 7, 3), [(4, 4, 3, 5), (5,)]),
        ({"type": "bn"}, (9, 9, 4), [(4,), (4,)]),
        ({"type": "layernorm", "over": "all"}, (2, 3, 4), [(2, 3, 4), (2, 3, 4)]),
        ({"type": "fc", "K": 3}, (490,), [(490, 3), (3,)]),
        ({"type": "gap"}, (9, 9, 4), []),
        ({"type": "prelu"}, (9, 9, 4), [(1,)]),
    ],
)
def test_parameters_agree_with_tensors(layer: dict[str, Any], dims: tuple[int, ...], shapes: list[Any]) -> None:
    assert table(dims, [layer]).rows[0].params == sum(np.zeros(shape).size for shape in shapes)


def test_computation_and_value_agree() -> None:
    layers = [{"type": "conv", "filters": 10, "k": 3, "pad": 1}, {"type": "pool", "k": 2}, {"type": "flatten"},
              {"type": "fc", "K": 3}]
    result = table((28, 28, 1), layers)
    assert [written(r.params_as) for r in result.rows] == ["3×3×1×10+10", "0", "0", "1960×3+3"]
    for row in result.rows:
        assert row.params == sum(int(np.prod(term)) for term in row.params_as)
        assert np.prod(row.dims) == np.prod(row.dims_as)
    assert result.total_params == sum(r.params for r in result.rows)


def test_receptive_field_by_perturbing_the_input() -> None:
    conv = {"type": "conv", "filters": 1, "k": 3}
    layers = [{**conv, "stride": 2}, {**conv, "dilation": 2}, {"type": "pool", "k": 2}]
    rows = table((64, 1), layers).rows
    reads: list[set[int]] = [{i} for i in range(64)]
    for row in rows:
        (w,) = row.made.windows
        reads = [set().union(*(reads[t] for t in w.taps(i))) for i in range(row.dims[0])]
    assert max(reads[0]) - min(reads[0]) + 1 == rows[-1].receptive_field[0]


@pytest.mark.parametrize(
    ("dims", "layer", "words"),
    [
        ((4, 4, 1), {"type": "conv", "filters": 1, "k": 7}, "does not fit"),
        ((4, 4, 3), {"type": "conv", "filters": 4, "k": 1, "groups": 2}, "2 groups do not divide 3 input channels"),
        ((4, 4, 4), {"type": "conv", "filters": 3, "k": 1, "groups": 2}, "do not divide 3 filters"),
        ((4, 4, 1), {"type": "conv", "filters": -1, "k": 1}, "at least 1"),
        ((4, 4, 1), {"type": "conv", "filters": 1, "k": 1, "pad": -1}, "at least 0"),
        ((4, 4, 1), {"type": "conv", "filters": 1, "k": 1, "stride": 0}, "at least 1"),
        ((0, 4, 1), {"type": "flatten"}, "at least 1"),
        ((4, 4, 1), {"type": "fc", "K": 3}, "flatten"),
        ((4, 4, 1), {"type": "conv", "k": 3}, "filters is missing"),
        ((4, 4, 1), {"filters": 3}, "'type' is missing"),
        ((4, 4, 1), {"type": "pool", "k": 2, "pad": 2}, "padding only"),
        ((4, 4, 1), {"type": "convT", "filters": 1, "k": 2, "stride": 2, "output_pad": 2}, "output padding"),
        ((4, 4, 1), {"type": "conv", "filters": 1, "k": [1, 2, 3]}, "3 numbers for 2 axes"),
        ((4,), {"type": "pool", "k": 2}, "flat"),
    ],
)
def test_impossible_layers(dims: tuple[int, ...], layer: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        table(dims, [layer])


def test_unknown_layer_suggests_a_near_one() -> None:
    with pytest.raises(UnknownNameError, match="flatten"):
        table((4, 4, 1), [{"type": "flaten"}])
    assert set(ALIASES) == set(LAYERS)
