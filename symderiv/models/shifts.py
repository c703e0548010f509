"""Circular shifts and reflections of the input of a convolutional network: what its features do, for all weights.

Decided from the index map alone: along one axis every output cell of a layer is known by *what it
reads*, a tuple (in tap order) of what the cells below read, down to input cells; padding with zeros reads
``None``.  Two cells with the same tuple have the same value whatever the weights are.  Moving the input
renames input cells, so comparing the cells' tuples before and after decides for all weights:

* equivariance: the moved row of cells is a rotation (or reflection) of the first;
* invariance of a global pooling: both rows hold the same cells, as multisets.

Where the multisets differ, generic weights see it; ``models.shift_networks`` finds such a network.
A convolution over several axes shifts along each on its own, so one axis at a time is enough.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from symderiv.errors import ModelError, UnknownNameError
from symderiv.exact import read_int
from symderiv.models.conv_layers import Layer, canonical
from symderiv.models.convolution import table
from symderiv.models.windows import Window

PADDINGS: Final[dict[str, Callable[[int, int], int | None]]] = {
    "zeros": lambda i, n: i if 0 <= i < n else None,
    "circular": lambda i, n: i % n,
    "replicate": lambda i, n: min(max(i, 0), n - 1),
    "reflect": lambda i, n: abs(i) if i < n else 2 * (n - 1) - i,
}
PADDING_NAMES: Final = {
    **{name: name for name in PADDINGS}, "zero": "zeros", "constant": "zeros", "none": "zeros", "wrap": "circular",
    "torus": "circular", "cyclic": "circular", "periodic": "circular", "edge": "replicate", "mirror": "reflect",
}


# what of the order of taps a layer's weights see: all of it, all but the direction, nothing (max and mean pooling)
_ORDERS: Final[dict[str, Callable[[tuple[Any, ...]], Any]]] = {
    "given": lambda read: read,
    "mirrored": lambda read: min(read, read[::-1], key=repr),
    "none": lambda read: tuple(sorted(read, key=repr)),
}


@dataclass(frozen=True)
class AxisLayer:
    """One layer along one axis: its window, how its border is padded, what it sees of the order of its taps."""

    window: Window
    padding: str = "zeros"
    order: str = "given"


@dataclass(frozen=True)
class MoveDecision:
    """What moving the input of ``size`` cells does to a network's features, for all weights.

    ``sizes`` are the axis lengths after every layer; ``moved_by`` says by how many cells the last features
    rotate, None where they do something else; ``mean_invariant`` and ``max_invariant`` say whether a global
    mean (or sum) and a global maximum after them stay the same.
    """

    move: str
    size: int
    sizes: tuple[int, ...]
    moved_by: int | None
    mean_invariant: bool
    max_invariant: bool

    @property
    def equivariant(self) -> bool:
        """The features of the moved input are the rotated features of the input."""
        return self.moved_by is not None


def axis_layers(layers: Sequence[Layer], dims: Sequence[int], axis: int = 0) -> tuple[AxisLayer, ...]:
    """The window layers of a stack along one axis, up to the first global pooling or flattening.

    A layer's ``padding_mode`` is zeros, circular, replicate or reflect; ``"mirrored": True`` says that its
    kernels are their own mirror image.  Raises as ``convolution.table`` does, UnknownNameError for another
    padding, ModelError for a layer that does not slide.
    """
    result = []
    for layer, row in zip(layers, table(dims, layers).rows, strict=True):
        kind = canonical(row.layer)
        if kind in ("global", "flatten", "fc"):
            break
        if row.made.windows:
            order = "none" if kind == "pool" else "mirrored" if layer.get("mirrored") else "given"
            result.append(AxisLayer(row.made.windows[axis], padding_mode(layer), order))
        elif kind not in ("relu", "prelu", "batchnorm"):
            raise ModelError(f"shift of a network: layer {row.layer!r} is not a convolution, pooling or activation")
    return tuple(result)


def padding_mode(layer: Layer) -> str:
    """How a layer pads: its ``padding_mode``; UnknownNameError for a mode nobody knows."""
    word = str(layer.get("padding_mode", layer.get("pad_mode", "zeros")))
    if word not in PADDING_NAMES:
        raise UnknownNameError("padding", word, PADDING_NAMES)
    return PADDING_NAMES[word]


def padded_cells(size: int, window: Window, padding: str) -> tuple[int | None, ...]:
    """The input cell behind every cell of a padded axis, None for a zero; ModelError where a mirror is too short.

    >>> padded_cells(3, Window(2, before=1, after=2), "circular")
    (2, 0, 1, 2, 0, 1)
    """
    if padding == "reflect" and max(window.before, window.after) >= size:
        raise ModelError(f"reflect padding of {max(window.before, window.after)} needs more than {size} cells")
    return tuple(PADDINGS[padding](i, size) for i in range(-window.before, size + window.after))


def reads(layers: Sequence[AxisLayer], cells: Sequence[Any], names: dict[Any, int]) -> list[tuple[Any, ...]]:
    """For the input and after every layer one mark per cell; cells with equal marks are equal for all weights.

    ``cells`` name the input cells (None is a zero); ``names`` collects the marks, so that calls sharing it
    can be compared.
    """
    rows: list[tuple[Any, ...]] = [tuple(None if c is None else names.setdefault(c, len(names)) for c in cells)]
    for depth, layer in enumerate(layers):
        below, window = rows[-1], layer.window
        around = [None if s is None else below[s] for s in padded_cells(len(below), window, layer.padding)]
        around += [None] * window.stride  # a window that sticks out when sizes round up
        marks = []
        for i in range(window.positions(len(below))):
            read = tuple(around[t + window.before] for t in window.taps(i) if t + window.before < len(around))
            marks.append(names.setdefault((depth, _ORDERS[layer.order](read)), len(names)))
        rows.append(tuple(marks))
    return rows


MOVES: Final[dict[str, Callable[[Sequence[Any], int], tuple[Any, ...]]]] = {
    "shift": lambda cells, by: tuple(cells[(i - by) % len(cells)] for i in range(len(cells))),
    "reflection": lambda cells, by: tuple(reversed(cells)),
}


def decide_move(layers: Sequence[AxisLayer], size: int, by: int = 1, move: str = "shift") -> MoveDecision:
    """Equivariance and invariance of a stack under a circular shift ``by`` cells or a reflection, for all weights.

    A positive answer is a proof; a negative one holds for generic weights (see ``counterexample``).
    Raises UnknownNameError for another move, ModelError for windows that do not fit.

    >>> one_side, both = Window(2, before=1), Window(2, before=1, after=1)
    >>> decide_move([AxisLayer(one_side, "circular")], 7).mean_invariant
    True
    >>> decide_move([AxisLayer(both, "circular")] * 2, 7).mean_invariant
    False
    """
    if move not in MOVES:
        raise UnknownNameError("move", move, MOVES)
    cells = tuple(range(read_int(size, "axis", 1)))
    names: dict[Any, int] = {}
    rows = reads(layers, cells, names)
    before, after = rows[-1], reads(layers, MOVES[move](cells, by), names)[-1]
    turns = [r for r in range(len(before)) if MOVES["shift"](before, r) == after]
    return MoveDecision(
        f"{move} by {by}" if move == "shift" else move, size, tuple(len(r) for r in rows), turns[0] if turns else None,
        Counter(before) == Counter(after), set(before) == set(after),
    )


def invariant_shifts(layers: Sequence[AxisLayer], size: int) -> tuple[int, ...]:
    """The circular shifts 0 … size - 1 that leave the global mean as it is, for all weights.

    >>> invariant_shifts([AxisLayer(Window(2, 2), "circular")], 6)
    (0, 2, 4)
    """
    return tuple(by for by in range(size) if decide_move(layers, size, by).mean_invariant)


def spot_classes(layers: Sequence[AxisLayer], size: int) -> tuple[tuple[int, ...], ...]:
    """Positions of a single 1 among zeros, grouped by what the global mean sees: equal within a group for all weights.

    >>> spot_classes([AxisLayer(Window(2, before=1, after=1), "circular")], 4)
    ((0,), (1, 2), (3,))
    """
    names: dict[Any, int] = {}
    groups: dict[Any, list[int]] = {}
    for position in range(read_int(size, "axis", 1)):
        cells = [1 if i == position else None for i in range(size)]
        seen = frozenset(Counter(reads(layers, cells, names)[-1]).items())
        groups.setdefault(seen, []).append(position)
    return tuple(tuple(group) for group in groups.values())
