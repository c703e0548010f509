"""Searches against plain enumeration, and printed labels against floating point."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction
from typing import Any

import pytest

from symderiv.errors import LimitError, ModelError, UnknownNameError
from symderiv.models.decoding import beam, exhaustive, greedy, leaves, markov_model, normalized, tempered, tree_model
from symderiv.models.printed_logs import printed, reconstruct_tree, sibling_check
from symderiv.models.search_tree import search_tree

WORDS = "abc"


def random_row(rng: random.Random) -> dict[str, Fraction]:
    parts = [rng.randint(1, 9) for _ in WORDS]
    return {w: Fraction(p, sum(parts)) for w, p in zip(WORDS, parts, strict=True)}


def random_tree(seed: int, depth: int) -> dict[str, dict[str, Fraction]]:
    rng = random.Random(seed)
    return {" ".join(p): random_row(rng) for n in range(depth) for p in itertools.product(WORDS, repeat=n)}


def probability(table: dict[str, Any], words: tuple[str, ...]) -> Fraction:
    return math.prod((table[" ".join(words[:i])][w] for i, w in enumerate(words)), start=Fraction(1))


@pytest.mark.parametrize("seed", range(6))
def test_tree_searches_agree_with_enumeration(seed: int) -> None:
    table = random_tree(seed, 4)
    model = tree_model(table, 4)
    every = {w: probability(table, w) for w in itertools.product(WORDS, repeat=4)}
    best = exhaustive(model)
    assert best.best.score == max(every.values()) == every[best.best.words]
    assert {h.words for h in best.ties} == {w for w, p in every.items() if p == best.best.score}
    assert beam(model, 81).best.score == best.best.score
    prefix: tuple[str, ...] = ()
    for _ in range(4):
        row = table[" ".join(prefix)]
        prefix += (max(row, key=lambda w: row[w]),)
    assert greedy(model).best.words == prefix
    kept: list[tuple[str, ...]] = [()]
    for _ in range(4):
        grown = [(*p, w) for p in kept for w in WORDS]
        kept = sorted(grown, key=lambda p: -probability(table, p))[:2]
    assert [h.words for h in beam(model, 2).steps[-1].kept] == kept


@pytest.mark.parametrize("seed", range(4))
def test_viterbi_agrees_with_enumeration(seed: int) -> None:
    rng = random.Random(seed)
    first, rows = random_row(rng), {w: random_row(rng) for w in WORDS}
    second = {f"{a} {b}": random_row(rng) for a in WORDS for b in WORDS} | rows
    for model, table in ((markov_model(first, rows, 6), rows), (markov_model(first, second, 5), second)):
        every = {h.words: h.score for h in leaves(model)}
        assert exhaustive(model).best.score == max(every.values())
        assert {h.words for h in exhaustive(model).ties} == {w for w, p in every.items() if p == max(every.values())}
        assert sum(every.values()) == 1 and table


def test_end_token_and_length_normalisation() -> None:
    table = {"": {"a": "3/5", "</s>": "2/5"}, "a": {"a": "1/2", "</s>": "1/2"}, "a a": {"a": "1/10", "</s>": "9/10"},
             "a a a": {"</s>": 1}}
    model = tree_model(table, 4, end="</s>")
    every = {h.words: h.score for h in leaves(model)}
    assert sum(every.values()) == 1
    assert exhaustive(model).best.words == ("</s>",) == max(every, key=lambda w: every[w])
    for alpha in (Fraction(1, 2), Fraction(1)):
        scores = {w: math.log(p) / len(w) ** float(alpha) for w, p in every.items()}
        best = exhaustive(model, alpha).best
        assert best.words == max(scores, key=lambda w: scores[w])
        assert float(normalized(model, best, alpha)) == pytest.approx(scores[best.words])
        assert beam(model, 9, alpha).best.words == best.words


def test_temperature() -> None:
    model = tree_model({"": {"a": "1/5", "b": "4/5"}}, 1)
    assert dict(tempered(model, Fraction(1, 2)).steps(())) == {"a": Fraction(1, 17), "b": Fraction(16, 17)}
    assert float(tempered(model, Fraction(2)).steps(())["a"]) == pytest.approx(1 / 3)
    assert exhaustive(tempered(model, Fraction(2))).best.words == ("b",)


def test_ties_go_to_the_earlier_and_are_reported() -> None:
    model = tree_model({"": {"x": "1/2", "y": "1/2"}}, 1)
    assert [h.words for h in exhaustive(model).ties] == [("x",), ("y",)]
    assert greedy(model).best.words == ("x",) and greedy(model).steps[0].tie_at_cut


def test_tree_for_drawing() -> None:
    nodes = search_tree(tree_model(random_tree(1, 3), 3), 2)
    assert len(nodes) == 3 + 9 + 27
    for level in (1, 2, 3):
        assert sum(n.status == "kept" for n in nodes if len(n.prefix) == level) == 2
        assert sum(n.best for n in nodes if len(n.prefix) == level) == 1
    unseen = {n.prefix for n in nodes if n.status == "unseen"}
    assert all(n.prefix[:-1] in unseen or n.status != "unseen" or any(
        m.prefix == n.prefix[:-1] and m.status == "pruned" for m in nodes) for n in nodes)


@pytest.mark.parametrize(
    ("table", "words"),
    [({"": {"a": "1/2"}}, "sum to 1/2"), ({"": {"a": "3/2", "b": "-1/2"}}, "at least 0"), ({"": {}}, "no tokens"),
     ({"a": {"a": 1}}, "no row"), ({"": {"a": 1}}, "no row for the prefix 'a'")],
)
def test_impossible_models(table: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        exhaustive(tree_model(table, 2))


def test_other_refusals() -> None:
    with pytest.raises(ModelError, match="at least 1"):
        beam(tree_model({"": {"a": 1}}, 1), 0)
    with pytest.raises(ModelError, match="above 0"):
        tree_model({"": {"a": "0.1"}}, 1, logarithmic=True)
    with pytest.raises(ModelError, match="no transition from 'y'"):
        exhaustive(markov_model({"y": 1}, {"x": {"x": 1}}, 2))
    with pytest.raises(ModelError, match="must be positive"):
        tempered(tree_model({"": {"a": 1}}, 1), Fraction(0))
    with pytest.raises(LimitError):
        search_tree(markov_model(random_row(random.Random(0)), {w: random_row(random.Random(1)) for w in WORDS}, 8), 2)
    with pytest.raises(UnknownNameError, match="nearest"):
        sibling_check([Fraction(-1)], rounding="nearst")


def test_printing_agrees_with_floating_point() -> None:
    for percent in range(1, 100):
        value = math.log(percent / 100)
        assert float(printed(Fraction(percent, 100))) == pytest.approx(round(value, 2))
        assert float(printed(Fraction(percent, 100), 2, "toward_zero")) == pytest.approx(math.ceil(value * 100) / 100)
        assert float(printed(Fraction(percent, 100), 1, "down")) == pytest.approx(math.floor(value * 10) / 10)


@pytest.mark.parametrize("rounding", ["nearest", "toward_zero", "down"])
def test_sibling_check_agrees_with_a_fine_grid(rounding: str) -> None:
    to_print = {"nearest": lambda x: round(100 * x), "toward_zero": lambda x: math.ceil(100 * x),
                "down": lambda x: math.floor(100 * x)}[rounding]
    seen = {(to_print(math.log(i / 1e5)), to_print(math.log(1 - i / 1e5))) for i in range(100, 99_900)}
    for first, second in sorted(pair for pair in seen if -250 < pair[0] < -10)[::25]:
        assert sibling_check([Fraction(first, 100), Fraction(second, 100)], 2, rounding).possible
        for far in (second - 4, second + 4):
            if far <= 0 and not {(first, far + d) for d in (-1, 0, 1)} & seen:
                assert not sibling_check([Fraction(first, 100), Fraction(far, 100)], 2, rounding).possible


def test_reconstruction_of_hidden_labels() -> None:
    rng = random.Random(4)
    paths = [p for n in (1, 2, 3) for p in itertools.product("ab", repeat=n)]
    labels = {p: Fraction(-rng.randint(1, 300), 100) for p in paths}
    sums = {p: sum(labels[p[: i + 1]] for i in range(len(p))) for p in paths}
    full = reconstruct_tree(sums, {})
    assert full.labels == labels and not full.free and not full.conflicts
    deep = {p: s for p, s in sums.items() if len(p) == 3}
    known = {p: labels[p] for p in paths if len(p) < 3}
    assert reconstruct_tree(deep, known).labels == labels
    partial = reconstruct_tree(deep, {})
    assert set(partial.free) == set(paths) and not partial.forced


def test_a_spoiled_sum_is_found() -> None:
    sums = {("a",): Fraction(-1), ("a", "b"): Fraction(-3, 2)}
    wrong = reconstruct_tree(sums | {("a", "b"): Fraction(-151, 100)}, {("a", "b"): Fraction(-1, 2)})
    assert [c.path for c in wrong.conflicts] == [("a", "b")] and wrong.conflicts[0].agrees is False
    assert not reconstruct_tree(sums, {("a", "b"): Fraction(-1, 2)}).conflicts
