"""Questions on shifted and reflected inputs of a small convolutional network with global average pooling.

A signal or picture (``x`` and further lists of its shape: reflected, shifted …): g_x, g_<name>, maps_x,
maps_<name>, invariant, invariant_under_reflection, invariant_under_circular_shift,
equivariant_under_circular_shift, invariant_shifts, output_size.  An image of lines (``input`` tells its size
and where the 1s stand): g_by_column or g_by_row, g, g_<name> of further pictures, invariant,
invariant_for_all_weights, equivariant, output_size, sizes, invariant_shifts, differing_positions.
"""

from __future__ import annotations

import itertools
import math
import random
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from symderiv.errors import ModelError
from symderiv.exact import read_int
from symderiv.families import FAMILIES
from symderiv.families.forms import expr, tensor, vec
from symderiv.families.given import need, pick, prose
from symderiv.families.network_prose import filters, numbers_after
from symderiv.families.picture_words import pictures
from symderiv.families.shift_words import Network, network, pool_of, sides_of, taps_of, words_of
from symderiv.models.conv_layers import Layer
from symderiv.models.convolution import table
from symderiv.models.shift_networks import exact_array, feature_maps, move_image, pooled
from symderiv.models.shifts import axis_layers, decide_move, invariant_shifts

KERNELS = ("kernel", "w", "filter", "weights", "kernels", "filters")


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Pooled features of a network on moved inputs, and which moves leave them as they are."""
    numbered = any(re.fullmatch(r"conv\d+", name) for name in given)
    return _moved(given) if "x" in given and not numbered else _image(given)


def _moved(given: Mapping[str, Any]) -> dict[str, Any]:
    """A signal (or picture) and moved copies of it through convolutions, activation, pooling and a global value."""
    start = exact_array(given["x"], "x")
    reading = network(given)
    stack = [exact_array(kernel, "kernel") for kernel in _kernels(given)]
    layers: list[Layer] = []
    weights: list[Any] = []
    for taps in stack:
        several = taps.ndim == start.ndim + 1 and pick(given, "kernels", "filters") is not None
        if taps.ndim != start.ndim + several:
            raise ModelError(f"cnn_shift: the kernel has {taps.ndim} axes and x {start.ndim}; make them equal")
        if len(stack) > 1 and several:
            raise ModelError("cnn_shift: several filters in several layers must be given as conv1, conv2 …")
        shape = taps.shape[1:] if several else taps.shape
        layers += _moved_layers(given, reading, shape, taps.shape[0] if several else 1)
        weights.append((taps[:, None] if several else taps[None, None]).tolist())
    weights = _with_bias(given, weights)
    layers += _head(reading)
    answers: dict[str, Any] = {}
    for name, signal in _signals(given, start).items():
        maps = feature_maps(layers, weights, [signal.tolist()])
        features = _features(reading, layers, weights, [signal.tolist()])
        answers |= _read_out(given, reading, name, maps, features)
    return answers | _symmetries(layers, weights, start.shape, reading)


def _kernels(given: Mapping[str, Any]) -> list[Any]:
    """The kernels in order: one, several layers (``kernel1``, ``kernel2``), or filters side by side (``kernels``)."""
    numbered = sorted(n for n in given if re.fullmatch(r"(?:kernel|w|filter)_?[1-9]", n))
    if numbered:
        return [given[name] for name in numbered]
    kernel = pick(given, *KERNELS)
    if kernel is None:
        kernel = numbers_after(prose(given), "(?:kernel|filter)")
    if kernel is None:
        raise ModelError(f"cnn_shift: the kernel is missing from the question; given are {sorted(given)}")
    return [kernel]


def _signals(given: Mapping[str, Any], start: Any) -> dict[str, Any]:
    """x and every list of its shape; with ``shift`` also the circularly shifted x."""
    other = {*KERNELS, "fc", "head_weights", "bias", "pad", "padding", "stride"}
    found = {}
    for name, value in given.items():
        if name in other or re.fullmatch(r"(?:kernel|w|filter)_?[1-9]", name) or not isinstance(value, list):
            continue
        signal = exact_array(value, name)
        if signal.shape == start.shape:
            found[name] = signal
    shift = pick(given, "shift", "shift_by")
    if shift is not None and "shifted" not in found:
        by = read_int(shift, "shift")
        found["shifted"] = move_image([start.tolist()], start.ndim - 1, by)[0]
    return found


def _with_bias(given: Mapping[str, Any], weights: list[Any]) -> list[Any]:
    said = numbers_after(prose(given), "bias")
    bias = pick(given, "bias", "b", default=said[0] if said else "0")
    values = [bias if isinstance(bias, list) else [bias] * len(kernels) for kernels in weights]
    if any(len(v) != len(k) for v, k in zip(values, weights, strict=True)):
        raise ModelError(f"cnn_shift: the biases {bias} do not fit the number of filters")
    return list(zip(weights, values, strict=True))


def _features(reading: Network, layers: Sequence[Layer], weights: Sequence[Any], image: Any) -> tuple[Fraction, ...]:
    features = pooled(layers, weights, image)
    if reading.head != "sum":
        return features
    return tuple(f * math.prod(feature_maps(layers, weights, image).shape[1:]) for f in features)


def _read_out(
    given: Mapping[str, Any], reading: Network, name: str, maps: Any, features: Sequence[Any]
) -> dict[str, Any]:
    """The maps, the pooled features and, with weights ``fc``, what a linear head makes of them."""
    single = len(maps) == 1
    answers: dict[str, Any] = {f"maps_{name}": tensor(maps[0].tolist() if single else maps.tolist())}
    flat = reading.head == "flatten"
    if not flat:
        answers[f"g_{name}"] = expr(features[0]) if single else vec(features)
    head = pick(given, "fc", "head_weights", "W_fc")
    if head is not None:
        rows = exact_array(head, "fc").reshape(-1, maps.size if flat else len(features))
        outputs = rows @ (maps.reshape(-1) if flat else exact_array(list(features)))
        answers[f"y_{name}"] = expr(outputs[0]) if len(outputs) == 1 else vec(outputs)
        answers[f"f_{name}"] = answers[f"logits_{name}"] = answers[f"y_{name}"]
    return answers


def _symmetries(layers: Sequence[Layer], weights: Any, shape: Sequence[int], reading: Network) -> dict[str, Any]:
    axes = [axis_layers(layers, (*shape, 1), axis) for axis in range(len(shape))]
    shifts = [decide_move(axis, size) for axis, size in zip(axes, shape, strict=True)]
    flat = reading.head == "flatten"
    invariant = not flat and (all(s.mean_invariant for s in shifts) or _never_moves(layers, weights, shape, "shift"))
    kept = [0] if flat else [
        by for by in range(shape[-1])
        if decide_move(axes[-1], shape[-1], by).mean_invariant or _never_moves(layers, weights, shape[-1:], "shift", by)
    ] if len(shape) == 1 else list(invariant_shifts(axes[-1], shape[-1]))  # fmt: skip
    return {
        "invariant_under_circular_shift": invariant, "invariant": invariant,
        "equivariant_under_circular_shift": all(s.equivariant for s in shifts),
        "equivariant": all(s.equivariant for s in shifts),
        "invariant_under_reflection": not flat and _never_moves(layers, weights, shape, "reflection"),
        "invariant_shifts": kept,
        **{f"invariant_under_shift_by_{by}": by in kept for by in range(1, shape[-1])},
        "output_size": [s.sizes[-1] for s in shifts] if len(shape) > 1 else shifts[0].sizes[-1],
    }  # fmt: skip


def _head(reading: Network) -> list[Layer]:
    return [{"type": "gmp"}] if reading.head == "max" else []


def _moved_layers(given: Mapping[str, Any], reading: Network, taps: Sequence[int], count: int) -> list[Layer]:
    text = words_of(given)
    none = reading.mode in ("none", "valid")
    side = 0 if none else sides_of(given, "conv", len(taps)) or taps_of(text, taps)
    if side is None:  # an output at every position; an odd kernel is centred, an even one reaches forward
        side = [[(k - 1) // 2 * (k % 2), k // 2 if k % 2 else k - 1] for k in taps]
    steps = pick(given, "stride", default=(numbers_after(text, "stride") or ["1"])[0])
    told = pool_of(given, text)
    if told and re.search(r"pool\w*[^,;.]*stride", text) and given.get("stride") is None:
        steps = 1
    conv = {"type": "conv", "filters": count, "k": list(taps), "pad": side, "stride": steps,
            "padding_mode": "zeros" if none else reading.mode}  # fmt: skip
    layers: list[Layer] = [conv, {"type": reading.activation}]
    return layers if told is None else [*layers, {"type": told[0], "k": told[1], "stride": told[2]}]


def _never_moves(layers: Sequence[Layer], weights: Any, shape: Sequence[int], move: str, by: int = 1) -> bool:
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
            if pooled(layers, weights, move_image(picture.tolist(), axis, by, move).tolist()) != here:
                return False
    return True


def _image(given: Mapping[str, Any]) -> dict[str, Any]:
    """An image with one line, moved over all positions, through the convolutions conv1, conv2 …"""
    shown = need(given, "input", "image", "x")
    images, axis = ([shown], -1) if isinstance(shown, list) else pictures(str(shown))
    reading = network(given)
    layers, weights = _network(given, reading)
    features = [_features(reading, layers, weights, [image]) for image in images]
    height, width = exact_array(images[0], "image").shape
    rows = [row for row in table((height, width, 1), layers).rows if row.made.windows]
    along = [decide_move(axis_layers(layers, (height, width, 1), a), (height, width)[a]) for a in (0, 1)]
    flat = reading.head == "flatten"
    for_all = not flat and all(d.max_invariant if reading.head == "max" else d.mean_invariant for d in along)
    common = max(features, key=features.count)
    same = len(set(features)) == 1 and not flat
    answers: dict[str, Any] = {
        "invariant": for_all or (same and _never_moves(layers, weights, (height, width), "shift")),
        "invariant_for_all_weights": for_all, "equivariant": all(d.equivariant for d in along),
        "output_size": list(rows[-1].dims[:-1]), "sizes": [list(row.dims[:-1]) for row in rows],
        "differing_positions": [i for i, g in enumerate(features) if g != common],
    }  # fmt: skip
    shifts = [list(invariant_shifts(axis_layers(layers, (height, width, 1), a), along[a].size)) for a in (0, 1)]
    answers["invariant_shifts"] = [0] if flat else shifts[axis]
    if flat:
        return answers
    answers["g"] = vec(features[0])
    for name, picture in _pictures(given, (height, width)).items():
        answers[f"g_{name}"] = vec(_features(reading, layers, weights, [picture]))
    if axis >= 0:
        answers[("g_by_row", "g_by_column")[axis]] = [vec(g) for g in features]
    head = pick(given, "fc", "head_weights", "W_fc")
    if head is not None:
        logits = [exact_array(head, "fc") @ exact_array(list(g)) for g in features]
        answers["logits"] = vec(logits[0])
        answers[("logits_by_row", "logits_by_column")[axis]] = [vec(y) for y in logits]
    return answers


def _pictures(given: Mapping[str, Any], shape: tuple[int, int]) -> dict[str, Any]:
    """Further pictures by name, as nested lists of the same shape or told in words."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        if isinstance(value, str) and re.match(r"(?:x|input|image)_|(?:shifted|reflected|rotated|moved)", name):
            several, _ = pictures(value)
            if len(several) == 1:
                found[name] = several[0]
        elif isinstance(value, list) and not re.match(r"conv\d+$|fc$|W_fc$|head_weights$", name):
            if exact_array(value, name).shape == shape:
                found[name] = value
    return found


def _network(given: Mapping[str, Any], reading: Network) -> tuple[list[Layer], list[Any]]:
    """The layers and weights of conv1, conv2 … with the activation after each, pooling where the question has it."""
    depth, text = 1, words_of(given)
    layers: list[Layer] = []
    weights: list[Any] = []
    for name in sorted(n for n in given if re.fullmatch(r"conv\d+", n)):
        kernels = exact_array(filters(given[name], depth), name).tolist()
        if exact_array(kernels).ndim != 4:
            raise ModelError(f"cnn_shift: {name} must be filters × channels × rows × columns")
        size = [len(kernels[0][0]), len(kernels[0][0][0])]
        none = reading.mode in ("none", "valid")
        side = 0 if none else sides_of(given, name, 2)
        said = numbers_after(text, "stride") if not pool_of(given, text) else None
        stride = pick(given, f"stride_{name}", f"stride{name[4:]}", "stride", default=(said or ["1"])[0])
        layers.append({"type": "conv", "filters": len(kernels), "k": size, "pad": 0 if side is None else side,
                       "padding_mode": "zeros" if none else reading.mode, "stride": stride})  # fmt: skip
        layers.append({"type": reading.activation})
        layers += _pooling(given, text, name)
        bias = pick(given, f"bias{name[4:]}", "bias", default="0")
        weights.append((kernels, bias if isinstance(bias, list) else [bias] * len(kernels)))
        depth = len(kernels)
    if not weights:
        raise ModelError(f"cnn_shift: no conv1, conv2 … and no x in the question; given are {sorted(given)}")
    return layers + _head(reading), weights


def _pooling(given: Mapping[str, Any], text: str, name: str) -> list[Layer]:
    """The pooling behind one convolution, where the question has it."""
    own = pick(given, f"pool{name[4:]}")
    told = pool_of({**given, "pool": own} if own is not None else given, text)
    if told is None:
        return []
    after = re.search(r"pool\w*[^,;.]*?after (?:the )?(conv\d|first|second|each|every)", text)
    place = {"first": "conv1", "second": "conv2"}.get(after[1], after[1]) if after else ""
    if own is None and given.get("pool") is None and not after:
        raise ModelError(
            "cnn_shift: the question does not say after which convolution the pooling stands; say after conv1"
        )
    if place.startswith("conv") and place != name and own is None:
        return []
    return [{"type": told[0], "k": told[1], "stride": told[2]}]


FAMILIES.add("cnn_shift", answer)
