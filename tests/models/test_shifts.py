"""Shifts and reflections: the decision for all weights against exact networks and SciPy."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy import signal

from symderiv.errors import ModelError, UnknownNameError
from symderiv.models.shift_networks import counterexample, feature_maps, move_image, pooled
from symderiv.models.shifts import AxisLayer, axis_layers, decide_move, invariant_shifts, spot_classes
from symderiv.models.windows import Window


def stack(kernel: int, pad: Any, stride: int, mode: str, depth: int = 2) -> list[dict[str, Any]]:
    conv = {"type": "conv", "filters": 2, "k": kernel, "pad": [pad], "stride": stride, "padding_mode": mode}
    return [conv, {"type": "relu"}] * depth


@pytest.mark.parametrize(
    ("kernel", "pad", "stride", "mode"),
    [(2, (1, 0), 1, "circular"), (2, (0, 1), 1, "circular"), (2, (1, 1), 1, "circular"), (3, (1, 1), 1, "circular"),
     (3, (1, 1), 1, "zeros"), (3, (1, 1), 1, "replicate"), (3, (0, 0), 1, "circular"), (2, (0, 0), 2, "circular"),
     (1, (0, 0), 1, "zeros"), (1, (0, 0), 2, "zeros"), (3, (1, 1), 2, "circular"), (1, (4, 4), 1, "circular"),
     (3, (1, 1), 1, "reflect")],
)
def test_decision_agrees_with_random_exact_networks(kernel: int, pad: tuple[int, int], stride: int, mode: str) -> None:
    layers = stack(kernel, pad, stride, mode)
    for by in (1, 2):
        decision = decide_move(axis_layers(layers, (8, 1)), 8, by)
        found = counterexample(layers, (8, 1), 0, by, tries=40)
        assert decision.mean_invariant == (found is None), (layers, by)
        if found is not None:
            assert found.features == pooled(layers, found.weights, found.image)
            assert found.moved_features == pooled(layers, found.weights, found.moved)


def test_equivariant_features_rotate() -> None:
    layers = stack(3, (1, 1), 1, "circular")
    decision = decide_move(axis_layers(layers, (7, 1)), 7, 2)
    rng = np.random.default_rng(3)
    weights = [rng.integers(-2, 3, (2, 1, 3)).tolist(), rng.integers(-2, 3, (2, 2, 3)).tolist()]
    image = [rng.integers(0, 5, 7).tolist()]
    moved = feature_maps(layers, weights, move_image(image, 0, 2).tolist())
    assert decision.moved_by == 2 and decision.equivariant
    assert (np.roll(feature_maps(layers, weights, image), decision.moved_by, 1) == moved).all()


def test_stride_two_is_invariant_under_even_shifts_only() -> None:
    layers = axis_layers(stack(2, (0, 0), 2, "circular", 1), (6, 1))
    assert invariant_shifts(layers, 6) == (0, 2, 4)
    assert decide_move(layers, 6, 2).moved_by == 1


def test_padding_all_round_keeps_the_maximum_but_not_the_mean() -> None:
    decision = decide_move([AxisLayer(Window(2, before=1, after=1), "circular")] * 1, 7)
    assert decision.max_invariant and not decision.mean_invariant and decision.sizes == (7, 8)


def test_mirrored_kernels_do_not_see_reflections() -> None:
    plain = AxisLayer(Window(3, before=1, after=1), "circular")
    mirrored = AxisLayer(plain.window, "circular", "mirrored")
    assert not decide_move([plain], 6, move="reflection").mean_invariant
    assert decide_move([mirrored], 6, move="reflection").mean_invariant
    image, weights = [[0, 1, 2, 0, 5, 0]], [[[[1, -3, 1]]]]
    layers = [{"type": "conv", "filters": 1, "k": 3, "pad": 1, "padding_mode": "circular"}, {"type": "relu"}]
    assert pooled(layers, weights, image) == pooled(layers, weights, [image[0][::-1]])


def test_spot_classes_agree_with_random_networks() -> None:
    layers = stack(2, (1, 1), 1, "circular")
    rng = np.random.default_rng(0)
    seen: set[tuple[int, int]] = set()
    for _ in range(60):
        weights = [rng.integers(-3, 4, (2, 1, 2)).tolist(), rng.integers(-3, 4, (2, 2, 2)).tolist()]
        features = [pooled(layers, weights, [[int(i == c) for i in range(7)]]) for c in range(7)]
        seen |= {(a, b) for a, b in itertools.combinations(range(7), 2) if features[a] != features[b]}
    groups = spot_classes(axis_layers(layers, (7, 1)), 7)
    same = {pair for group in groups for pair in itertools.combinations(group, 2)}
    assert same.isdisjoint(seen) and same | seen == set(itertools.combinations(range(7), 2))


@pytest.mark.parametrize(("mode", "boundary"), [("circular", "wrap"), ("zeros", "fill"), ("reflect", "mirror")])
def test_convolution_agrees_with_scipy(mode: str, boundary: str) -> None:
    rng = np.random.default_rng(1)
    image, kernel = rng.integers(-4, 5, (5, 6)), rng.integers(-4, 5, (3, 3))
    layer = {"type": "conv", "filters": 1, "k": 3, "pad": 1, "padding_mode": mode}
    ours = feature_maps([layer], [[[kernel.tolist()]]], [image.tolist()])[0].astype(float)
    if boundary == "mirror":
        theirs = signal.correlate2d(np.pad(image, 1, mode="reflect"), kernel, "valid")
    else:
        theirs = signal.correlate2d(image, kernel, "same", boundary)
    assert (ours == theirs).all()


def test_groups_bias_pooling() -> None:
    image = [[[1, 2], [3, 4]], [[0, -1], [5, 6]]]
    layers = [{"type": "conv", "filters": 2, "k": 1, "groups": 2}, {"type": "relu"}, {"type": "avgpool", "k": 2}]
    weights = [([[[[2]]], [[[-1]]]], [1, 2])]
    maps = feature_maps(layers, weights, image)
    first, second = np.maximum(2 * np.array(image[0]) + 1, 0).mean(), np.maximum(2 - np.array(image[1]), 0).mean()
    assert maps.ravel().tolist() == [Fraction(first), Fraction(second)]


def test_impossible_networks() -> None:
    with pytest.raises(UnknownNameError, match="circular"):
        axis_layers([{"type": "conv", "filters": 1, "k": 1, "padding_mode": "circulr"}], (4, 1))
    with pytest.raises(ModelError, match="fewer weight arrays"):
        feature_maps(stack(2, (1, 0), 1, "circular"), [], [[1, 2, 3]])
    with pytest.raises(ModelError, match="weights of shape"):
        feature_maps(stack(2, (1, 0), 1, "circular"), [[[1, 2, 3]]], [[1, 2, 3]])
    with pytest.raises(ModelError, match="differ in length"):
        feature_maps([], [], [[1, 2], [3]])
    with pytest.raises(UnknownNameError, match="reflection"):
        decide_move([], 4, move="reflecton")
    with pytest.raises(ModelError, match="not a convolution"):
        axis_layers([{"type": "upsample"}], (4, 1))
