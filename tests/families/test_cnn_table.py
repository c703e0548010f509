"""Family cnn_table: sizes by counting windows one by one and parameters by building the arrays of weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symderiv.errors import SymderivError
from symderiv.solving import solve, solve_all


def ask(layers: Any, size: Any = (32, 32, 3), **given: Any) -> dict[str, Any]:
    return solve("cnn_table", {"input_HWC": list(size), "layers": layers, **given})


def rows(answer: dict[str, Any]) -> list[tuple[int, list[int]]]:
    return [(row["params"], row["dims"]) for row in answer["rows"]]


def positions(size: int, kernel: int, stride: int = 1, before: int = 0, after: int = 0, dilation: int = 1) -> int:
    """Windows that fit, counted one by one."""
    cells = range(-before, size + after)
    return sum(1 for start in cells[::stride] if start + dilation * (kernel - 1) in cells)


CONV: list[dict[str, Any]] = [
    {"k": 3, "pad": 1}, {"k": 5}, {"k": 3, "stride": 2, "pad": 1}, {"k": 3, "dilation": 2}, {"k": 1}, {"k": 4, "stride": 3},
]  # fmt: skip


@pytest.mark.parametrize("settings", CONV, ids=str)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("groups", [1, 3])
def test_convolutions(settings: dict[str, Any], bias: bool, groups: int) -> None:
    pad = settings.get("pad", 0)
    side = positions(32, settings["k"], settings.get("stride", 1), pad, pad, settings.get("dilation", 1))
    weights = np.zeros((6, 3 // groups, settings["k"], settings["k"]))
    found = ask([{"type": "conv", "filters": 6, "bias": bias, "groups": groups, **settings}])
    assert rows(found) == [(weights.size + 6 * bias, [side, side, 6])]


@pytest.mark.parametrize(
    "settings",
    [{"k": [3, 5]}, {"kernel": [3, 5]}, {"kh": 3, "kw": 5}, {"kernel_h": 3, "kernel_w": 5}, {"kernel_size": [3, 5]}],
)
def test_rectangular_kernels(settings: dict[str, Any]) -> None:
    found = ask([{"type": "conv", "filters": 8, "pad": [1, 2], **settings}])
    assert rows(found) == [(3 * 5 * 3 * 8 + 8, [32, 32, 8])]


@pytest.mark.parametrize("name", ["pad", "padding", "pad_top_bottom_left_right", "pad_tblr"])
def test_padding_on_some_sides(name: str) -> None:
    height, width = positions(32, 2, 1, 1, 0), positions(32, 2, 1, 0, 2)
    found = ask([{"type": "conv", "filters": 2, "k": 2, name: [1, 0, 0, 2]}])
    assert rows(found)[0][1] == [height, width, 2]


def test_transposed_convolution_undoes_the_sizes() -> None:
    for kernel, stride, pad in ((4, 2, 1), (3, 1, 0), (2, 2, 0)):
        up = ask([{"type": "conv_transpose", "filters": 5, "k": kernel, "stride": stride, "pad": pad}], (7, 7, 3))
        ((params, dims),) = rows(up)
        assert positions(dims[0], kernel, stride, pad, pad) == 7
        assert params == kernel * kernel * 3 * 5 + 5


def test_one_axis_under_several_names() -> None:
    layers = [
        {"type": "conv1d", "filters": 8, "k": 5, "stride": 2},
        {"type": "avgpool", "k": 2},
        "flatten",
        {"type": "fc", "K": 3},
    ]
    length = positions(positions(100, 5, 2), 2, 2)
    expected = [5 * 4 * 8 + 8, 0, 0, length * 8 * 3 + 3]
    for given in ({"input_LC": [100, 4]}, {"input_CL": [4, 100]}, {"input_size": [100], "channels": 4}):
        assert [p for p, _ in rows(solve("cnn_table", {"layers": layers, **given}))] == expected
    assert rows(solve("cnn_table", {"input_L": 100, "layers": layers[:1]}))[0][0] == 5 * 8 + 8


@pytest.mark.parametrize(
    "given",
    [{"input_HWC": [32, 32, 3]}, {"input_NHWC": [16, 32, 32, 3]}, {"input_shape": [32, 32, 3]}, {"input": "32x32x3"},
     {"input_size": [32, 32], "in_channels": 3}, {"input_HW": [32, 32], "channels": 3}],
)  # fmt: skip
def test_the_input_in_many_spellings(given: dict[str, Any]) -> None:
    layers = [{"type": "conv", "filters": 8, "k": 3, "pad": 1}]
    assert rows(solve("cnn_table", {"layers": layers, **given})) == [(224, [32, 32, 8])]


def test_the_exam_in_its_own_words() -> None:
    text = "CONV3-10 -> POOL2 -> CONV3-10 -> POOL2 -> FLATTEN -> FC-3"
    found = solve("cnn_table", {"input_HWC": [28, 28, 1], "architecture": text})
    assert rows(found)[-1] == (490 * 3 + 3, [3]) and found["total_params"] == 100 + 910 + 1473
    even = solve("cnn_table", {"input_HWC": [8, 7, 1], "layers": ["CONV2-3", "relu", "CONV2-3", "relu", "GAP", "FC-3"]})
    assert [dims for _, dims in rows(even)] == [[9, 8, 3], [9, 8, 3], [10, 9, 3], [10, 9, 3], [3], [3]]
    assert rows(ask(["CONV3-8 stride 2"]))[0][1] == [16, 16, 8]


def test_repeated_layers_normalisation_and_no_biases() -> None:
    layers = [{"type": "conv", "filters": 3, "k": 3, "pad": 1, "repeat": 3}, {"type": "batchnorm"}, {"type": "gap"}]
    found = ask(layers)
    assert [p for p, _ in rows(found)] == [84, 84, 84, 6, 0] and found["receptive_field"] == [7, 7]
    (result,) = solve_all(
        [{"id": "x", "family": "cnn_table", "task": "Same, without biases.",
          "given": {"input_HWC": [32, 32, 3], "layers": [{"layer": "conv", "filters": 3, "k": 3}]}}]
    )["results"]  # fmt: skip
    assert result["answer"]["total_params"] == 81


@pytest.mark.parametrize(
    ("layers", "given"),
    [
        ([{"type": "conv", "filters": 8, "k": 3, "pd": 1}], {}), ([{"type": "conv", "filters": 8, "k": 99}], {}),
        ([{"type": "fc", "K": 3}], {}), ([{"type": "conv", "filters": 8, "k": 3, "groups": 2}], {}),
        ([{"type": "maxout", "k": 2}], {}), ([{"k": 2}], {}), (7, {}), ([{"type": "pool", "k": 2, "repeat": 0}], {}),
        (["CONV3-8"], {"input_HWC": [32, 32]}), (["CONV3-8"], {"input_HWC": None, "input_size": [32, 32]}),
    ],
)  # fmt: skip
def test_bad_questions_are_refused(layers: Any, given: dict[str, Any]) -> None:
    with pytest.raises(SymderivError):
        ask(layers, **given)


@pytest.mark.parametrize(
    ("task", "own", "conv", "fc"),
    [("No biases anywhere.", None, False, False), ("Convolutions without bias.", None, False, True),
     ("The FC layer has no bias.", None, True, False), ("A conv net without biases.", None, False, False),
     ("FC without bias only, as given.", False, True, False), ("CIFAR-size net.", None, True, True)],
)  # fmt: skip
def test_biases_are_left_out_where_the_task_says_so(task: str, own: bool | None, conv: bool, fc: bool) -> None:
    last = {"type": "fc", "K": 2} | ({} if own is None else {"bias": own})
    layers = [{"type": "conv", "filters": 16, "k": 3, "pad": 1}, {"type": "flatten"}, last]
    found = solve("cnn_table", {"task": task, "input_HWC": [4, 4, 3], "layers": layers})
    shapes = [(16, 3, 3, 3), (2, 4 * 4 * 16)]
    weights = [int(np.prod(shape)) for shape in shapes]
    assert [found["rows"][0]["params"], found["rows"][2]["params"]] == [weights[0] + 16 * conv, weights[1] + 2 * fc]
