"""Sliding windows on one axis: how many positions a convolution or pooling has, and what each position reads.

Sizes follow Dumoulin and Visin, *A guide to convolution arithmetic for deep learning* (2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from symderiv.errors import ModelError
from symderiv.exact import read_int


@dataclass(frozen=True)
class Window:
    """A window along one axis: kernel, stride, dilation, padding before and after, rounding up or down."""

    kernel: int
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0
    ceil: bool = False

    @property
    def span(self) -> int:
        """Cells from the first to the last tap."""
        return self.dilation * (self.kernel - 1) + 1

    def positions(self, size: int) -> int:
        """The number of windows on an axis of ``size`` cells; ModelError where none fits.

        Rounded up (``ceil``), a last window may stick out, unless it would start in the padding behind.

        >>> Window(3, 2, before=1, after=1).positions(16), Window(2, 2, ceil=True).positions(7)
        (8, 4)
        """
        room = size + self.before + self.after - self.span
        if room < 0:
            raise ModelError(
                f"window: a kernel spanning {self.span} cells does not fit into {size} cells padded to "
                f"{size + self.before + self.after}; use a smaller kernel or more padding"
            )
        steps = -(-room // self.stride) if self.ceil else room // self.stride
        if self.ceil and steps * self.stride >= size + self.before:
            steps -= 1
        return steps + 1

    def taps(self, position: int) -> tuple[int, ...]:
        """The cells a window reads; negative numbers and numbers ≥ size lie in the padding."""
        start = position * self.stride - self.before
        return tuple(start + t * self.dilation for t in range(self.kernel))

    def transposed(self, size: int, extra: int = 0) -> int:
        """The size a transposed convolution makes: (n - 1)·stride + span - padding + output padding.

        >>> Window(3, 2, before=1, after=1).transposed(7, 1)
        14
        """
        if extra >= max(self.stride, self.dilation):
            raise ModelError(
                f"transposed convolution: an output padding of {extra} must be smaller than stride {self.stride} "
                f"or dilation {self.dilation}"
            )
        result = (size - 1) * self.stride + self.span - self.before - self.after + extra
        if result < 1:
            raise ModelError(f"transposed convolution: {size} cells become {result}; use less padding")
        return result


def windows(
    axes: int, kernel: Any, stride: Any = 1, pad: Any = 0, dilation: Any = 1, ceil: bool = False,
    sizes: Sequence[int] = (),
) -> tuple[Window, ...]:
    """One Window per axis from settings as people write them.

    Each setting is a number or a list with one number per axis; ``pad`` may also be ``"same"`` (as many
    outputs as size/stride, rounded up, the odd cell behind; needs ``sizes``), ``"valid"``, ``"full"``, a list of
    (before, after)
    pairs, or for two axes [top, bottom, left, right].  Raises ModelError for negative or missing sizes.

    >>> windows(2, 3, pad=[1, 0])[1]
    Window(kernel=3, stride=1, dilation=1, before=0, after=0, ceil=False)
    """
    kernels, strides = per_axis(kernel, axes, "kernel", 1), per_axis(stride, axes, "stride", 1)
    dilations = per_axis(dilation, axes, "dilation", 1)
    shape = [Window(k, s, d) for k, s, d in zip(kernels, strides, dilations, strict=True)]
    sides = _sides(pad, shape, sizes)
    return tuple(
        Window(w.kernel, w.stride, w.dilation, before, after, ceil)
        for w, (before, after) in zip(shape, sides, strict=True)
    )


def per_axis(value: Any, axes: int, what: str, least: int) -> tuple[int, ...]:
    """A number for every axis, from one number or one per axis; ModelError for another count or below ``least``."""
    items = list(value) if isinstance(value, (list, tuple)) else [value] * axes
    if len(items) != axes:
        raise ModelError(f"{what}: {len(items)} numbers for {axes} axes; give one number, or one per axis")
    return tuple(read_int(item, what, least) for item in items)


def _sides(pad: Any, shape: Sequence[Window], sizes: Sequence[int]) -> list[tuple[int, int]]:
    if isinstance(pad, str) and pad in _NAMED:
        if pad == "same" and len(sizes) != len(shape):
            raise ModelError("padding 'same' needs the size of every axis")
        return [_NAMED[pad](w, n) for w, n in zip(shape, sizes or [0] * len(shape), strict=True)]
    items = list(pad) if isinstance(pad, (list, tuple)) else [pad] * len(shape)
    if len(shape) == 2 and len(items) == 4:
        items = [items[:2], items[2:]]
    if len(shape) == 1 and len(items) == 2:
        items = [items]
    if len(items) != len(shape):
        raise ModelError(f"padding: {len(items)} entries for {len(shape)} axes; give one number, or one per axis")
    pairs = [tuple(i) if isinstance(i, (list, tuple)) else (i, i) for i in items]
    return [(read_int(p[0], "padding", 0), read_int(p[-1], "padding", 0)) for p in pairs]


def _same(window: Window, size: int) -> tuple[int, int]:
    outputs = -(-size // window.stride)
    total = max((outputs - 1) * window.stride + window.span - size, 0)
    return total // 2, total - total // 2


_NAMED: Any = {
    "same": _same,
    "valid": lambda window, size: (0, 0),
    "full": lambda window, size: (window.span - 1, window.span - 1),
}
