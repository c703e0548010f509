"""The small edge network of problem 7 (b): its shifts decided for all weights, and a network where invariance fails.

A padding of 1 can mean one row and column before the image, or one on every side; both are asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from symderiv.models.conv_layers import Dims, Layer
from symderiv.models.convolution import table
from symderiv.models.shift_networks import pooled
from symderiv.models.shifts import axis_layers, invariant_shifts, spot_classes

ROWS, COLUMNS, CHANNELS = 8, 7, 3
DIMS = (ROWS, COLUMNS, 1)
FIRST, EVERY = "padded before the first row and column only", "padded on every side"
PADS = {FIRST: (1, 0), EVERY: (1, 1)}
GIVEN = {"horizontal": (sp.Rational(4, 5), 0, 0), "vertical": (0, sp.Rational(4, 5), 0)}
LINE_3 = 5  # the column of ones in the image x_3, counted from 0

Image = list[list[list[int]]]
Features = tuple[sp.Rational, ...]


def layers(padding: str) -> list[Layer]:
    """CONV2-3, ReLU, CONV2-3, ReLU, GAP, FC-3 with circular padding."""
    conv = {"type": "conv", "filters": CHANNELS, "k": 2, "pad": [PADS[padding]] * 2, "padding_mode": "circular"}
    relu = {"type": "relu"}
    return [conv, relu, conv, relu, {"type": "gap"}, {"type": "fc", "K": 3}]


def sizes(padding: str) -> tuple[Dims, ...]:
    """The activations of the input and after every layer."""
    return (DIMS, *(row.dims for row in table(DIMS, layers(padding)).rows))


def invariant(padding: str) -> bool:
    """Whether the pooled features stay the same under every circular shift, for all weights."""
    stack = layers(padding)
    return all(
        len(invariant_shifts(axis_layers(stack, DIMS, axis), size)) == size for axis, size in enumerate((ROWS, COLUMNS))
    )


def alike(padding: str, axis: int, position: int) -> tuple[int, ...]:
    """The places of a line with the same features as at ``position``, for all weights."""
    size = (ROWS, COLUMNS)[axis]
    groups = spot_classes(axis_layers(layers(padding), DIMS, axis), size)
    return next(group for group in groups if position in group)


def horizontal(row: int) -> Image:
    """Ones in one row."""
    return [[[int(i == row)] * COLUMNS for i in range(ROWS)]]


def vertical(column: int) -> Image:
    """Ones in one column."""
    return [[[int(j == column) for j in range(COLUMNS)] for _ in range(ROWS)]]


def fitted(padding: str, row: int, column: int, sign: int = 1) -> tuple[Any, ...]:
    """Weights that give a line in this row and one in this column the features of the paper.

    The first layer compares neighbours below and beside each other (``sign`` says in which direction), the
    second keeps the two answers apart and is scaled to fit.
    """
    first = [[[[sign, sign], [-sign, -sign]]], [[[sign, -sign], [sign, -sign]]], [_tap(0)]]
    scales = [1] * CHANNELS
    for channel, image, wanted in ((0, horizontal(row), "horizontal"), (1, vertical(column), "vertical")):
        scales[channel] = GIVEN[wanted][channel] / _pooled(padding, (first, _kept(scales)), image)[channel]
    return first, _kept(scales)


def features(padding: str, weights: Sequence[Any], image: Image) -> Features:
    """The output of the global average pooling."""
    return _pooled(padding, weights, image)


def border() -> tuple[int, ...]:
    """The columns where, padded on every side, a line need not have the features of one in column ``LINE_3``."""
    inside = alike(EVERY, 1, LINE_3)
    return tuple(column for column in range(COLUMNS) if column not in inside)


def at_the_border(column: int) -> tuple[int, Features]:
    """Padded on every side, with a network fitted to a line in ``column``: the features of a line in ``LINE_3``.

    Of the two directions in which the first layer may compare, the one that makes more of a difference; with its sign.
    """
    found = {sign: features(EVERY, fitted(EVERY, ROWS // 2, column, sign), vertical(LINE_3)) for sign in (1, -1)}
    sign = max(found, key=lambda s: abs(found[s][1] - GIVEN["vertical"][1]))
    return sign, found[sign]


def shifted_to(image: Image, other: Image) -> bool:
    """Whether a circular shift takes one image to the other."""
    rows = image[0]
    turned = (
        [[row[(j - right) % COLUMNS] for j in range(COLUMNS)] for row in (rows[-down:] + rows[:-down])]
        for down in range(ROWS)
        for right in range(COLUMNS)
    )
    return any(found == other[0] for found in turned)


def _pooled(padding: str, weights: Sequence[Any], image: Image) -> Features:
    return tuple(sp.Rational(x.numerator, x.denominator) for x in pooled(layers(padding), weights, image))


def _tap(weight: Any) -> list[list[Any]]:
    return [[weight, 0], [0, 0]]


def _kept(scales: Sequence[Any]) -> list[Any]:
    return [[_tap(scale if i == j else 0) for j in range(CHANNELS)] for i, scale in enumerate(scales[:-1])] + [
        [_tap(0)] * CHANNELS
    ]
