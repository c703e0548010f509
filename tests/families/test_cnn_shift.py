"""Family cnn_shift: signals and pictures through a small network written with NumPy loops."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from symderiv.exact import read_exact
from symderiv.solving import solve_all

X = [0, 1, 2, 0, 0, 0]
NETWORK: dict[str, Any] = {
    "conv1": "3 filters 2x2x1: [[1,1],[-1,-1]], [[1,-1],[1,-1]], 0",
    "conv2": "3 filters 2x2x3: only tap (0,0): out1=4*ch1, out2=18/5*ch2, out3=0",
    "bias": "0", "head": "ReLU after each conv, GAP", "input": "8x7 image, 1 in column c (0-based), else 0",
}  # fmt: skip
TAPS = "on (x_i, x_{i+1})"


def ask(task: str, **given: Any) -> dict[str, Any]:
    (result,) = solve_all([{"id": "x", "family": "cnn_shift", "task": task, "given": given}])["results"]
    assert "error" not in result, result
    return result["answer"]


def maps(x: list[int], kernel: list[int], first: int = 0, circular: bool = True, stride: int = 1) -> list[int]:
    """Output i reads x at i + first, i + first + 1, …"""
    size = len(x)

    def cell(i: int) -> int:
        return x[i % size] if circular or 0 <= i < size else 0

    return [sum(w * cell(i + first + t) for t, w in enumerate(kernel)) for i in range(0, size, stride)]


def mean(values: list[int]) -> Fraction:
    return Fraction(sum(max(0, v) for v in values), len(values))


def value(answer: dict[str, str]) -> Fraction:
    return Fraction(str(read_exact(answer["expr"])))


def shift(x: list[int], by: int) -> list[int]:
    return [x[(i - by) % len(x)] for i in range(len(x))]


@pytest.mark.parametrize("by", [1, 2, 5])
@pytest.mark.parametrize("padding", ["circular", "zero padding"])
def test_shifts_with_two_ways_of_padding(by: int, padding: str) -> None:
    found = ask(f"1-D {padding}, kernel [1,-2] {TAPS}, ReLU, GAP.", x=X, shifted=shift(X, by))
    circular = padding == "circular"
    assert value(found["g_x"]) == mean(maps(X, [1, -2], circular=circular))
    assert value(found["g_shifted"]) == mean(maps(shift(X, by), [1, -2], circular=circular))
    assert found["invariant_under_circular_shift"] is circular


def test_the_shift_may_be_a_number() -> None:
    found = ask(f"1-D circular, kernel [1,-2] {TAPS}, stride 2, ReLU, GAP.", x=X, shift=1)
    assert value(found["g_x"]) == mean(maps(X, [1, -2], stride=2))
    assert value(found["g_shifted"]) == mean(maps(shift(X, 1), [1, -2], stride=2))
    assert (found["invariant_under_shift_by_1"], found["invariant_under_shift_by_2"]) == (False, True)


def test_taps_on_both_sides_with_zeros() -> None:
    task = "1-D zero padding, kernel [1,-2,3] on (x_{i-1}, x_i, x_{i+1}), ReLU, GAP."
    y = [3, 0, 1, 2]
    found = ask(task, x=y)
    assert [int(v) for v in found["maps_x"]["vec"]] == [max(0, v) for v in maps(y, [1, -2, 3], -1, circular=False)]
    symmetric = ask("1-D circular, kernel [1,-2,1] on (x_{i-1}, x_i, x_{i+1}), ReLU, GAP.", x=X, reflected=X[::-1])
    assert symmetric["g_x"] == symmetric["g_reflected"] and symmetric["invariant_under_reflection"] is True


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("no ReLU, GAP", Fraction(sum(maps(X, [1, -2])), 6)),
        ("absolute value, GAP", Fraction(sum(map(abs, maps(X, [1, -2]))), 6)),
        ("ReLU, global max pooling", Fraction(max(maps(X, [1, -2])))),
        ("ReLU, sum pooling over all positions", 6 * mean(maps(X, [1, -2]))),
        ("bias 1, ReLU, GAP", mean([v + 1 for v in maps(X, [1, -2])])),
        ("bias -1/2, ReLU, GAP", Fraction(3, 2) / 6),
        ("ReLU, max pool 2, GAP", Fraction(sum(max(0, *maps(X, [1, -2])[k : k + 2]) for k in (0, 2, 4)), 3)),
        ("ReLU, 2x2 average pooling, GAP", mean(maps(X, [1, -2]))),
    ],
)
def test_what_the_words_say_of_the_network(words: str, expected: Fraction) -> None:
    assert value(ask(f"1-D circular, kernel [1,-2] {TAPS}, {words}.", x=X)["g_x"]) == expected


def test_no_padding_several_kernels_and_two_layers() -> None:
    assert ask("1-D, no padding, kernel [1,-2], ReLU, GAP.", x=X)["output_size"] == 5
    two = ask(f"1-D circular {TAPS}, ReLU, GAP.", x=X, kernels=[[1, -2], [1, 1]])
    assert [Fraction(v) for v in two["g_x"]["vec"]] == [mean(maps(X, [1, -2])), mean(maps(X, [1, 1]))]
    deep = ask(f"1-D circular {TAPS}, ReLU after each, GAP.", x=X, kernel1=[1, -2], kernel2=[1, 1])
    assert value(deep["g_x"]) == mean(maps([max(0, v) for v in maps(X, [1, -2])], [1, 1]))


def test_a_flattened_head_is_not_invariant() -> None:
    found = ask(f"1-D circular, kernel [1,-2] {TAPS}, ReLU, flatten, FC.", x=X, shift=1, fc=[1, 2, 3, 4, 5, 6])
    for name, x in (("y_x", X), ("y_shifted", shift(X, 1))):
        assert value(found[name]) == sum(k * max(0, v) for k, v in enumerate(maps(x, [1, -2]), 1))
    assert (found["invariant"], found["equivariant"], "g_x" in found) == (False, True, False)


def picture(
    column: int, sides: tuple[int, int, int, int], mode: str, relu: bool = True, pool: Any = np.mean
) -> list[float]:
    """The two convolutions of NETWORK on one line, written out."""
    image = np.zeros((8, 7))
    image[:, column] = 1
    top, bottom, left, right = sides

    def convolve(a: np.ndarray, k: np.ndarray) -> np.ndarray:
        padded = np.pad(a, ((top, bottom), (left, right)), mode="wrap" if mode == "circular" else "constant")
        out = np.array(
            [
                [(padded[i : i + 2, j : j + 2] * k).sum() for j in range(padded.shape[1] - 1)]
                for i in range(padded.shape[0] - 1)
            ]
        )
        return np.maximum(out, 0) if relu else out

    first = [convolve(image, np.array(k)) for k in ([[1, 1], [-1, -1]], [[1, -1], [1, -1]])]
    tap = np.array([[1, 0], [0, 0]])
    return [pool(convolve(first[0], 4 * tap)), pool(convolve(first[1], 3.6 * tap)), 0.0]


@pytest.mark.parametrize("sides", [(0, 1, 0, 1), (1, 0, 1, 0), (1, 1, 1, 1)])
@pytest.mark.parametrize("mode", ["circular", "zero"])
@pytest.mark.parametrize(("head", "relu", "pool"), [("ReLU after each conv, GAP", True, np.mean), ("no ReLU, GAP", False, np.mean),
                                                    ("ReLU after each conv, global max pool", True, np.max)])  # fmt: skip
def test_lines_in_a_picture(sides: tuple[int, int, int, int], mode: str, head: str, relu: bool, pool: Any) -> None:
    found = ask(f"Kernel 2, {mode} padding", **{**NETWORK, "head": head}, pad_top_bottom_left_right=list(sides))
    expected = [picture(c, sides, mode, relu, pool) for c in range(7)]
    shown = [[float(Fraction(v)) for v in g["vec"]] for g in found["g_by_column"]]
    assert np.allclose(shown, expected)
    if not np.allclose(expected, expected[0]):
        assert found["invariant"] is False


def test_sides_told_in_the_task_and_a_linear_head() -> None:
    told = ask("Circular padding 1 on the bottom and right", **NETWORK, fc=[["1", "2", "0"], ["0", "1", "1"]])
    given = ask("Circular padding", **NETWORK, pad_top_bottom_left_right=[0, 1, 0, 1])
    assert told["g_by_column"] == given["g_by_column"] and told["output_size"] == [8, 7] and told["invariant"] is True
    assert np.allclose(
        [float(Fraction(v)) for v in told["logits"]["vec"]],
        np.array([[1, 2, 0], [0, 1, 1]]) @ picture(0, (0, 1, 0, 1), "circular"),
    )


def test_some_columns_and_a_given_picture() -> None:
    one = ask(
        "circular", **{**NETWORK, "input": "8x7 image, 1 in column 3, else 0"}, pad_top_bottom_left_right=[0, 1, 0, 1]
    )
    nested = [[int(c == 3) for c in range(7)] for _ in range(8)]
    shown = ask("circular", **{**NETWORK, "input": nested}, pad_top_bottom_left_right=[0, 1, 0, 1])
    assert one["g"] == shown["g"] and len(one["g_by_column"]) == 1


def told(words: str) -> np.ndarray:
    """The picture some words tell, cell by cell."""
    height, width = (int(n) for n in words.split()[0].split("x"))
    cells: dict[str, Any] = {
        "all 0": lambda r, c: 0, "all 2": lambda r, c: 2, "columns 2 and 3": lambda r, c: c in (2, 3),
        "rows 1..3, else -1": lambda r, c: 1 if 1 <= r <= 3 else -1, "at (1,2)": lambda r, c: (r, c) == (1, 2),
        "diagonal": lambda r, c: r == c, "columns 1 to 3 (1-based)": lambda r, c: c in (0, 1, 2),
    }  # fmt: skip
    rule = next(rule for end, rule in cells.items() if words.endswith(end))
    return np.array([[int(rule(r, c)) for c in range(width)] for r in range(height)])


@pytest.mark.parametrize("words", [
    "8x7 image, all 0", "8x7 image, all 2", "8x7 image, 1 in columns 2 and 3", "8x7 image, 1 in rows 1..3, else -1",
    "8x7 image, 1 at (1,2)", "7x7 image, 1 on the diagonal", "8x7 image, 1 in columns 1 to 3 (1-based)",
])  # fmt: skip
def test_pictures_told_in_words_and_further_pictures(words: str) -> None:
    sides, shown = [1, 0, 1, 0], told(words)
    found = ask("circular", **{**NETWORK, "input": words}, pad_top_bottom_left_right=sides,
                shifted=np.roll(shown, (3, 2), (0, 1)).tolist())  # fmt: skip
    x = shown.astype(float)

    def wrapped(image: np.ndarray, taps: np.ndarray) -> np.ndarray:
        # output (r, c) reads rows r - 1, r and columns c - 1, c
        moved = {(a, b): np.roll(image, (1 - a, 1 - b), (0, 1)) for a in (0, 1) for b in (0, 1)}
        return np.maximum(0, sum(taps[a, b] * moved[a, b] for a, b in moved))

    first = [wrapped(x, np.array(k)) for k in ([[1, 1], [-1, -1]], [[1, -1], [1, -1]])]
    expected = [4 * first[0].mean(), 18 / 5 * first[1].mean(), 0]
    for name in ("g", "g_shifted"):
        assert np.allclose([float(Fraction(v)) for v in found[name]["vec"]], expected)


def test_a_network_asked_about_beside_the_one_told() -> None:
    found = ask(f"1-D circular, kernel [1,-2] {TAPS}, ReLU, GAP; without ReLU?", x=X)
    assert value(found["g_x"]) == mean(maps(X, [1, -2]))


@pytest.mark.parametrize(
    ("task", "given"),
    [
        ("1-D circular, kernel [1,-2], tanh, GAP", {"x": X}), ("1-D circular", {"x": X}),
        ("1-D circular, kernel [1,-2], ReLU, max pooling, GAP", {"x": X}),
        ("zero padding or circular padding, kernel [1,-2]", {"x": X}),
        ("kernel [1,-2] on (x_i, x_{i+2}), circular", {"x": X}), ("circular", {"x": X, "kernel": [[1]]}),
        ("circular", {**NETWORK, "input": "8x7 image, 1 in pixel (r,c)"}),
        ("circular", {**NETWORK, "input": "8x7 image, 1 in columns 3 and 9"}),
        ("circular, 2x2 max pooling", NETWORK),
        ("circular", {**NETWORK, "input": "8x7 image, 1 in column c and row 2"}),
        ("circular", {**NETWORK, "input": "8x7 checkerboard"}), ("circular", {**NETWORK, "input": "2x2 image, 1 at (2,0)"}),
        ("1-D circular, kernel [1,-2], identity and then ReLU, GAP", {"x": X}),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(task: str, given: dict[str, Any]) -> None:
    (result,) = solve_all([{"id": "x", "family": "cnn_shift", "task": task, "given": given}])["results"]
    assert "error" in result and "cannot read this" not in result["error"]
