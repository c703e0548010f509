"""Small convolutional networks evaluated exactly, and one that shows where an invariance fails.

Images are (channels, axes…); weights of a convolution (filters, channels/groups, kernel…).  All numbers are
Fractions, so two features are different or they are not.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from symderiv.errors import LimitError, ModelError
from symderiv.exact import read_fraction
from symderiv.models.conv_layers import Layer, canonical
from symderiv.models.convolution import table
from symderiv.models.shifts import MOVES, padded_cells, padding_mode
from symderiv.models.windows import Window

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]


MAX_CELLS: Final = 200_000
EXACT: Final = ("relu", "identity", "abs")


@dataclass(frozen=True)
class MoveCounterexample:
    """Weights and an image whose globally pooled features change when the image is moved."""

    weights: tuple[Any, ...]
    image: Any
    moved: Any
    features: tuple[Fraction, ...]
    moved_features: tuple[Fraction, ...]


def exact_array(values: object, what: str = "array") -> Array:
    """A NumPy array of Fractions from nested lists of exact numbers; ModelError where they are ragged."""
    import numpy as np

    def read(item: object) -> Any:
        return [read(i) for i in item] if isinstance(item, (list, tuple, np.ndarray)) else read_fraction(item, what)

    def shape(item: object) -> tuple[int, ...]:
        if not isinstance(item, list):
            return ()
        inner = {shape(i) for i in item}
        if len(inner) != 1:
            raise ModelError(f"{what}: the nested lists are empty or differ in length")
        return (len(item), *inner.pop())

    nested = read(values)
    shape(nested)
    return np.array(nested, dtype=object)


def feature_maps(layers: Sequence[Layer], weights: Sequence[object], image: object) -> Array:
    """The activations (channels, axes…) of a stack on one image, exactly, before any global pooling.

    ``weights`` has one array per convolution, optionally a pair (array, biases).  Raises ModelError for weights
    that do not fit and for layers other than convolution, pooling, relu.

    >>> conv = {"type": "conv", "filters": 1, "k": 2, "pad": [[0, 1]], "padding_mode": "circular"}
    >>> feature_maps([conv, {"type": "relu"}], [[[[1, -2]]]], [[0, 1, 2]]).tolist()
    [[Fraction(0, 1), Fraction(0, 1), Fraction(2, 1)]]
    """
    activation = exact_array(image, "image")
    rows = table((*activation.shape[1:], activation.shape[0]), layers).rows
    work = activation.size + sum(math.prod(row.dims) for row in rows)
    if work > MAX_CELLS:
        raise LimitError(f"exact network: {work} cells are beyond the limit {MAX_CELLS}; use a smaller image")
    supply = iter(weights)
    for layer, row in zip(layers, rows, strict=True):
        kind = canonical(row.layer)
        if kind == "global":
            break
        if kind not in _STEPS:
            raise ModelError(f"exact network: layer {row.layer!r} is not one of {', '.join(_STEPS)}")
        activation = _STEPS[kind](activation, layer, row.made.windows, supply)
    return activation


def pooled(layers: Sequence[Layer], weights: Sequence[object], image: object) -> tuple[Fraction, ...]:
    """The global mean of every channel (the global maximum where a last layer says ``gmp``)."""
    maps = feature_maps(layers, weights, image)
    maximum = any(str(layer["type"]).lower() in ("gmp", "globalmaxpool", "global_max_pool") for layer in layers)
    flat = maps.reshape(maps.shape[0], -1)
    return tuple(max(channel) if maximum else sum(channel, Fraction(0)) / len(channel) for channel in flat.tolist())


def move_image(image: object, axis: int, by: int, move: str = "shift") -> Array:
    """The image shifted circularly by ``by`` cells along one of its axes (not counting channels), or reflected."""
    import numpy as np

    whole = exact_array(image, "image")
    order = MOVES[move](range(whole.shape[axis + 1]), by)
    return np.take(whole, order, axis=axis + 1)


def counterexample(
    layers: Sequence[Layer], dims: Sequence[int], axis: int = 0, by: int = 1, move: str = "shift", tries: int = 200
) -> MoveCounterexample | None:
    """A network with this architecture, small whole weights, whose pooled features a move changes.

    None where ``tries`` seeded random networks and images show no difference (as for an invariant stack).
    """
    rng = random.Random(0)
    rows = table(dims, layers).rows
    shapes = [row.params_as[0] for row in rows if canonical(row.layer) == "conv"]
    for _ in range(tries):
        weights = tuple(_random((s[-1], s[-2], *s[:-2]), rng, -2, 3) for s in shapes)
        image = _random((dims[-1], *dims[:-1]), rng, 0, 3)
        moved = move_image(image, axis, by, move)
        features, moved_features = pooled(layers, weights, image), pooled(layers, weights, moved)
        if features != moved_features:
            return MoveCounterexample(weights, image, moved.tolist(), features, moved_features)
    return None


def _random(shape: Sequence[int], rng: random.Random, low: int, high: int) -> Any:
    if not shape:
        return rng.randint(low, high)
    return [_random(shape[1:], rng, low, high) for _ in range(shape[0])]


def _around(activation: Array, windows: Sequence[Window], padding: str) -> Array:
    """The activation with its padding, along every axis, and room for a last window that sticks out."""
    import numpy as np

    for axis, window in enumerate(windows, start=1):
        size = activation.shape[axis]
        zero = np.full_like(np.take(activation, [0], axis), Fraction(0))
        extended = np.concatenate([activation, zero], axis)
        cells = [size if c is None else c for c in padded_cells(size, window, padding)]
        needed = (window.positions(size) - 1) * window.stride + window.span
        activation = np.take(extended, cells + [size] * (needed - len(cells)), axis)
    return activation


def _taps(around: Array, windows: Sequence[Window], sizes: Sequence[int]) -> list[tuple[tuple[int, ...], Array]]:
    """For every tap of the kernel the cells it sees, as an array over the outputs."""
    result = []
    outputs = [w.positions(n) for w, n in zip(windows, sizes, strict=True)]
    for tap in itertools.product(*(range(w.kernel) for w in windows)):
        cut: list[slice] = [slice(None)]
        for t, w, n in zip(tap, windows, outputs, strict=True):
            start = t * w.dilation
            cut.append(slice(start, start + (n - 1) * w.stride + 1, w.stride))
        result.append((tap, around[tuple(cut)]))
    return result


def _conv(activation: Array, layer: Layer, windows: Sequence[Window], supply: Any) -> Array:
    import numpy as np

    given = next(supply, None)
    if given is None:
        raise ModelError("exact network: fewer weight arrays than convolutions")
    kernels, biases = given if isinstance(given, tuple) and len(given) == 2 else (given, None)
    weight = exact_array(kernels, "weights")
    groups = int(layer.get("groups", 1))
    expected = (activation.shape[0] // groups, *(w.kernel for w in windows))
    if weight.shape[1:] != expected or weight.shape[0] % groups:
        raise ModelError(f"exact network: weights of shape {weight.shape} where (filters, {expected}) is needed")
    seen = _taps(_around(activation, windows, padding_mode(layer)), windows, activation.shape[1:])
    parts = []
    for part, filters in zip(range(groups), np.split(weight, groups), strict=True):
        rows = slice(part * expected[0], (part + 1) * expected[0])
        by_tap = np.moveaxis(filters, (0, 1), (-2, -1))
        parts.append(sum(np.tensordot(by_tap[tap], cells[rows], 1) for tap, cells in seen))
    total = np.concatenate(parts)
    if biases is None:
        return total
    return total + exact_array(biases, "biases").reshape(-1, *(1 for _ in windows))


def _pool(activation: Array, layer: Layer, windows: Sequence[Window], supply: Any) -> Array:
    import numpy as np

    cells = [c for _, c in _taps(_around(activation, windows, "zeros"), windows, activation.shape[1:])]
    name = str(layer["type"]).lower() + str(layer.get("kind", layer.get("op", ""))).lower()
    if "avg" in name or "average" in name or "mean" in name:
        return sum(cells[1:], cells[0]) / Fraction(math.prod(w.kernel for w in windows))
    if any(w.before or w.after for w in windows) and (activation < 0).any():
        raise ModelError("exact network: padded max pooling of negative activations is not read; put a relu before it")
    return np.maximum.reduce(cells)


def _relu(activation: Array, layer: Layer, windows: Sequence[Window], supply: Any) -> Array:
    import numpy as np

    if canonical(str(layer["type"])) == "relu" and str(layer["type"]).lower() not in EXACT:
        raise ModelError(f"exact network: {layer['type']!r} has no exact values; use relu, abs or identity")
    name = str(layer["type"]).lower()
    if name == "abs":
        return np.abs(activation)
    return activation if name == "identity" else np.maximum(activation, np.array(Fraction(0)))


_STEPS: Final[dict[str, Callable[[Array, Layer, Sequence[Window], Any], Array]]] = {
    "conv": _conv, "pool": _pool, "relu": _relu,
}
