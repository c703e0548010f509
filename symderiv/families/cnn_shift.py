"""Questions on shifted and reflected inputs of a small convolutional network with global average pooling.

A signal or picture (``x`` and further lists of its shape: reflected, shifted …): g_x, g_<name>, maps_x,
maps_<name>, invariant, invariant_under_reflection, invariant_under_circular_shift,
equivariant_under_circular_shift, invariant_shifts, output_size.  An image of lines (``input`` tells its size
and where the 1s stand): g_by_column or g_by_row, invariant, invariant_for_all_weights, equivariant,
output_size, sizes, invariant_shifts, differing_positions.
"""

from __future__ import annotations

import itertools
import math
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from symderiv.errors import ModelError
from symderiv.exact import read_int
from symderiv.families import FAMILIES
from symderiv.families.forms import expr, tensor, vec
from symderiv.families.given import need, pick, prose
from symderiv.families.network_prose import filters, image_of_lines, numbers_after
from symderiv.models.conv_layers import Layer
from symderiv.models.convolution import table
from symderiv.models.shift_networks import exact_array, feature_maps, move_image, pooled
from symderiv.models.shifts import PADDING_NAMES, axis_layers, decide_move, invariant_shifts


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Pooled features of a network on moved inputs, and which moves leave them as they are."""
    return _moved(given) if "x" in given else _image(given)


def _padding(given: Mapping[str, Any], default: str = "circular") -> str:
    word = pick(given, "padding_mode", "pad_mode", "boundary")
    sides = pick(given, "padding", "pad")
    if word is None and isinstance(sides, str) and sides in PADDING_NAMES:
        word = sides
    if word is None:
        text = prose(given)
        word = "zeros" if re.search(r"zero[- ]pad", text) and "circular pad" not in text else default
    return str(word)


def _moved(given: Mapping[str, Any]) -> dict[str, Any]:
    """A signal (or picture) and moved copies of it through one convolution, activation, pooling, global mean."""
    kernel = pick(given, "kernel", "w", "filter", "weights")
    if kernel is None:
        kernel = numbers_after(prose(given), "kernel")
    if kernel is None:
        raise ModelError(f"cnn_shift: the kernel is missing from the question; given are {sorted(given)}")
    taps, start = exact_array(kernel, "kernel"), exact_array(given["x"], "x")
    if taps.ndim != start.ndim:
        raise ModelError(f"cnn_shift: the kernel has {taps.ndim} axes and x {start.ndim}; make them equal")
    weights = [taps[None, None].tolist()]
    layers = _moved_layers(given, taps.shape)
    answers: dict[str, Any] = {}
    for name, value in given.items():
        if name in ("kernel", "w", "filter", "weights") or not isinstance(value, list):
            continue
        signal = exact_array(value, name)
        if signal.ndim == start.ndim and signal.size == start.size:
            answers[f"g_{name}"] = expr(pooled(layers, weights, [value])[0])
            answers[f"maps_{name}"] = tensor(feature_maps(layers, weights, [value])[0].tolist())
    return answers | _symmetries(layers, weights, start.shape)


def _symmetries(layers: Sequence[Layer], weights: Any, shape: Sequence[int]) -> dict[str, Any]:
    axes = [axis_layers(layers, (*shape, 1), axis) for axis in range(len(shape))]
    shifts = [decide_move(axis, size) for axis, size in zip(axes, shape, strict=True)]
    invariant = all(s.mean_invariant for s in shifts) or _never_moves(layers, weights, shape, "shift")
    return {
        "invariant_under_circular_shift": invariant, "invariant": invariant,
        "equivariant_under_circular_shift": all(s.equivariant for s in shifts),
        "invariant_under_reflection": _never_moves(layers, weights, shape, "reflection"),
        "invariant_shifts": list(invariant_shifts(axes[-1], shape[-1])),
        "output_size": [s.sizes[-1] for s in shifts] if len(shape) > 1 else shifts[0].sizes[-1],
    }


def _moved_layers(given: Mapping[str, Any], taps: Sequence[int]) -> list[Layer]:
    mode = _padding(given)
    side = pick(given, "pad_top_bottom_left_right", "pad_left_right", "pad", "padding", default="none")
    if isinstance(side, str):  # an output at every position, taps reaching forward: (x_i, x_{i+1}, …)
        side = [[0, 0 if mode in ("none", "valid") else k - 1] for k in taps]
    steps = pick(given, "stride", default=(numbers_after(prose(given), "stride") or ["1"])[0])
    conv = {"type": "conv", "filters": 1, "k": list(taps), "pad": side, "stride": steps,
            "padding_mode": "zeros" if mode in ("none", "valid") else mode}
    words = str(given.get("activation", "")).lower() + prose(given)
    linear = re.search(r"no relu|without relu|no activation|linear|identity", words)
    layers: list[Layer] = [conv] if linear else [conv, {"type": "relu"}]
    told = numbers_after(prose(given), r"max[- ]?pool(?:ing)?")
    pool = pick(given, "pool", default=told[0] if told else None)
    if pool is not None:
        kind = str(pick(given, "pool_type", default="maxpool"))
        layers.append({"type": kind, "k": pool, "stride": pick(given, "pool_stride", default=pool)})
    return layers


def _never_moves(layers: Sequence[Layer], weights: Any, shape: Sequence[int], move: str) -> bool:
    """No picture tells a move apart, for this network: one and two spots, and 200 seeded pictures of small integers."""
    rng = random.Random(1)
    count = math.prod(shape)
    spots = [s for n in (1, 2) for s in itertools.combinations(range(count), n)][:200]
    flat = [[int(i in spot) for i in range(count)] for spot in spots]
    flat += [[rng.randint(-2, 3) for _ in range(count)] for _ in range(200)]
    for cells in flat:
        picture = exact_array(cells).reshape(1, *shape)
        here = pooled(layers, weights, picture.tolist())
        for axis in range(len(shape)):
            if pooled(layers, weights, move_image(picture.tolist(), axis, 1, move).tolist()) != here:
                return False
    return True


def _image(given: Mapping[str, Any]) -> dict[str, Any]:
    """An image with one line, moved over all positions, through the convolutions conv1, conv2 …"""
    images, axis = image_of_lines(str(need(given, "input", "image")))
    layers, weights = _network(given)
    features = [pooled(layers, weights, [image]) for image in images]
    height, width = len(images[0]), len(images[0][0])
    rows = table((height, width, 1), layers).rows
    along = [decide_move(axis_layers(layers, (height, width, 1), a), (height, width)[a]) for a in (0, 1)]
    for_all = all(d.mean_invariant for d in along)
    common = max(features, key=features.count)
    return {
        ("g_by_row", "g_by_column")[axis]: [vec(g) for g in features], "g": vec(features[0]),
        "invariant": for_all or (len(set(features)) == 1 and _never_moves(layers, weights, (height, width), "shift")),
        "invariant_for_all_weights": for_all, "equivariant": all(d.equivariant for d in along),
        "output_size": list(rows[-1].dims[:-1]), "sizes": [list(row.dims[:-1]) for row in rows if row.made.windows],
        "invariant_shifts": list(invariant_shifts(axis_layers(layers, (height, width, 1), axis), along[axis].size)),
        "differing_positions": [i for i, g in enumerate(features) if g != common],
    }


def _network(given: Mapping[str, Any]) -> tuple[list[Layer], list[Any]]:
    """The layers and weights of conv1, conv2 … with ReLU after each, pooling where the question has it."""
    mode, depth = _padding(given), 1
    layers: list[Layer] = []
    weights: list[Any] = []
    for name in sorted(n for n in given if re.fullmatch(r"conv\d+", n)):
        kernels = exact_array(filters(given[name], depth), name).tolist()
        if exact_array(kernels).ndim != 4:
            raise ModelError(f"cnn_shift: {name} must be filters × channels × rows × columns")
        size = [len(kernels[0][0]), len(kernels[0][0][0])]
        side = pick(given, f"pad_{name}", "pad_top_bottom_left_right", "pad", "padding", default=0)
        layers.append({"type": "conv", "filters": len(kernels), "k": size, "padding_mode": mode,
                       "pad": 0 if isinstance(side, str) else side,
                       "stride": pick(given, f"stride_{name}", f"stride{name[4:]}", "stride", default=1)})
        layers.append({"type": "relu"})
        pool = pick(given, f"pool{name[4:]}", "pool")
        if pool is not None:
            layers.append({"type": "maxpool", "k": read_int((numbers_after(f"pool {pool}", "pool") or ["2"])[0])})
        bias = pick(given, f"bias{name[4:]}", "bias", default="0")
        values = bias if isinstance(bias, list) else [bias] * len(kernels)
        weights.append((kernels, list(values)))
        depth = len(kernels)
    if not weights:
        raise ModelError(f"cnn_shift: no conv1, conv2 … and no x in the question; given are {sorted(given)}")
    return layers, weights


FAMILIES.add("cnn_shift", answer)
