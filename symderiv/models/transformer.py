"""The parameters of transformer layers, counted, and which of them a pooling leaves without gradient.

A layer holds attention projections ``W_Q`` (d, h·d_k), ``W_K``, ``W_V`` (d, h_kv·d_v), ``W_O`` (h·d_v, d), a
feed-forward part of two matrices (three when gated) and, if asked, biases and layer norms (Vaswani et
al. 2017).  The heads share the model width: d_k = d_v = d/h unless told.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from symderiv.errors import ModelError, UnknownNameError

Size: TypeAlias = Any  # a whole number, or a SymPy formula


@dataclass(frozen=True)
class ParameterGroup:
    """One parameter tensor of the network: name, number of entries over all layers, and whether it is frozen."""

    name: str
    count: Size
    frozen: bool


@dataclass(frozen=True)
class FrozenShare:
    """The parameters of a stack of layers and how many of them receive no gradient."""

    groups: tuple[ParameterGroup, ...]

    @property
    def total(self) -> Size:
        """All parameters."""
        return sum(g.count for g in self.groups)

    @property
    def frozen(self) -> Size:
        """Parameters whose gradient is zero wherever it exists."""
        return sum(g.count for g in self.groups if g.frozen)

    @property
    def fraction(self) -> Any:
        """The frozen share: a Fraction, or for symbolic widths a SymPy formula."""
        import sympy

        if isinstance(self.frozen, int) and isinstance(self.total, int):
            return Fraction(self.frozen, self.total)
        return sympy.cancel(self.frozen / self.total)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the frozen parameters."""
        return tuple(g.name for g in self.groups if g.frozen)


# what has zero gradient: argmax and mean weights do not react to small changes of a score; softmax ignores a
# shift common to all keys, and q·b_K is one
FROZEN = {
    "argmax": ("W_Q", "W_K", "b_Q", "b_K"),
    "mean": ("W_Q", "W_K", "b_Q", "b_K"),
    "softmax": ("b_K",),
    "linear": (),
}


def frozen_share(
    d_model: Size,
    d_ff: Size = 0,
    *,
    pooling: str = "argmax",
    bias: bool = False,
    heads: int = 1,
    kv_heads: int | None = None,
    d_k: int | None = None,
    d_v: int | None = None,
    layers: int = 1,
    layer_norm: bool = False,
    gated: bool = False,
    vocabulary: int = 0,
    positions: int = 0,
    tied: bool = True,
    cross_attention: bool = False,
) -> FrozenShare:
    """Parameters of ``layers`` transformer layers and those that a pooling leaves without gradient.

    ``bias`` adds b_Q … b_O and feed-forward biases; ``layer_norm`` adds two scale-and-shift pairs a layer;
    ``vocabulary`` and ``positions`` add embeddings (untied: an output matrix too); ``d_model`` and ``d_ff`` may be
    formulas in positive widths.  Under argmax pooling no loss
    depends on queries or keys away from ties, so W_Q, W_K and their biases are frozen; the rest is not.
    Raises ModelError for sizes below 1 or a width that the heads do not divide.

    >>> share = frozen_share(8, 16)
    >>> share.names, share.fraction
    (('W_Q', 'W_K'), Fraction(1, 4))
    """
    if pooling not in FROZEN:
        raise UnknownNameError("pooling", pooling, FROZEN, "frozen parameters")
    keys = heads if kv_heads is None else kv_heads
    for name, size in (("d_model", d_model), ("heads", heads), ("kv_heads", keys), ("layers", layers)):
        if isinstance(size, int) and size < 1:
            raise ModelError(f"transformer: {name} is {size}; it must be at least 1")
    if any(isinstance(size, int) and size < 0 for size in (d_ff, vocabulary, positions)):
        raise ModelError("transformer: d_ff, vocabulary and positions cannot be negative")
    if d_k is None and isinstance(d_model, int) and d_model % heads or heads % keys:
        raise ModelError(
            f"transformer: {heads} heads ({keys} for keys) do not divide a width of {d_model}; give d_k or other heads"
        )
    whole = isinstance(d_model, int)
    k = d_k if d_k is not None else d_model // heads if whole else d_model / heads
    v = k if d_v is None else d_v
    sizes = _attention("", d_model, heads, keys, k, v, bias)
    if cross_attention:
        sizes += _attention("cross_", d_model, heads, keys, k, v, bias)
    sizes += _feed_forward(d_model, d_ff, bias, gated)
    if layer_norm:
        norms = 3 if cross_attention else 2
        sizes += [("layer_norm_gain", norms * d_model), ("layer_norm_bias", norms * d_model)]
    groups = [(name, count * layers) for name, count in sizes]
    outside = [("embedding", vocabulary * d_model), ("positions", positions * d_model)]
    outside += [] if tied else [("unembedding", vocabulary * d_model)]
    return FrozenShare(tuple(
        ParameterGroup(name, count, name.removeprefix("cross_") in FROZEN[pooling])
        for name, count in groups + outside if count
    ))


def _attention(
    prefix: str, d: Size, heads: int, keys: int, k: Size, v: Size, bias: bool
) -> list[tuple[str, Size]]:
    widths = {"Q": heads * k, "K": keys * k, "V": keys * v, "O": d}
    rows = {"Q": d, "K": d, "V": d, "O": heads * v}
    weights = [(f"{prefix}W_{x}", rows[x] * widths[x]) for x in widths]
    return weights + [(f"{prefix}b_{x}", widths[x]) for x in widths if bias]


def _feed_forward(d: Size, hidden: Size, bias: bool, gated: bool) -> list[tuple[str, Size]]:
    weights = [("W_1", d * hidden), ("W_2", hidden * d)] + [("W_3", d * hidden)] * gated
    biases = [("b_1", hidden), ("b_2", d)] + [("b_3", hidden)] * gated
    return weights + (biases if bias and hidden else [])
