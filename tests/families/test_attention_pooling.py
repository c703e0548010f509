"""Family attention: settings in the data and in the task, against NumPy's softmax, differences and counted entries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symderiv.errors import SymderivError
from symderiv.exact import ANY_NAME, read_exact
from symderiv.solving import solve, solve_all

K = np.array([[1.0, 2.0], [3.0, 1.0], [0.0, -1.0], [2.0, 2.0]])
V = np.array([[1.0, 0.0], [0.0, 8.0], [16.0, 8.0], [-3.0, 5.0]])
Q = np.array([0.5, -0.25])
DATA: dict[str, Any] = {"keys": K.astype(int).tolist(), "values": V.astype(int).tolist(), "query": ["1/2", "-1/4"]}
TIED: dict[str, Any] = {"keys": [[1, 2], [0, 0], [2, 1]], "values": [[8, 0], [1, 1], [0, 8]], "query": [1, 1]}


def ask(task: str = "", **given: Any) -> dict[str, Any]:
    (result,) = solve_all([{"id": "x", "family": "attention", "task": task, "given": given}])["results"]
    assert "error" not in result, result
    return result["answer"]


def numbers(form: Any, **point: float) -> Any:
    nested = form.get("expr", form.get("vec", form.get("mat", form.get("tensor"))))
    read = np.vectorize(lambda text: float(read_exact(text, ANY_NAME).subs(point)))
    return read(np.array(nested, dtype=object))


def softmax(scores: Any) -> Any:
    powers = np.exp(scores - np.max(scores))
    return powers / powers.sum()


def dots(q: Any = Q, keys: Any = K) -> Any:
    return keys @ q


@pytest.mark.parametrize(
    ("task", "given", "scores"),
    [
        ("", {"beta": "2"}, 2 * dots()), ("", {"temperature": "1/2"}, 2 * dots()),
        ("", {"beta": "3", "temperature": "2"}, 1.5 * dots()),
        ("Scaled dot-product attention.", {}, dots() / np.sqrt(2)), ("", {"scaled": True}, dots() / np.sqrt(2)),
        ("", {"scale": "1/sqrt(d_k)"}, dots() / np.sqrt(2)), ("Scaled dot-product.", {"scale": "none"}, dots()),
        ("No scaling by sqrt(d).", {}, dots()),
        ("", {"similarity": "-||q-k||^2"}, -((K - Q) ** 2).sum(1)),
        ("", {"similarity": "-||q-k||^2/2"}, -((K - Q) ** 2).sum(1) / 2),
        ("", {"similarity": "gaussian"}, -((K - Q) ** 2).sum(1) / 2),
        ("", {"W": [[0, 1], [3, -1]]}, np.array([Q @ np.array([[0, 1], [3, -1]]) @ k for k in K])),
        ("", {"bias": ["1", "0", "-1", "2"]}, dots() + [1, 0, -1, 2]),
        ("", {"mask": [1, 1, 0, 1]}, dots() + [0, 0, -np.inf, 0]),
        ("", {"top_k": 2}, np.where(dots() >= np.sort(dots())[-2], dots(), -np.inf)),
        ("", {"pooling": "top-2 softmax"}, np.where(dots() >= np.sort(dots())[-2], dots(), -np.inf)),
    ],
)
def test_settings_of_softmax_pooling(task: str, given: dict[str, Any], scores: Any) -> None:
    found = ask(task, **({"pooling": "softmax"} | DATA | given))
    assert numbers(found["weights"]) == pytest.approx(softmax(scores), rel=1e-12)
    assert numbers(found["output"]) == pytest.approx(softmax(scores) @ V, rel=1e-12)
    weights = softmax(scores)[softmax(scores) > 0]
    assert numbers(found["entropy"]) == pytest.approx(-(weights * np.log(weights)).sum())


def test_the_pooling_may_stand_in_the_task() -> None:
    assert numbers(ask("Softmax attention.", **DATA)["output"]) == pytest.approx(softmax(dots()) @ V)
    assert numbers(ask("Hard attention.", **DATA)["output"]).tolist() == V[np.argmax(dots())].tolist()


@pytest.mark.parametrize("limit", [{"beta": "oo"}, {"temperature": "0"}])
def test_the_cold_limit_shares_ties(limit: dict[str, Any]) -> None:
    cold = softmax(1e4 * np.array([3.0, 0, 3]))
    assert numbers(ask(pooling="softmax", **TIED, **limit)["weights"]) == pytest.approx(cold)


@pytest.mark.parametrize(
    ("task", "given", "output", "winner"),
    [
        ("", {}, [8, 0], 0), ("Two keys tie; the last index wins.", {}, [0, 8], 2),
        ("Tie: the average of the tied values.", {}, [4, 4], None), ("", {"ties": "split equally"}, [4, 4], None),
        ("A tie, which softmax averages; the lowest index wins here.", {"tie_break": "lowest index"}, [8, 0], 0),
        ("", {"tie": "last"}, [0, 8], 2),
    ],
)
def test_ties(task: str, given: dict[str, Any], output: list[int], winner: int | None) -> None:
    found = ask(task, pooling="argmax", **TIED, **given)
    assert numbers(found["output"]).tolist() == output and found.get("winner_0based") == winner
    assert found["tied_0based"] == [0, 2]


def slopes(output: Any, at: Any) -> Any:
    steps = 1e-6 * np.eye(len(at))
    return np.array([(output(at + s) - output(at - s)) / 2e-6 for s in steps]).T


def test_straight_through_takes_the_slopes_of_softmax() -> None:
    found = ask(**DATA, pooling="argmax", backward="softmax", scale="none")
    assert numbers(found["output"]).tolist() == V[np.argmax(dots())].tolist()
    assert numbers(found["d_output_d_query"]) == pytest.approx(slopes(lambda q: softmax(dots(q)) @ V, Q), abs=1e-8)
    hard = [np.eye(2) * (i == np.argmax(dots())) for i in range(4)]
    assert numbers(found["d_output_d_values"]) == pytest.approx(np.array(hard))


def test_a_bilinear_form_has_a_slope_by_the_query_and_none_by_moved_keys() -> None:
    w = np.array([[0.0, 1.0], [3.0, -1.0]])
    found = ask(**DATA, pooling="softmax", W=[[0, 1], [3, -1]])
    assert numbers(found["d_output_d_query"]) == pytest.approx(
        slopes(lambda q: softmax(K @ (w.T @ q)) @ V, Q), abs=1e-8)  # fmt: skip
    assert not [name for name in found if "d_key" in name]


def test_symbolic_widths_against_counted_entries() -> None:
    found = ask(d_model="d", d_ff="f", bias=True)
    for d, f in ((4, 16), (3, 5)):
        entries = [(d, d), (d, d), (d, d), (d, d), (d, f), (f, d), (d, 1), (d, 1), (d, 1), (d, 1), (f, 1), (d, 1)]
        total = sum(a * b for a, b in entries)
        assert numbers(found["total_params"], d=d, f=f) == total
        assert numbers(found["fraction"], d=d, f=f) == pytest.approx(2 * (d * d + d) / total)
    assert ask(d_model="d", d_ff="4*d")["fraction"] == {"expr": "1/6"}
    told = ask(d_model=8, d_ff="4*d_model")
    assert told["fraction"] == {"expr": "1/6"} and told["most"] is False
    assert told["trainable_fraction"] == {"expr": "5/6"}


@pytest.mark.parametrize(
    "given",
    [{**DATA, "beta": "-1"}, {**DATA, "top_k": 0}, {**TIED, "top_k": 1}, {**DATA, "pooling": "sparsemax"},
     {**DATA, "ties": "coin"}, {**DATA, "W": [[1, 2, 3]]}, {**DATA, "backward": "gumbel"},
     {"d_model": 0}, {"d_model": "d", "d_ff": -1}, {"d_model": 8, "bias": "maybe"}],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(SymderivError):
        solve("attention", given)
