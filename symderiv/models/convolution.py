"""The table of a convolutional network: parameters and activation sizes, as computations and as values.

A layer is a mapping with a ``type`` out of ``conv_layers.LAYERS`` and its settings, for instance
``{"type": "conv", "filters": 10, "k": 3, "pad": 1}``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from symderiv.errors import ModelError
from symderiv.exact import read_int
from symderiv.models.conv_layers import LAYERS, Dims, Layer, Made, Sum, canonical, known_settings


@dataclass(frozen=True)
class Row:
    """One line of the table; ``*_as`` are the computations (a sum of products, a product)."""

    layer: str
    params: int
    dims: Dims
    params_as: Sum
    dims_as: Dims
    macs: int
    receptive_field: Dims
    made: Made = field(repr=False)


@dataclass(frozen=True)
class Table:
    """All rows, without the input, and their total of parameters."""

    input: Dims
    rows: tuple[Row, ...]

    @property
    def total_params(self) -> int:
        """Parameters of all layers."""
        return sum(row.params for row in self.rows)


def written(terms: Sum) -> str:
    """A sum of products in exam style; no terms are 0.

    >>> written(((3, 3, 1, 10), (10,)))
    '3×3×1×10+10'
    """
    return "+".join("×".join(map(str, factors)) for factors in terms) or "0"


def table(dims: Sequence[int], layers: Sequence[Layer]) -> Table:
    """Parameters and activation sizes of a stack of layers on an input with ``dims`` (axes…, channels).

    Raises ModelError for sizes below 1, kernels that do not fit, groups that do not divide, a fully
    connected layer before flattening; UnknownNameError for an unknown layer.

    >>> rows = table((28, 28, 1), [{"type": "conv", "filters": 10, "k": 3, "pad": 1}]).rows
    >>> rows[0].dims, written(rows[0].params_as), rows[0].params
    ((28, 28, 10), '3×3×1×10+10', 100)
    """
    start = tuple(read_int(d, "input size", 1) for d in dims)
    if not start:
        raise ModelError("input: no sizes; give at least the number of channels")
    current, rows = start, []
    field_size, jump = [1] * (len(start) - 1), [1] * (len(start) - 1)
    for number, layer in enumerate(layers):
        made = _make(current, layer, number)
        for axis, window in enumerate(made.windows):
            field_size[axis] += (window.span - 1) * jump[axis]
            jump[axis] *= window.stride
        params = sum(math.prod(factors) for factors in made.params)
        rows.append(Row(str(layer["type"]), params, made.dims, made.params, made.dims_as or made.dims, made.macs,
                        tuple(field_size), made))
        current = made.dims
    return Table(start, tuple(rows))


def _make(dims: Dims, layer: Layer, number: int) -> Made:
    if "type" not in layer:
        raise ModelError(f"layer {number}: 'type' is missing; say for instance {{'type': 'fc', 'K': 3}}")
    kind = canonical(str(layer["type"]))
    known_settings(layer)
    try:
        return LAYERS[kind](dims, layer)
    except ModelError as error:
        raise ModelError(f"layer {number} ({layer['type']}) on {'×'.join(map(str, dims))}: {error}") from error
