"""Problem 7: sizes and parameters of a convolutional network, and what circular shifts do to one."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symderiv.document import Blank, Figure, Formula, Formulas, Math, Prose, Table
from symderiv.models.conv_layers import Dims, Layer, Sum
from symderiv.models.convolution import table
from symderiv.problem import Answer, Part, Problem
from symderiv.problems.eecs182_fa22 import edge_network as net
from symderiv.problems.eecs182_fa22.edge_answers import shift_answers
from symderiv.problems.eecs182_fa22.edge_figures import grids, network
from symderiv.scope import declare

INPUT = (28, 28, 1)
CONV: Layer = {"type": "conv", "filters": 10, "k": 3, "pad": 1, "stride": 1}
POOL: Layer = {"type": "pool", "k": 2, "stride": 2}
# id, name in the table, layer, which of the two entries is printed for the students
STACK: tuple[tuple[str, str, Layer, tuple[bool, bool]], ...] = (
    ("conv1", "CONV3-10", CONV, (False, True)),
    ("pool1", "POOL2", POOL, (True, True)),
    ("conv2", "CONV3-10", CONV, (True, False)),
    ("pool2", "POOL2", POOL, (False, False)),
    ("flatten", "FLATTEN", {"type": "flatten"}, (True, True)),
    ("fc", "FC-3", {"type": "fc", "K": 3}, (False, True)),
)
ROW_1, COLUMN_2, ROW_4 = 2, 2, 5  # where the lines of x_1, x_2 and x_4 stand here; their pictures are not in the text
BOXES = (("image", 0), ("CONV2-3\nReLU", 2), ("CONV2-3\nReLU", 4), ("GAP", 5), ("FC-3", 6))  # after how many layers
NUMBERS: dict[str, Any] = {}  # official values of part (a) are plain numbers


def problem() -> Problem:
    """The problem with its computed answers."""
    vectors = {f"g_{i}": f"vector({net.CHANNELS})" for i in range(1, 5)}
    images = {f"x_{i}": f"matrix({net.ROWS}, {net.COLUMNS})" for i in range(1, 5)}
    return Problem(
        number=7,
        title="Convolutional networks",
        scope=declare(**vectors, **images, k="scalar", n="scalar", p="scalar", C="scalar", F="scalar"),
        points=16,
        intro=(
            Prose(
                "A convolutional network is to tell images with a horizontal edge, a vertical edge and no edge apart."
            ),
        ),
        parts=(_sizes(), _shifts()),
    )


def _sizes() -> Part:
    found = table(INPUT, [layer for _, _, layer, _ in STACK]).rows
    rows: list[tuple[Any, ...]] = [("Input", _sum(()), _product(INPUT))]
    answers = [_params("input", ()), _dims("input", INPUT)]
    for (key, name, _, (shows_params, shows_dims)), row in zip(STACK, found, strict=True):
        params, dims = _sum(row.params_as), _product(row.dims)
        rows.append((name, params if shows_params else _asked(params), dims if shows_dims else _asked(dims)))
        answers += [_params(key, row.params_as), _dims(key, row.dims)]
    return Part(
        "a",
        (
            Prose(
                "The layers are: CONV3-F, a convolution with F filters of size 3×3×C on C channels, stride 1 and "
                "padding 1; POOL2, max pooling over 2×2 cells with stride 2 and no padding; FLATTEN, which makes one "
                "vector of all entries; FC-K, a fully connected layer with K outputs. CONV and FC layers have biases. "
                "Fill in the gaps, as computations."
            ),
            Table(("Layer", "Parameters", "Activations"), tuple(rows), "lcc"),
        ),
        (
            Prose(
                "A convolution has a weight for every cell of every filter and a bias for every filter; padded by $p$, "
                "its output has $n + 2*p - k + 1$ cells along an axis of $n$ cells, which for $k = 3$ and $p = 1$ is "
                "$n$ again. Pooling has no parameters and halves both axes. In numbers:"
            ),
            Table(
                ("Layer", "Parameters", "Activations"),
                tuple(
                    (
                        name,
                        _valued(_sum(row.params_as), row.params),
                        _valued(_product(row.dims_as), sp.prod(row.dims)),
                    )
                    for (_, name, _, _), row in zip(STACK, found, strict=True)
                ),
                "lcc",
            ),
        ),
        points=10,
        answers=tuple(answers),
    )


def _params(key: str, terms: Sum) -> Answer:
    value = sum(sp.prod(factors) for factors in terms)
    return Answer(f"7a.{key}.params", sp.Integer(value), f"parameters of {key}", scope=NUMBERS, evidence=_sum(terms))


def _dims(key: str, dims: Dims) -> Answer:
    return Answer(f"7a.{key}.dims", tuple(map(sp.Integer, dims)), f"activations after {key}", scope=NUMBERS)


def _product(factors: Dims) -> str:
    return "×".join(map(str, factors))


def _sum(terms: Sum) -> str:
    return " + ".join(map(_product, terms)) or "0"


def _valued(computation: str, value: int) -> str:
    return computation if computation == str(value) else f"{computation} = {value}"


def _asked(entry: str) -> Blank:
    return Blank(width=3.5, answer=entry)


def _shifts() -> Part:
    images = {"1": net.horizontal(ROW_1), "2": net.vertical(COLUMN_2)}
    asked = {"3": net.vertical(net.LINE_3), "4": net.horizontal(ROW_4)}
    return Part(
        "b",
        (
            Prose(
                "Another network has two convolutions with 2×2 kernels and three filters, each with stride 1 and a "
                "circular padding of 1: a copy of the last row stands before the first row, and a copy of the last "
                "column before the first column. GAP is the mean of every channel over the whole image."
            ),
            Figure(
                network([name for name, _ in BOXES], [net.sizes(net.FIRST)[after] for _, after in BOXES]),
                "The network, with the sizes of its activations.",
                label="net",
            ),
            Figure(
                grids(images | asked),
                f"Images with {net.ROWS} rows and {net.COLUMNS} columns; dark cells are 1, the others 0.",
                label="images",
            ),
            Prose("For the first two images of @{images} the output of GAP is known:"),
            Formulas(
                (
                    Formula(("g_1", "=", _features("horizontal"))),
                    Formula(("g_2", "=", _features("vertical"))),
                )
            ),
            Prose("What is it for the other two? Say which symmetry of the network you use."),
            Blank("Your reason", height=4),
            Formulas(
                (
                    Formula(("g_3", "=", Blank(width=5, answer=_features("vertical")))),
                    Formula(("g_4", "=", Blank(width=5, answer=_features("horizontal")))),
                )
            ),
        ),
        (
            Prose(
                "The last row is a neighbour of the first and the last column of the first: the image lies on a torus. "
                "Shifting it circularly shifts the output of every convolution and ReLU, whatever the weights are "
                "(equivariance), and a mean over all cells does not see the shift (invariance). Image $x_3$ is a shift "
                "of $x_2$ and $x_4$ one of $x_1$, so that $g_3 = g_2$ and $g_4 = g_1$."
            ),
            *_every_side(),
        ),
        points=6,
        answers=shift_answers(),
    )


def _features(direction: str) -> Any:
    return sp.Tuple(*map(_decimal, net.GIVEN[direction]))


def _decimal(value: Any) -> Any:
    """A fraction as the paper prints it."""
    return value if value == int(value) else sp.Float(value, 2)


def _every_side() -> tuple[Any, ...]:
    """Where the invariance ends: a padding of 1 on every side, with a network that shows it."""
    sizes = " → ".join("×".join(map(str, net.sizes(net.EVERY)[i][:2])) for i in (0, 1, 3))
    weights = {padding: net.fitted(padding, ROW_1, COLUMN_2) for padding in net.PADS}
    inside = net.alike(net.EVERY, 1, net.LINE_3)
    rows = tuple(
        (padding, *(Math(_decimal(net.features(padding, w, net.vertical(c))[1])) for c in range(net.COLUMNS)))
        for padding, w in weights.items()
    )
    return (
        Prose(
            f"**This hangs on the padding.** With copies on every side the 2×2 kernels make the image grow, {sizes}, "
            "cells at the border are counted more often than others, and the mean is no longer invariant. The table "
            "has the second feature of a line in each column, for a network that compares neighbouring cells and is "
            f"scaled to the given $g_1$ and $g_2$. For all weights, columns {inside[0] + 1} to {inside[-1] + 1} still "
            "agree."
        ),
        Table(("Column of the line", *(str(c + 1) for c in range(net.COLUMNS))), rows, "l" + "r" * net.COLUMNS),
    )
