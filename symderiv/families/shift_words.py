"""What a question about a shifted input says of its network in words: padding, taps, activation, pooling, head.

The words may stand in the task or under ``head``, ``network``, ``activation``, ``pooling``.  A word for something the
exact network does not know (a tanh, a flattened head) is refused, never passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from symderiv.errors import ModelError
from symderiv.families.given import pick, prose
from symderiv.families.network_prose import numbers_after
from symderiv.models.shifts import PADDING_NAMES

ACTIVATIONS = (
    (r"leaky|tanh|sigmoid|gelu|softplus|\belu\b|swish|silu|square(?:d)? activation", None),
    (r"no relu|without relu|no activation|without activation|no non-?linearity|linear activation|linear layer only|"
     r"\blinear\b(?! (?:layer|head|classifier))|identity", "identity"),
    (r"absolute value|\babs\b|\|\.\||\|x\|", "abs"),
)  # fmt: skip
HEADS = (
    (r"flatten", "flatten"),
    (r"global max|\bgmp\b|max(?:imum)? over (?:all )?(?:positions|the image|locations|space)", "max"),
    (r"sum[- ]pool|global sum|sum over (?:all )?(?:positions|the image|locations|space)|summed over", "sum"),
)
MODES = (
    (r"circular|wrap[- ]?around|\btorus|periodic|cyclic pad", "circular"),
    (r"zero[- ]?pad|padded with zeros?|zeros outside|zero boundary|pad(?:ding)? with zeros?", "zeros"),
    (r"no padding|without padding|\bvalid\b|unpadded", "none"),
    (r"reflect(?:ion)?[- ]pad|mirror[- ]?pad", "reflect"), (r"replicat\w+|edge[- ]pad", "replicate"),
)  # fmt: skip
SIDES = {"top": (0, 0), "bottom": (0, 1), "left": (1, 0), "right": (1, 1)}
WHOLE = re.compile(r"every|each|all|both")


@dataclass(frozen=True)
class Network:
    """How the convolutions of a question are padded, activated, pooled and read out."""

    mode: str
    activation: str = "relu"
    head: str = "mean"


def words_of(given: Mapping[str, Any]) -> str:
    """All the prose about the network, in lower case."""
    parts = [
        prose(given),
        *(given.get(k) for k in ("head", "network", "architecture", "activation", "pooling", "note")),
    ]
    return " ; ".join(str(part).lower() for part in parts if isinstance(part, str))


def network(given: Mapping[str, Any]) -> Network:
    """Read the words; ModelError for an activation without exact values."""
    text = words_of(given)
    # "…, ReLU, GAP; without ReLU?" asks about another network beside the one it tells
    told = re.sub(r"[,;.:]?[^,;.:?]*\?", "", text) if re.search(r"(?<!no )(?<!without )\brelu\b", text) else text
    activation, pattern = next(((kind, p) for p, kind in ACTIVATIONS if re.search(p, told)), ("relu", ""))
    if activation is None:
        raise ModelError("cnn_shift: the activation has no exact values here; relu, abs and identity do")
    if activation != "relu" and re.search(r"\brelu\b", re.sub(pattern, "", told)):
        raise ModelError("cnn_shift: the question names ReLU and another activation; say which one the network has")
    head = next((kind for pattern, kind in HEADS if re.search(pattern, text)), "mean")
    return Network(padding_mode_of(given, text), activation, head)


def padding_mode_of(given: Mapping[str, Any], text: str) -> str:
    """The way the border is padded: named, else said, else circular; ModelError where two ways are said."""
    word = pick(given, "padding_mode", "pad_mode", "boundary")
    sides = pick(given, "padding", "pad")
    if word is None and isinstance(sides, str) and sides in PADDING_NAMES:
        word = sides
    if word is None and isinstance(sides, str) and sides == "valid":
        word = "none"
    if word is not None:
        return str(word)
    # what is only asked about (a circular shift) is no padding
    said = [
        kind
        for pattern, kind in MODES
        if re.search(pattern, re.sub(r"circular(?:ly)? (?:shift\w*|transl\w*)", "", text))
    ]
    if len(said) > 1:
        raise ModelError(f"cnn_shift: the question names the paddings {' and '.join(said)}; give padding_mode")
    return said[0] if said else "circular"


def sides_of(given: Mapping[str, Any], name: str, axes: int) -> Any:
    """Padding per axis as pairs, from its own key, the usual keys or the task; None where nothing is said."""
    value = pick(
        given, f"pad_{name}", "pad_top_bottom_left_right", "pad_left_right", "pad_tblr", "pad_lr", "pad", "padding"
    )
    if value is not None and not isinstance(value, str):
        return value
    said = re.search(
        r"pad(?:ding)?(?: of| =|=| by)? ?(\d+)(?: pixels?| cells?)?(?: (?:on|at|to) (?:the )?([a-z,/ ]+))?",
        words_of(given),
    )
    if said is None:
        return None
    amount, where = int(said[1]), said[2] or "every"
    named = [place for word, place in SIDES.items() if re.search(rf"\b{word}\b", where)]
    if WHOLE.search(where) and not named or not named and said[2] is None:
        return [[amount, amount]] * axes
    after = re.search(r"\b(after|end|behind)\b", where)
    before = re.search(r"\b(before|start|beginning|front)\b", where)
    if not named and (after or before):
        return [[amount * bool(before), amount * bool(after)]] * axes
    if not named:
        return [[amount, amount]] * axes
    return [[amount * ((axis, end) in named) for end in (0, 1)] for axis in range(2)][-axes:]


def taps_of(text: str, kernel: Sequence[int]) -> list[list[int]] | None:
    """Padding so that output i reads the taps named in ``(x_{i-1}, x_i, x_{i+1})``; None where none are named."""
    listed = re.search(r"\(\s*(x_?\{?\[?i[^()]*)\)", text)
    if listed is None or len(kernel) != 1:
        return None
    places = [
        int(f"{sign}{step}") if step else 0 for sign, step in re.findall(r"x_?\{?\[?i(?:\s*([+-])\s*(\d+))?", listed[1])
    ]
    if places != list(range(places[0], places[0] + kernel[0])) or places[0] > 0 or places[-1] < 0:
        raise ModelError(f"cnn_shift: the taps {listed[0]} are not {kernel[0]} neighbouring cells around i")
    return [[-places[0], places[-1]]]


def pool_of(given: Mapping[str, Any], text: str) -> tuple[str, int, int] | None:
    """A pooling between the layers: kind, size, stride; None without one, ModelError for a size nobody says."""
    value = pick(given, "pool", "pool_size")
    local = re.sub(r"global (?:max|average|avg|mean|sum)[- ]?pool\w*", "", text)
    said = re.search(
        r"(?:(\d)x\1 )?(max|avg|average|mean)[- ]?pool(?:ing)?(?: (?:of |with |size |window )*(\d)(?:x\3)?)?", local
    )
    if value is None and said is None:
        return None
    size = value if value is not None else said and (said[1] or said[3])
    if size is None:
        raise ModelError("cnn_shift: a pooling is named without its size; write for example 'max pool 2'")
    kind = str(pick(given, "pool_type", default="avgpool" if said and said[2] != "max" else "maxpool"))
    stride = pick(given, "pool_stride")
    told = re.search(r"pool\w*[^,;.]*?stride (\d+)", local)
    number = numbers_after(f"pool {size}", "pool") or ["2"]
    return kind, int(number[0]), int(stride if stride is not None else told[1] if told else number[0])
