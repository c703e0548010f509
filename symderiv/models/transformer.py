"""The parameters of transformer layers, counted, and which of them a pooling leaves without gradient.

A layer holds attention projections ``W_Q`` (d, h·d_k), ``W_K``, ``W_V`` (d, h_kv·d_v), ``W_O`` (h·d_v, d), a
feed-forward part of two matrices (three when gated) and, if asked, biases and layer norms (Vaswani et
al. 2017).  The heads share the model width: d_k = d_v = d/h unless told.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from symderiv.errors import ModelError, UnknownNameError


@dataclass(frozen=True)
class ParameterGroup:
    """One parameter tensor of the network: name, number of entries over all layers, and whether it is frozen."""

    name: str
    count: int
    frozen: bool


@dataclass(frozen=True)
class FrozenShare:
    """The parameters of a stack of layers and how many of them receive no gradient."""

    groups: tuple[ParameterGroup, ...]

    @property
    def total(self) -> int:
        """All parameters."""
        return sum(g.count for g in self.groups)

    @property
    def frozen(self) -> int:
        """Parameters whose gradient is zero wherever it exists."""
        return sum(g.count for g in self.groups if g.frozen)

    @property
    def fraction(self) -> Fraction:
        """The frozen share."""
        return Fraction(self.frozen, self.total)

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
    d_model: int,
    d_ff: int = 0,
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
    ``vocabulary`` and ``positions`` add embeddings (untied: an output matrix too).  Under argmax pooling no loss
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
        if size < 1:
            raise ModelError(f"transformer: {name} is {size}; it must be at least 1")
    if min(d_ff, vocabulary, positions) < 0:
        raise ModelError("transformer: d_ff, vocabulary and positions cannot be negative")
    if d_k is None and d_model % heads or heads % keys:
        raise ModelError(
            f"transformer: {heads} heads ({keys} for keys) do not divide a width of {d_model}; give d_k or other heads"
        )
    k = d_model // heads if d_k is None else d_k
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
    prefix: str, d: int, heads: int, keys: int, k: int, v: int, bias: bool
) -> list[tuple[str, int]]:
    widths = {"Q": heads * k, "K": keys * k, "V": keys * v, "O": d}
    rows = {"Q": d, "K": d, "V": d, "O": heads * v}
    weights = [(f"{prefix}W_{x}", rows[x] * widths[x]) for x in widths]
    return weights + [(f"{prefix}b_{x}", widths[x]) for x in widths if bias]


def _feed_forward(d: int, hidden: int, bias: bool, gated: bool) -> list[tuple[str, int]]:
    weights = [("W_1", d * hidden), ("W_2", hidden * d)] + [("W_3", d * hidden)] * gated
    biases = [("b_1", hidden), ("b_2", d)] + [("b_3", hidden)] * gated
    return weights + (biases if bias and hidden else [])
