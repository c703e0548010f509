"""Family gnn_update: rules on graphs against adjacency matrices, and reach against powers of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp

from symderiv.errors import SymderivError
from symderiv.exact import ANY_NAME, read_exact
from symderiv.solving import solve, solve_all

EXAM = [[2, 1], [2, 4], [2, 5], [3, 5]]
PATH = [[1, 2], [2, 3]]
W1, W2, W = sp.symbols("W1 W2 W")


def ask(**given: Any) -> dict[str, Any]:
    return solve("gnn_update", given)


def matrix(edges: list[list[int]], size: int) -> sp.Matrix:
    result = sp.zeros(size)
    for a, b in edges:
        result[a - 1, b - 1] = result[b - 1, a - 1] = 1
    return result


def equal(answer: dict[str, Any], expected: Any) -> bool:
    return sp.simplify(read_exact(answer["expr"], ANY_NAME) - expected) == 0


def test_the_exam_graph_and_a_star() -> None:
    s = [None, *sp.symbols("s1:6")]
    found = ask(edges=EXAM, nodes=5)
    assert equal(found["2"], s[2] + W1 / 3 * sum(sp.tanh(W2 * s[k]) for k in (1, 4, 5)))
    assert equal(found["3"], s[3] + W1 * sp.tanh(W2 * s[5]))
    star = ask(graph="star", n=5, rule="s_i + W1*(1/n_i)*sum_j tanh(W2*s_j)")
    assert equal(star["1"], s[1] + W1 / 4 * sum(sp.tanh(W2 * s[k]) for k in (2, 3, 4, 5)))


@pytest.mark.parametrize(
    "graph",
    [
        {"edges": [[1, 2], [2, 3], [3, 4], [1, 4]]}, {"graph": "cycle 1-2-3-4"}, {"graph": "C4"},
        {"graph": "cycle", "nodes": 4}, {"graph": "ring with 4 nodes"}, {"edges": ["1-2", "2-3", "3-4", "4-1"]},
        {"adjacency": [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]},
        {"neighbors": {"1": [2, 4], "2": [1, 3], "3": [2, 4], "4": [1, 3]}},
        {"graph": {"nodes": 4, "edges": [[1, 2], [2, 3], [3, 4], [4, 1]]}},
    ],
)  # fmt: skip
def test_one_graph_in_many_spellings(graph: dict[str, Any]) -> None:
    adjacency = matrix([[1, 2], [2, 3], [3, 4], [4, 1]], 4)
    states = sp.Matrix(sp.symbols("s1:5"))
    expected = (sp.eye(4) + W * adjacency) ** 2 * states
    found = ask(rule="s_i + W*sum_j s_j", layers=2, **graph)
    assert all(equal(found[str(k + 1)], expected[k]) for k in range(4))


@pytest.mark.parametrize(
    ("rule", "loops"),
    [("W*sum_{j in N(i) u {i}} s_j/sqrt(d_i*d_j)", {}), (r"W \sum_j \frac{s_j}{\sqrt{d_i d_j}}", {"self_loops": True})],
)
def test_degree_normalisation_with_self_loops(rule: str, loops: dict[str, Any]) -> None:
    hat = matrix(PATH, 3) + sp.eye(3)
    scale = sp.diag(*[1 / sp.sqrt(sum(hat.row(k))) for k in range(3)])
    expected = W * scale * hat * scale * sp.Matrix(sp.symbols("s1:4"))
    found = ask(edges=PATH, nodes=3, rule=rule, **loops)
    assert all(equal(found[str(k + 1)], expected[k]) for k in range(3))


@pytest.mark.parametrize("name", ["states", "initial_states", "s0", "s"])
def test_numbers_for_the_states(name: str) -> None:
    values = np.array([1, 2, 3])
    for _ in range(2):
        values = values + np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]) @ values
    found = ask(edges=PATH, rule="s_i + sum_j s_j", steps=2, **{name: ["1", "2", "3"]})
    assert [found[k]["expr"] for k in "123"] == [str(v) for v in values]


def test_columns_and_matrices() -> None:
    states, weight = np.array([[1, 0], [0, 1], [1, 1]]), np.array([[1, 2], [0, 1]])
    expected = (states + np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]) @ states) @ weight.T
    found = ask(edges=PATH, rule="W*(s_i + sum_j s_j)", W=weight.tolist(), states=states.tolist())
    assert [found[k]["vec"] for k in "123"] == [[str(v) for v in row] for row in expected]


def test_directed_edges_send_one_way() -> None:
    (result,) = solve_all(
        [{"id": "x", "family": "gnn_update", "task": "Expand on the directed path 1->2->3.",
          "given": {"edges": PATH, "rule": "s_i + sum_j s_j over incoming edges"}}]
    )["results"]  # fmt: skip
    assert [result["answer"][k]["expr"] for k in "123"] == ["s1", "s1 + s2", "s2 + s3"]


@pytest.mark.parametrize(("node", "layers"), [(1, 3), (3, 2), (6, 4), (4, 1)])
def test_reach_is_the_support_of_a_power(node: int, layers: int) -> None:
    edges = [[k, k + 1] for k in range(1, 6)]
    row = ((sp.eye(6) + matrix(edges, 6)) ** layers).row(node - 1)
    expected = [k + 1 for k in range(6) if row[k]]
    asked = f"Which initial states can node {node} depend on after {layers} layers of eq. (9)?"
    (result,) = solve_all([{"id": "x", "family": "gnn_update", "task": asked, "given": {"edges": edges}}])["results"]
    assert result["answer"]["depends_on"] == expected
    assert ask(edges=edges, layers=layers, target=node)["depends_on"] == expected


def test_reach_without_the_own_state_and_from_a_source() -> None:
    edges = [[1, 2], [2, 3], [3, 4], [5, 6]]
    assert ask(edges=edges, layers=2, rule="sum_j W*s_j")["depends_on"] == [1, 3]
    found = ask(edges=edges, layers=2, node=1, source=4)
    assert (found["depends"], found["layers_needed"]) == (False, 3)
    assert ask(edges=edges, layers=2, node=1, source=6)["layers_needed"] is None


def test_other_letters_and_functions_nobody_defined() -> None:
    assert ask(edges=PATH, rule="h_i + sum_j h_j")["2"]["expr"] == "h1 + h2 + h3"
    assert ask(edges=PATH, rule="sigma(W1*s_i + W2*mean_j s_j)")["1"]["expr"] == "sigma(W1*s1 + W2*s2)"
    assert ask(edges=[[0, 1], [1, 2]], nodes=3, rule="s_i + sum_j s_j")["0"]["expr"] == "s0 + s1"
    found = ask(edges=PATH, rule=r"s_i^{l-1} + W_1 \frac{1}{n_i} \sum_{j \in N(i)} \tanh(W_2 s_j^{l-1})")
    assert found["1"]["expr"] == "W1*tanh(W2*s2) + s1"


@pytest.mark.parametrize(
    "given",
    [
        {}, {"graph": "cycle"}, {"graph": "a heap of nodes"}, {"edges": [[1]]}, {"edges": PATH, "states": ["1"]},
        {"edges": PATH, "node": 9}, {"adjacency": [[0, 1], [1]]}, {"neighbors": {"1": [2], "2": []}},
        {"edges": PATH, "rule": "mean of the far away"}, {"edges": PATH, "rule": "sum_{j in N[i]} s_j/(n_i + 1)"},
        {"adjacency": [[0, 1], [1, 0]], "directed": "perhaps"}, {"graph": "C4", "directed": True},
        {"edges": [[1, 2], [1, [2]]], "nodes": 3}, {"edges": [[1, 2], [{}, 2]], "nodes": 3},
    ],
)  # fmt: skip
def test_bad_questions_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(SymderivError):
        ask(**given)


@pytest.mark.parametrize(
    ("task", "node", "source", "least"),
    [("How many layers until node 1 of the path can depend on node 6?", 1, 6, 5),
     ("How many layers does node 3 of the path 1-2-3-4-5-6 need to depend on all initial states?", 3, None, 3),
     ("Minimum number of layers such that every node of the path can depend on every other.", None, None, 5),
     ("From which layer on can s_1 depend on s_4?", 1, 4, 3)],
)  # fmt: skip
def test_the_layers_asked_for_are_the_first_power_with_the_entries(
    task: str, node: int | None, source: int | None, least: int
) -> None:
    step = np.eye(6, dtype=int) + np.array(matrix([[i, i + 1] for i in range(1, 6)], 6), dtype=int)

    def seen(count: int) -> bool:
        power = np.linalg.matrix_power(step, count)
        rows = power if node is None else power[node - 1 : node]
        return bool((rows if source is None else rows[:, source - 1]).all())

    assert next(count for count in range(7) if seen(count)) == least
    found = ask(task=task, edges=[[i, i + 1] for i in range(1, 6)])
    assert found["layers"] == found["layers_needed"] == found["min_layers"] == least


@pytest.mark.parametrize("weights", [{"1-2": "2", "3-2": "5"}, ["2", "5"]])
def test_weights_of_edges_beside_the_edges(weights: Any) -> None:
    weighted = sp.Matrix([[1, 2, 0], [2, 1, 5], [0, 5, 1]])
    expected = weighted * sp.Matrix(sp.symbols("s1:4"))
    found = ask(edges=PATH, nodes=3, rule="s_i + sum_j w_ij*s_j", edge_weights=weights)
    assert all(equal(found[str(k + 1)], expected[k]) for k in range(3))


@pytest.mark.parametrize("weights", [None, {"1-2": "2"}, ["2"], {"1-2": "2", "2-3": "1", "1-3": "4"}, "2"])
def test_weights_that_do_not_fit_the_edges_are_refused(weights: Any) -> None:
    with pytest.raises(SymderivError):
        ask(edges=PATH, nodes=3, rule="s_i + sum_j w_ij*s_j", edge_weights=weights)
