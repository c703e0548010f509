"""Updates on graphs against adjacency matrices, patterns of rules, masked losses and unrolled translators."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import exp, log, tanh

import networkx
import numpy as np
import pytest
import sympy as sp

from symderiv.errors import ModelError, ShapeError, UnknownNameError
from symderiv.models import losses, seq2seq
from symderiv.models import message_passing as mp
from symderiv.models.update_patterns import patterns, weight_shapes
from symderiv.solving import solve

KINDS = ["path", "cycle", "star", "complete"]


def adjacency(kind: str, size: int) -> np.ndarray:
    graph = {"path": networkx.path_graph, "cycle": networkx.cycle_graph, "complete": networkx.complete_graph}
    made = networkx.star_graph(size - 1) if kind == "star" else graph[kind](size)
    return networkx.to_numpy_array(made)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2])
def test_layers_are_products_with_the_adjacency_matrix(kind: str, count: int) -> None:
    graph, a = mp.named_graph(kind, 5), adjacency(kind, 5)
    start = np.array([0.5, -1.0, 2.0, 0.25, 1.5])
    formulas = mp.layers(graph, mp.MEAN_OF_TANH, count, mp.symbols(graph))
    state = start
    for _ in range(count):
        state = state + 0.7 * (a @ np.tanh(-0.4 * state)) / a.sum(axis=1)
    point = {f"s{k + 1}": v for k, v in enumerate(start)} | {"W1": 0.7, "W2": -0.4}
    assert np.allclose([float(sp.sympify(formulas[str(k)]).subs(point)) for k in range(1, 6)], state)


def test_degree_normalised_rule_is_the_normalised_adjacency_matrix() -> None:
    graph, a = mp.named_graph("star", 4), adjacency("star", 4)
    found = mp.update(graph, "sum_j s_j/sqrt(n_i*n_j)", mp.symbols(graph))
    scale = np.diag(a.sum(axis=1) ** -0.5)
    rows = [[float(sp.sympify(found[str(i)]).coeff(sp.Symbol(f"s{j}"))) for j in range(1, 5)] for i in range(1, 5)]
    assert np.allclose(rows, scale @ a @ scale)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("own", [True, False])
def test_receptive_fields_are_the_support_of_matrix_powers(kind: str, own: bool) -> None:
    graph, a = mp.named_graph(kind, 6), adjacency(kind, 6)
    for count in range(4):
        power = np.linalg.matrix_power(a + own * np.eye(6), count)
        for node in range(6):
            support = tuple(str(k + 1) for k in np.nonzero(power[node])[0])
            assert mp.receptive_field(graph, str(node + 1), count, own) == support


def test_an_isolated_node_has_no_mean() -> None:
    graph = mp.neighbourhoods([1, 2, 3], [(1, 2)])
    assert mp.update(graph, mp.MEAN_OF_TANH, mp.symbols(graph))["3"] is None
    assert mp.update(graph, "s_i + sum_j s_j", mp.symbols(graph))["3"] == sp.Symbol("s3")
    assert mp.layers_to_see_all(graph, "1") is None


def test_printed_updates_force_some_edges_and_leave_others_open() -> None:
    found = mp.reconstruct(range(1, 6), {2: [1, 4, 5], 3: [5]})
    assert set(found.forced) == {("1", "2"), ("2", "4"), ("2", "5"), ("3", "5")}
    assert set(found.excluded) == {("2", "3"), ("1", "3"), ("3", "4")}
    assert set(found.open) == {("1", "4"), ("1", "5"), ("4", "5")}
    for chosen in ([], [(1, 4)], [(1, 4), (1, 5), (4, 5)]):
        graph = mp.neighbourhoods(range(1, 6), [*((int(a), int(b)) for a, b in found.forced), *chosen])
        assert graph.neighbours("2") == ("1", "4", "5") and graph.neighbours("3") == ("5",)
    with pytest.raises(ModelError, match="disagree"):
        mp.reconstruct(range(1, 4), {1: [2], 2: [3]})


@pytest.mark.parametrize("edges", [[(1, 9)], [(1, 2), (2, 1)], [(1,)]])
def test_impossible_edges_are_refused(edges: list[tuple[int, ...]]) -> None:
    with pytest.raises((UnknownNameError, ModelError)):
        mp.neighbourhoods([1, 2, 3], edges)


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ("s_i = s_i + W1*(1/n_i)*sum_j tanh(W2*m_j)", ("residual",)),
        ("s_i = W1*s_i + W2*sum_j m_j", ()),
        ("s_i = s_i - W*sum_j m_j", ("residual",)),
        ("s_i = (s_i - mean_B(s))/sqrt(var_B(s) + eps), over the mini-batch", ("batch_normalization",)),
        ("s_i = (s_i - mean_k(s_i))/sqrt(var_k(s_i) + eps), over the features", ()),
        ("s_i = s_i - mean_B(s)", ("residual",)),
        ("s_i = sum_j softmax_j(s_i*W*m_j)*m_j", ("attention",)),
        ("s_i = softmax(W*s_i)", ()),
        ("s_i = sum_j sigmoid(s_i*m_j)*m_j", ()),
        ("s_i = s_i + sum_j alpha_ij*m_j, alpha_ij = softmax_j(a*m_j)", ("residual", "attention")),
        ("s_i = (1-z)*s_i + z*tanh(W*sum_j m_j)", ()),
    ],
)
def test_patterns(rule: str, names: tuple[str, ...]) -> None:
    assert patterns(rule).names == names


def test_shapes_of_weights_multiply_through() -> None:
    shapes = weight_shapes(mp.MEAN_OF_TANH, "d", {"W2": "k"})
    assert shapes == {"W1": ("d", "k"), "W2": ("k", "d")}
    sizes = {"d": 3, "k": 5}
    w1, w2 = (np.ones([sizes[s] for s in shapes[name]]) for name in ("W1", "W2"))
    assert (np.ones(3) + w1 @ np.tanh(w2 @ np.ones(3))).shape == (3,)
    with pytest.raises(ShapeError):
        weight_shapes("W*s_i", "d", {"W": "k"})


def test_masked_loss_and_gradient_against_numbers() -> None:
    labels, z = [0, 1, 1, 1, 0], [0.3, -1.2, 0.7, 2.0, -0.4]
    answer = solve("bce", {"y": {str(k + 1): v for k, v in enumerate(labels)}, "held_out": [1, 4],
                           "y_hat": dict(zip("12345", "abcde", strict=True))})  # fmt: skip

    def loss(z: list[float]) -> float:
        q = [1 / (1 + exp(-v)) for v in z]
        return -sum(log(q[k]) if labels[k] else log(1 - q[k]) for k in (1, 2, 4)) / 3

    point = {letter: 1 / (1 + exp(-v)) for letter, v in zip("abcde", z, strict=True)}
    assert (
        abs(float(sp.sympify(answer["loss"]["expr"], locals={k: sp.Symbol(k) for k in "abcde"}).subs(point)) - loss(z))
        < 1e-12
    )
    for k, text in enumerate(answer["gradient"]["vec"]):
        up, down = ([v + h * (i == k) for i, v in enumerate(z)] for h in (1e-6, -1e-6))
        exact = float(sp.sympify(text).subs({f"z{i + 1}": v for i, v in enumerate(z)}))
        assert abs(exact - (loss(up) - loss(down)) / 2e-6) < 1e-8


def test_masked_loss_at_the_ends() -> None:
    assert losses.term(sp.S.One, sp.S.One) == 0
    assert losses.term(sp.S.One, sp.S.Zero) == sp.oo
    with pytest.raises(ModelError, match="empty"):
        losses.labelled({"1": sp.S.One}, {"1": sp.Symbol("a")}, [1])
    with pytest.raises(ModelError, match="must lie"):
        losses.labelled({"1": sp.S.One}, {"1": sp.Integer(2)})
    with pytest.raises(UnknownNameError):
        losses.labelled({"1": sp.S.One}, {"1": sp.Symbol("a")}, [7])


@pytest.mark.parametrize(
    ("design", "sees"),
    [
        ("encoder_decoder", lambda u, n: range(1, n + 1)), ("stacked", lambda u, n: range(1, min(u, n) + 1)),
        ("attention", lambda u, n: range(1, n + 1)), ("bidirectional", lambda u, n: range(1, n + 1)),
        ("reversed_source", lambda u, n: range(1, n + 1)), ("stacked_bidirectional", lambda u, n: range(1, n + 1)),
        ("context_everywhere", lambda u, n: range(1, n + 1)),
    ],
)  # fmt: skip
def test_outputs_see_what_a_perturbed_network_shows(design: str, sees: Callable[[int, int], range]) -> None:
    graph = seq2seq.unrolled(design, 4, 5)
    order = list(networkx.topological_sort(graph))

    def run(words: list[float]) -> list[float]:
        value: dict[tuple[str, int], float] = {}
        for node in order:
            own = words[node[1] - 1] if node[0] == "source" else 0.0
            value[node] = (
                own if node[0] == "source" else tanh(0.1 + sum(0.4 * value[p] for p in graph.predecessors(node)))
            )
        return [value["output", u] for u in range(1, 6)]

    base = run([0.1, 0.2, 0.3, 0.4])
    for u in range(1, 6):
        moved = tuple(t for t in range(1, 5) if run([0.1 * k + (k == t) for k in range(1, 5)])[u - 1] != base[u - 1])
        assert seq2seq.visible_sources(graph, u) == moved == tuple(sees(u, 4))
        assert seq2seq.visible_inputs(graph, u) == tuple(range(1, u + 1))


def test_decoder_inputs_are_the_targets_one_place_later() -> None:
    words = ["I", "see", "a", "dog"]
    assert seq2seq.decoder_inputs(words)[1:] == seq2seq.targets(words)[:-1]
    assert seq2seq.decoder_inputs(words, 2) == ("<sos>", "I")
    assert seq2seq.targets(words, 7)[-3:] == ("<eos>", "<pad>", "<pad>")
    assert [seq2seq.needs_equal_lengths(d) for d in ("stacked", "encoder_decoder", "attention")] == [True, False, False]


@pytest.mark.parametrize("call", [lambda: seq2seq.unrolled("stack", 2, 2), lambda: seq2seq.unrolled("stacked", 0, 2),
                                  lambda: seq2seq.visible_sources(seq2seq.unrolled("stacked", 2, 2), 3),
                                  lambda: seq2seq.decoder_inputs(["a"], 0)])  # fmt: skip
def test_impossible_translators_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises((ModelError, UnknownNameError)):
        call()


def test_family_answers_are_json() -> None:
    json.dumps(solve("gnn_update", {"graph": "cycle", "nodes": 4, "layers": 2}))
    json.dumps(solve("seq2seq", {"design": "stacked", "source_length": 3, "target_length": 4}))
