"""The layers of a convolutional network, one row each: what they make of an input's dims, and their parameters.

Activations have any number of axes and one channel axis, which comes last.  Convolution with G groups has
k·k·(C/G)·F weights and F biases; batch normalization has a scale and a shift per channel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from symderiv.errors import ModelError, UnknownNameError
from symderiv.exact import read_int
from symderiv.models.windows import Window, per_axis, windows

Layer = Mapping[str, Any]
Dims = tuple[int, ...]
Sum = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Made:
    """What a layer makes of its input: dims, parameters as a sum of products, windows, multiply-adds per output."""

    dims: Dims
    params: Sum = ()
    windows: tuple[Window, ...] = ()
    dims_as: Dims = ()
    macs: int = 0


def setting(layer: Layer, *names: str, default: Any = None) -> Any:
    """A setting under any of its usual names; ModelError when it has no default and is missing."""
    for name in names:
        if layer.get(name) is not None:
            return layer[name]
    if default is None:
        raise ModelError(f"{names[0]} is missing (also read as {', '.join(names[1:]) or 'nothing else'})")
    return default


KERNEL: Final = ("k", "kernel", "kernel_size", "size")
FILTERS: Final = ("filters", "F", "out_channels", "channels", "out")
PAD: Final = (
    "pad", "padding", "p", "pad_top_bottom_left_right", "pad_tblr", "pad_left_right", "pad_lr", "pads",
)  # fmt: skip
STRIDE: Final = ("stride", "s", "strides")
DILATION: Final = ("dilation", "d", "dilation_rate")


def _windows(dims: Dims, layer: Layer, stride: Any = 1) -> tuple[Window, ...]:
    if len(dims) < 2:
        raise ModelError("the input is flat; a window needs at least one axis beside the channels")
    pad = setting(layer, *PAD, default=0)
    return windows(
        len(dims) - 1, _kernel(layer), setting(layer, *STRIDE, default=stride),
        0 if pad in ("circular", "zeros", "zero") else pad, setting(layer, *DILATION, default=1),
        bool(setting(layer, "ceil", "ceil_mode", default=False)), dims[:-1],
    )


def _kernel(layer: Layer) -> Any:
    """The kernel, also as ``kh`` and ``kw``."""
    for rows, columns in (("kh", "kw"), ("k_h", "k_w"), ("kernel_h", "kernel_w"), ("height", "width")):
        if rows in layer and columns in layer:
            return [layer[rows], layer[columns]]
    return setting(layer, *KERNEL)


def _weights(layer: Layer, shape: Sequence[int], filters: int, bias: bool = True) -> Sum:
    has_bias = bool(setting(layer, "bias", "use_bias", default=bias))
    return (tuple(shape),) + (((filters,),) if has_bias else ())


def _conv(dims: Dims, layer: Layer) -> Made:
    shape, channels = _windows(dims, layer), dims[-1]
    filters = read_int(setting(layer, *FILTERS), "filters", 1)
    groups = read_int(setting(layer, "groups", "g", default=1), "groups", 1)
    _divide(channels, groups, "input channels")
    _divide(filters, groups, "filters")
    return _convolved(dims, layer, shape, channels // groups, filters)


def _convolved(dims: Dims, layer: Layer, shape: tuple[Window, ...], depth: int, filters: int) -> Made:
    kernels = [w.kernel for w in shape]
    out = (*(w.positions(n) for w, n in zip(shape, dims, strict=False)), filters)
    return Made(out, _weights(layer, [*kernels, depth, filters], filters), shape,
                macs=math.prod(out) * math.prod(kernels) * depth)


def _divide(number: int, groups: int, what: str) -> None:
    if number % groups:
        raise ModelError(f"{groups} groups do not divide {number} {what}; choose a divisor")


def _depthwise(dims: Dims, layer: Layer) -> Made:
    times = read_int(setting(layer, "multiplier", "depth_multiplier", default=1), "multiplier", 1)
    filters = read_int(setting(layer, *FILTERS, default=dims[-1] * times), "filters", 1)
    _divide(filters, dims[-1], "filters")
    return _convolved(dims, layer, _windows(dims, layer), 1, filters)


def _pointwise(dims: Dims, layer: Layer) -> Made:
    return _conv(dims, {**layer, "k": 1})


def _separable(dims: Dims, layer: Layer) -> Made:
    """Depthwise then pointwise; one bias, after the second (as in Keras)."""
    first = _depthwise(dims, {**{k: v for k, v in layer.items() if k not in FILTERS}, "bias": False})
    filters = read_int(setting(layer, *FILTERS), "filters", 1)
    second = _weights(layer, (*(1 for _ in dims[:-1]), first.dims[-1], filters), filters)
    out = (*first.dims[:-1], filters)
    return Made(out, first.params + second, first.windows, macs=first.macs + math.prod(out) * first.dims[-1])


def _transposed(dims: Dims, layer: Layer) -> Made:
    shape, channels = _windows(dims, layer), dims[-1]
    filters = read_int(setting(layer, *FILTERS), "filters", 1)
    groups = read_int(setting(layer, "groups", "g", default=1), "groups", 1)
    _divide(channels, groups, "input channels")
    _divide(filters, groups, "filters")
    added = setting(layer, "output_pad", "output_padding", "out_pad", default=0)
    extra = per_axis(added, len(shape), "output padding", 0)
    out = tuple(w.transposed(n, e) for w, n, e in zip(shape, dims, extra, strict=False))
    kernels = [w.kernel for w in shape]
    return Made((*out, filters), _weights(layer, [*kernels, channels, filters // groups], filters),
                macs=math.prod(dims) * math.prod(kernels) * filters // groups)


def _pool(dims: Dims, layer: Layer) -> Made:
    shape = _windows(dims, layer, stride=_kernel(layer))
    for w in shape:
        if max(w.before, w.after) >= w.kernel:
            raise ModelError(
                f"padding {max(w.before, w.after)} with kernel {w.kernel} has windows of padding only; pad less"
            )
    return Made((*(w.positions(n) for w, n in zip(shape, dims, strict=False)), dims[-1]), (), shape)


def _global(dims: Dims, layer: Layer) -> Made:
    if len(dims) < 2:
        raise ModelError("the input is flat; global pooling needs at least one axis beside the channels")
    return Made((dims[-1],))


def _adaptive(dims: Dims, layer: Layer) -> Made:
    sizes = per_axis(setting(layer, "out_size", "output_size", "size"), len(dims) - 1, "output size", 1)
    return Made((*sizes, dims[-1]))


def _flatten(dims: Dims, layer: Layer) -> Made:
    return Made((math.prod(dims),), dims_as=dims)


def _fc(dims: Dims, layer: Layer) -> Made:
    if len(dims) != 1:
        raise ModelError("a fully connected layer takes a flat input; put a flatten or global pooling before it")
    units = read_int(setting(layer, "K", "units", "out_features", "neurons", "out", "k"), "units", 1)
    return Made((units,), _weights(layer, (dims[0], units), units), macs=dims[0] * units)


def _channel_affine(dims: Dims, layer: Layer) -> Made:
    return Made(dims, ((2, dims[-1]),) if layer.get("affine", True) else ())


def _layer_norm(dims: Dims, layer: Layer) -> Made:
    over = dims if layer.get("over", layer.get("normalized")) == "all" else dims[-1:]
    return Made(dims, ((2, *over),) if layer.get("affine", True) else ())


def _instance_norm(dims: Dims, layer: Layer) -> Made:
    return Made(dims, ((2, dims[-1]),) if layer.get("affine", False) else ())


def _same_size(dims: Dims, layer: Layer) -> Made:
    return Made(dims)


def _prelu(dims: Dims, layer: Layer) -> Made:
    return Made(dims, ((read_int(layer.get("num_parameters", 1), "num_parameters", 1),),))


def _upsample(dims: Dims, layer: Layer) -> Made:
    factors = per_axis(setting(layer, "factor", "scale", "scale_factor", "k", default=2), len(dims) - 1, "factor", 1)
    return Made((*(n * f for n, f in zip(dims, factors, strict=False)), dims[-1]))


def _padded(dims: Dims, layer: Layer) -> Made:
    around = windows(len(dims) - 1, 1, pad=setting(layer, *PAD))
    return Made((*(n + w.before + w.after for w, n in zip(around, dims, strict=False)), dims[-1]))


LAYERS: Final[dict[str, Callable[[Dims, Layer], Made]]] = {
    "conv": _conv, "depthwise": _depthwise, "pointwise": _pointwise, "separable": _separable,
    "transposed": _transposed, "pool": _pool, "global": _global, "adaptive": _adaptive, "flatten": _flatten,
    "fc": _fc, "batchnorm": _channel_affine, "layernorm": _layer_norm, "instancenorm": _instance_norm,
    "relu": _same_size, "prelu": _prelu, "upsample": _upsample, "pad": _padded,
}
ALIASES: Final[dict[str, str]] = {
    "conv": "conv1d conv2d conv3d convolution groupedconv groupconv dilatedconv",
    "depthwise": "depthwiseconv depthwiseconv2d dwconv dw",
    "pointwise": "pointwiseconv conv1x1 1x1 pw",
    "separable": "separableconv separableconv2d depthwiseseparable",
    "transposed": "convt convtranspose convtranspose2d convtranspose1d transposedconv transpose deconv tconv upconv"
                  " convtransposed",
    "pool": "maxpool avgpool maxpool2d avgpool2d maxpool1d avgpool1d averagepool meanpool maxpooling averagepooling",
    "global": "gap gmp globalaveragepool globalavgpool globalmaxpool globalaveragepooling globalpool",
    "adaptive": "adaptiveavgpool adaptivemaxpool adaptivepool",
    "flatten": "reshape",
    "fc": "dense linear fullyconnected",
    "batchnorm": "bn batchnorm2d batchnorm1d batchnormalization groupnorm gn",
    "layernorm": "ln layernormalization",
    "instancenorm": "in instancenorm2d",
    "relu": "abs tanh sigmoid gelu leakyrelu elu silu softmax dropout identity activation lrn",
    "prelu": "",
    "upsample": "upsampling nearest bilinear interpolate",
    "pad": "zeropad padding zeropad2d",
}


KNOWN: Final = frozenset({
    *KERNEL, *FILTERS, *PAD, *STRIDE, *DILATION, "kh", "kw", "k_h", "k_w", "kernel_h", "kernel_w", "height", "width",
    "type", "layer", "name", "note", "comment", "label", "ceil", "ceil_mode", "bias", "use_bias", "groups", "g", "K",
    "multiplier", "depth_multiplier", "output_pad", "output_padding", "out_pad", "out_size", "output_size", "units",
    "out_features", "neurons", "affine", "over", "normalized", "num_parameters", "factor", "scale", "scale_factor",
    "padding_mode", "pad_mode", "mirrored", "activation", "act", "nonlinearity", "mode", "kind", "op", "pool_type",
    "eps", "momentum", "rate", "prob", "in_channels", "in_features", "inplace", "slope", "alpha", "negative_slope",
    "n_groups", "num_groups",
})  # fmt: skip


def known_settings(layer: Layer) -> None:
    """UnknownNameError for a setting nobody reads: it might change the sizes."""
    for name in layer:
        if name not in KNOWN:
            raise UnknownNameError("setting", name, KNOWN, f"the layer {layer.get('type')!r}")


def canonical(name: str) -> str:
    """The row of ``LAYERS`` a layer's name means; UnknownNameError for none."""
    plain = name.lower().replace("_", "").replace("-", "").replace(" ", "")
    for kind, names in ALIASES.items():
        if plain == kind or plain in names.split():
            return kind
    raise UnknownNameError("layer", name, [*ALIASES, *" ".join(ALIASES.values()).split()])
