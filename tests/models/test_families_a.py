"""Families attention, cnn_table, cnn_shift, beam, batchnorm, init: the open questions, and others by a second route."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy

from symderiv.errors import ModelError, SymderivError, UnknownNameError
from symderiv.exact import ANY_NAME, read_exact
from symderiv.families import FAMILIES

QUESTIONS = json.loads((Path(__file__).parent.parent / "data" / "variations_a.json").read_text())["questions"]


def same(expected: Any, found: Any) -> bool:
    """Formulas are compared as mathematics, everything else literally."""
    if isinstance(expected, dict) and isinstance(found, dict):
        if "expr" in expected:
            difference = read_exact(expected["expr"], ANY_NAME) - read_exact(found["expr"], ANY_NAME)
            return bool(sympy.simplify(difference) == 0)
        entry = next((k for k in ("vec", "mat") if k in expected), None)
        if entry:
            return same([{"expr": e} for e in flat(expected[entry])], [{"expr": e} for e in flat(found[entry])])
        return expected.keys() == found.keys() and all(same(expected[k], found[k]) for k in expected)
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(same, expected, found))
    return type(expected) is type(found) and expected == found


def flat(nested: Any) -> list[str]:
    return [x for item in nested for x in flat(item)] if isinstance(nested, list) else [nested]


def solve(family: str, **given: Any) -> dict[str, Any]:
    return FAMILIES[family](given)


def number(form: dict[str, Any]) -> float:
    return float(read_exact(form.get("expr", form.get("num"))))


def numbers(form: dict[str, Any]) -> np.ndarray:
    rows: Any = form.get("vec", form.get("mat"))
    return np.array([[float(read_exact(x)) for x in r] if isinstance(r, list) else float(read_exact(r)) for r in rows])


@pytest.mark.parametrize("question", QUESTIONS, ids=[q["id"] for q in QUESTIONS])
def test_open_questions(question: dict[str, Any]) -> None:
    answers = FAMILIES[question["family"]]({**question["given"], "task": question["task"]})
    for name, expected in question["expected"].items():
        assert same(expected, answers[name]), name
    json.dumps(answers)


@pytest.mark.parametrize("family", sorted({q["family"] for q in QUESTIONS}))
def test_an_empty_question_is_refused(family: str) -> None:
    with pytest.raises(SymderivError, match="given are"):
        FAMILIES[family]({})


KEYS, VALUES = [[1, 0], [0, 2], [-1, 1]], [[1, 2, 3], [0, 1, 0], [4, 0, -1]]


@pytest.mark.parametrize("scale", ["none", "1/sqrt(d)", "1/2"])
def test_softmax_attention(scale: str) -> None:
    answers = solve("attention", keys=KEYS, values=VALUES, query=[1, "1/2"], pooling="softmax", scale=scale)
    factor = {"none": 1, "1/sqrt(d)": 2**-0.5, "1/2": 0.5}[scale]
    scores = factor * np.array(KEYS) @ [1, 0.5]
    weights = np.exp(scores) / np.exp(scores).sum()
    assert np.allclose(numbers(answers["weights"]), weights)
    assert np.allclose(numbers(answers["output"]), weights @ np.array(VALUES))
    assert answers["query_key_gradient_zero"] is False


def test_causal_and_padding_masks() -> None:
    rows = solve("attention", keys=KEYS, values=VALUES, queries=KEYS, pooling="softmax", causal=True)
    weights = numbers(rows["weights"])
    assert np.allclose(np.triu(weights, 1), 0) and np.allclose(weights.sum(1), 1)
    lists = [[1, 1, 0], [True, True, False], ["0", "0", "-inf"]]
    same_weights = [solve("attention", keys=KEYS, values=VALUES, query=[1, 1], pooling="softmax", mask=m)["weights"]
                    for m in lists]
    same_weights += [
        solve("attention", keys=KEYS, values=VALUES, query=[1, 1], pooling="softmax", **other)["weights"]
        for other in ({"masked": [2]}, {"valid_length": 2}, {"padding_mask": [False, False, True]})
    ]
    assert all(w == same_weights[0] for w in same_weights) and numbers(same_weights[0])[2] == 0


def test_argmax_tie_and_temperature() -> None:
    tied = {"keys": [[2, 0], [0, 2], [0, 0]], "values": [[0], [4], [9]], "query": [1, 1], "pooling": "argmax"}
    assert solve("attention", **tied)["d_output_d_query"] == {"label": "undefined"}
    assert solve("attention", **tied, ties="average")["output"] == {"vec": ["2"]}
    assert solve("attention", **tied, tie="undefined")["output"] == {"label": "undefined"}
    warm = solve("attention", **{**tied, "pooling": "softmax"}, temperature="1/100")
    assert np.allclose(numbers(warm["output"]), 2)
    assert solve("attention", **{**tied, "pooling": "softmax"}, temperature=0)["output"] == {"vec": ["2"]}


def test_scalar_values_and_symbols() -> None:
    answers = solve("attention", keys=[["a"], ["b"]], values=[1, 2], query=["q"], pooling="softmax")
    a, b, q = sympy.symbols("a b q")
    direct = (sympy.exp(a * q) + 2 * sympy.exp(b * q)) / (sympy.exp(a * q) + sympy.exp(b * q))
    assert sympy.simplify(read_exact(answers["output"]["expr"], ANY_NAME) - direct) == 0
    assert sympy.simplify(read_exact(answers["d_output_d_query"]["vec"][0], ANY_NAME) - direct.diff(q)) == 0
    assert sympy.simplify(read_exact(answers["d_output_d_keys"]["vec"][0] if "vec" in answers["d_output_d_keys"]
                                     else answers["d_output_d_keys"]["mat"][0][0], ANY_NAME) - direct.diff(a)) == 0


def test_frozen_share_with_everything() -> None:
    answers = solve("attention", d_model=12, d_ff=48, bias=True, heads=3, layers=2, layer_norm=True)
    each = 4 * (144 + 12) + 12 * 48 + 48 + 48 * 12 + 12 + 4 * 12
    assert answers["total_params"] == 2 * each and answers["frozen_params"] == 2 * 2 * (144 + 12)
    assert answers["most_frozen"] is False and set(answers["frozen"]["words"]) == {"W_Q", "W_K", "b_Q", "b_K"}


def test_table_in_other_layouts() -> None:
    layers = [{"type": "conv", "filters": 4, "k": 3, "bias": False}, {"type": "gap"}, {"type": "fc", "K": 2}]
    answers = solve("cnn_table", input_CHW=[3, 8, 9], layers=layers)
    assert [r["dims"] for r in answers["rows"]] == [[4, 6, 7], [4], [2]]
    line = solve("cnn_table", input_LC=[20, 3], layers=[{"type": "conv1d", "filters": 4, "k": 5, "stride": 2}])
    assert line["rows"][0] == {"layer": "conv1d", "params": 64, "dims": [8, 4]}
    words = solve("cnn_table", input_HWC=[28, 28, 1], layers=["CONV3-10", "POOL2", "FLATTEN", "FC-3"])
    assert words["rows"][-1]["params"] == 1960 * 3 + 3


FILTERS = "3 filters 2x2x1: [[1,1],[-1,-1]], [[1,-1],[1,-1]], 0"
SECOND = "3 filters 2x2x3: only tap (0,0): out1=4*ch1, out2=18/5*ch2, out3=0"


@pytest.mark.parametrize("sides", list(itertools.product((0, 1), repeat=4)))
def test_lines_against_numpy(sides: tuple[int, int, int, int]) -> None:
    answers = solve("cnn_shift", conv1=FILTERS, conv2=SECOND, bias="0", pad_top_bottom_left_right=list(sides),
                    input="4x5 image, 1 in column c (0-based), else 0")
    kernels = np.array([[[1, 1], [-1, -1]], [[1, -1], [1, -1]], [[0, 0], [0, 0]]])
    features = []
    for column in range(5):
        x = np.zeros((4, 5))
        x[:, column] = 1
        x = np.pad(x, (sides[:2], sides[2:]), mode="wrap")
        maps = [np.maximum(sum(k[i, j] * x[i : x.shape[0] - 1 + i, j : x.shape[1] - 1 + j]
                               for i in (0, 1) for j in (0, 1)), 0) for k in kernels]
        around = [np.pad(m, (sides[:2], sides[2:]), mode="wrap") for m in maps]
        second = [f * m[:-1, :-1] for f, m in zip((4, 3.6, 0), around, strict=True)]
        features.append([m.mean() for m in second])
        assert answers["output_size"] == list(second[0].shape)
    assert np.allclose([numbers(g) for g in answers["g_by_column"]], features)
    assert answers["invariant"] == (sides[0] + sides[1] == 1 and sides[2] + sides[3] == 1)


def test_moved_signals() -> None:
    answers = solve("cnn_shift", x=[0, 1, 2, 0], shifted=[0, 0, 1, 2], kernel=["1/2", -1], padding="circular")
    maps = [max(0.5 * a - b, 0) for a, b in ((0, 1), (1, 2), (2, 0), (0, 0))]
    assert number(answers["g_x"]) == pytest.approx(sum(maps) / 4) == number(answers["g_shifted"])
    assert answers["invariant_under_circular_shift"] is True and answers["equivariant_under_circular_shift"] is True
    strided = solve("cnn_shift", x=[0, 1, 2, 0], kernel=[1], stride=2)
    assert strided["invariant_shifts"] == [0, 2] and strided["invariant_under_circular_shift"] is False
    symmetric = solve("cnn_shift", x=[0, 1, 2, 0, 1], kernel=[1, -2, 1])
    assert symmetric["invariant_under_reflection"] is True


def test_beam_answers() -> None:
    table = {"": {"a": "3/5", "b": "2/5"}, "a": {"a": "1/2", "b": "1/2"}, "b": {"a": "9/10", "b": "1/10"}}
    answers = solve("beam", prob=table, depth=2, beams=[1, 2, 7])
    assert answers["exhaustive"] == {"words": ["b", "a"], "prob": "9/25"} == answers["beam_2"] == answers["beam_7"]
    assert answers["greedy"]["words"] == ["a", "a"] and answers["smallest_exact_beam"] == 2
    assert number(answers["exhaustive_logprob"]) == pytest.approx(math.log(0.36))
    assert answers["printed_logs"]["b a"] == f"{math.log(0.36):.2f}"
    logs = solve("beam", depth=2, logprob={k: {t: round(math.log(Fraction(p)), 2) for t, p in row.items()}
                                           for k, row in table.items()})
    assert logs["exhaustive"]["words"] == ["b", "a"] and float(logs["exhaustive"]["logprob"]) == pytest.approx(-1.03)
    markov = solve("beam", vocab=["x", "y"], initial=["1/2", "1/2"], transition=[["1/4", "3/4"], [1, 0]], depth=3)
    assert markov["exhaustive"] == {"words": ["x", "y", "x"], "prob": "3/8"} and markov["tie"] is True


def test_batchnorm_answers() -> None:
    scaled = solve("batchnorm", mean="1", variance="4", epsilon="1", gamma="3", beta="2", input_scale="10")
    assert number(scaled["variance"]) == pytest.approx(9 * 400 / 401)
    plane = solve("batchnorm", mean=[1, 2], covariance=[[4, 2], [2, 9]])
    assert number(plane["correlation"]) == pytest.approx(1 / 3) and plane["mean"] == {"vec": ["0", "0"]}
    assert np.allclose(numbers(plane["semi_axes_2sd"]), 2 * np.sqrt([4 / 3, 2 / 3]))
    batch = solve("batchnorm", x=[1, 2, 6], epsilon=1, gamma=2, beta=1, upstream=[1, 0, 0])
    x = np.array([1.0, 2, 6])
    assert np.allclose(numbers(batch["y"]), 2 * (x - 3) / np.sqrt(x.var() + 1) + 1)
    assert abs(number(batch["sum_dx"])) < 1e-12 and np.allclose(numbers(batch["jacobian"])[0], numbers(batch["dx"]))
    assert batch["batch_variance_equals_gamma2"] is False
    matrix = np.array([[1.0, 2, 4], [3, 5, 0]])
    both = solve("batchnorm", x=matrix.astype(int).tolist(), epsilon="1/2")
    assert np.allclose(numbers(both["y_batchnorm"]), (matrix - matrix.mean(0)) / np.sqrt(matrix.var(0) + 0.5))
    across = (matrix - matrix.mean(1, keepdims=True)) / np.sqrt(matrix.var(1, keepdims=True) + 0.5)
    assert np.allclose(numbers(both["y_layernorm"]), across)
    running = solve("batchnorm", x=[1, 3], running_mean=0, running_var=1, momentum="1/10")
    assert number(running["running_mean"]) == pytest.approx(0.2)
    assert number(running["running_var"]) == pytest.approx(1.1)


def test_init_answers() -> None:
    leaky = solve("init", layers=5, activation="leaky_relu", slope="1/2")
    assert number(leaky["he"]) == pytest.approx(1.25**5) and number(leaky["he_leaky"]) == 1
    assert number(solve("init", layers=4, activation="linear")["he"]) == 16
    assert number(solve("init", layers=4, activation="tanh (near 0)")["xavier"]) == 1
    own = solve("init", layers=3, activation="relu", var="3/n")
    assert number(own["factor"]) == pytest.approx(1.5**3) and own["explodes"] is True
    fans = solve("init", fan_in=100, fan_out=400, activation="relu", init="he")
    assert number(fans["forward"]) == 1 and number(fans["backward"]) == 4
    assert solve("init", layers=1, activation="relu", init="xavier", threshold="1/1000")["depth"] == 10
    half = solve("init", J="-I/2", layers=3)
    assert half["gradient"] == {"expr": "1/8"} and half["skip_guarantees_gradient"] is True
    assert solve("init", J=[[-1, 0], [0, 1]])["skip_guarantees_gradient"] is False
    assert number(solve("init", blocks=10, branch_scale="1/sqrt(L)")["growth"]) == pytest.approx(1.1**10)
    assert solve("init", W=[[0, -1], [1, 0]], steps=4)["orthogonal"] is True
    assert number(solve("init", weight_scale=10, epsilon=0)["gradient_factor"]) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("family", "given"),
    [("attention", {"keys": [[1]], "values": [[1]], "query": [1], "pooling": "quantum"}),
     ("cnn_table", {"input_HWC": [8, 8, 1], "layers": [{"type": "warp"}]}),
     ("init", {"layers": 2, "activation": "relyu"})],
)
def test_unknown_words(family: str, given: dict[str, Any]) -> None:
    with pytest.raises(UnknownNameError):
        FAMILIES[family](given)


@pytest.mark.parametrize(
    ("family", "given"),
    [("attention", {"d_model": 0, "d_ff": 1}),
     ("cnn_table", {"input_HWC": [2, 2, 1], "layers": [{"type": "pool", "k": 3}]}),
     ("cnn_shift", {"x": [1, 2], "kernel": [[1]]}), ("cnn_shift", {"conv1": "some filters", "input": "2x2 image"}),
     ("beam", {"prob": {"": {"a": "1/2"}}, "depth": 1}), ("batchnorm", {"mean": 0, "variance": -1}),
     ("init", {"layers": 0, "activation": "relu"}), ("init", {"J": [[1, 2]]})],
)
def test_impossible_settings(family: str, given: dict[str, Any]) -> None:
    with pytest.raises(ModelError):
        FAMILIES[family](given)


JUNK = ["x", 5, -1, [], {}, "1/0", [1, "a"], 1.5, 10**30, [None], "inf"]


@pytest.mark.parametrize("question", QUESTIONS, ids=[q["id"] for q in QUESTIONS])
def test_spoiled_questions_get_a_clear_error_or_an_answer(question: dict[str, Any]) -> None:
    for name, junk in itertools.product(question["given"], JUNK):
        try:
            json.dumps(FAMILIES[question["family"]]({**question["given"], name: junk}))
        except SymderivError as error:
            assert str(error)
