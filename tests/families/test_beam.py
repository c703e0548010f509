"""Family beam: every search against plain enumeration, for the model in many spellings."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import pytest

from symderiv.solving import solve, solve_all

TREE = {"": {"a": "3/5", "b": "2/5"}, "a": {"a": "1/2", "b": "1/2"}, "b": {"a": "9/10", "b": "1/10"}}
ENDING = {"": {"a": "3/5", "<eos>": "2/5"}, "a": {"a": "1/2", "<eos>": "1/2"}, "a a": {"a": "1/10", "<eos>": "9/10"}}
CHAIN = {"x": {"x": "1/10", "y": "9/10"}, "y": {"x": "1/2", "y": "1/2"}}
FIRST = {"x": "1/3", "y": "2/3"}


def ask(task: str = "", **given: Any) -> dict[str, Any]:
    (result,) = solve_all([{"id": "x", "family": "beam", "task": task, "given": given}])["results"]
    assert "error" not in result, result
    return result["answer"]


def scores(table: dict[str, dict[str, str]], depth: int, vocab: str = "ab") -> list[tuple[Fraction, tuple[str, ...]]]:
    """All sequences with their probabilities, best first, ties in the order of the vocabulary."""
    found = []
    for words in itertools.product(vocab, repeat=depth):
        p = Fraction(1)
        for k, word in enumerate(words):
            p *= Fraction(table[" ".join(words[:k])][word])
        found.append((p, words))
    return sorted(found, key=lambda item: -item[0])


def search(table: dict[str, dict[str, str]], depth: int, width: int) -> tuple[Fraction, tuple[str, ...]]:
    """Beam search written out."""
    kept: list[tuple[Fraction, tuple[str, ...]]] = [(Fraction(1), ())]
    for _ in range(depth):
        grown = [(p * Fraction(q), (*w, t)) for p, w in kept for t, q in table[" ".join(w)].items()]
        kept = sorted(grown, key=lambda item: -item[0])[:width]
    return kept[0]


@pytest.mark.parametrize(
    "model",
    [
        {"prob": TREE}, {"probs": TREE}, {"probabilities": {"<s>": TREE[""], "<s> a": TREE["a"], "<s> b": TREE["b"]}},
        {"prob": {"": ["3/5", "2/5"], "a": ["1/2", "1/2"], "b": ["9/10", "1/10"]}},
        {"tree": {"a": {"p": "3/5", "next": TREE["a"]}, "b": {"p": "2/5", "children": TREE["b"]}}},
        {"logprob": {prefix: {t: f"log({p})" for t, p in row.items()} for prefix, row in TREE.items()}},
        {"transition": {"a": TREE["a"], "b": TREE["b"]}, "pi": TREE[""]},
        {"transition_matrix": [["1/2", "1/2"], ["9/10", "1/10"]], "initial": ["3/5", "2/5"]},
        {"transition": {"<s>": TREE[""], "a": TREE["a"], "b": TREE["b"]}, "start": "<s>"},
        {"transition": {"<s>": TREE[""], "a": TREE["a"], "b": TREE["b"]}},
    ],
)  # fmt: skip
def test_one_model_in_many_spellings(model: dict[str, Any]) -> None:
    found = ask(vocab=["a", "b"], depth=2, **model)
    ordered = scores(TREE, 2)
    assert (Fraction(found["exhaustive"]["prob"]), tuple(found["exhaustive"]["words"])) == ordered[0]
    for name, width in (("greedy", 1), ("beam_2", 2)):
        assert (Fraction(found[name]["prob"]), tuple(found[name]["words"])) == search(TREE, 2, width)
    assert [(Fraction(r["prob"]), tuple(r["words"])) for r in found["ranking"]] == ordered
    assert tuple(found["second_best"]["words"]) == ordered[1][1]
    assert found["min_k"] == 2


def test_prefixes_without_a_gap_and_widths_from_the_task() -> None:
    table = {"".join(w): {"a": f"{k + 1}/9", "b": f"{8 - k}/9"} for n in range(3)
             for k, w in enumerate(itertools.product("ab", repeat=n))}  # fmt: skip
    spaced = {" ".join(prefix): row for prefix, row in table.items()}
    found = ask("Exhaustive, greedy, beams 2, 3 and 6.", vocab=["a", "b"], depth=3, prob=table)
    assert tuple(found["exhaustive"]["words"]) == scores(spaced, 3)[0][1]
    for width in (2, 3, 6):
        assert (Fraction(found[f"beam_{width}"]["prob"]), tuple(found[f"beam_{width}"]["words"])) == search(
            spaced, 3, width
        )
    assert tuple(found["beam_6"]["words"]) == tuple(found["exhaustive"]["words"])


def test_a_full_width_beam_is_exhaustive_on_a_chain() -> None:
    found = ask("First-order Markov model; beam size 16", vocab=["x", "y"], length=5, initial=FIRST, transition=CHAIN)
    best = max(
        (math.prod([Fraction(FIRST[w[0]]), *(Fraction(CHAIN[a][b]) for a, b in itertools.pairwise(w))]), w)
        for w in itertools.product("xy", repeat=5)
    )
    assert Fraction(found["exhaustive"]["prob"]) == best[0] == Fraction(found["beam_16"]["prob"])


def test_independent_tokens() -> None:
    found = ask(vocab=["a", "b"], depth=3, prob={"a": "3/5", "b": "2/5"})
    assert found["exhaustive"] == {"words": ["a", "a", "a"], "prob": "27/125"} and found["greedy_is_optimal"] is True


@pytest.mark.parametrize("vocab", [["a", "b"], ["b", "a"]])
def test_ties_go_to_the_vocabulary(vocab: list[str]) -> None:
    even = {"": {"a": "1/2", "b": "1/2"}}
    found = ask(vocab=vocab, depth=1, prob=even)
    assert (
        found["greedy"]["words"] == vocab[:1]
        and found["tie"] is True
        and found["exhaustive_ties"] == [[v] for v in vocab]
    )
    assert ask("Ties are broken alphabetically.", vocab=vocab, depth=1, prob=even)["greedy"]["words"] == ["a"]


@pytest.mark.parametrize(("words", "alpha"), [("", 0), ("with length normalisation", 1), ("scores divided by the length", 1),
                                              ("without length normalization", 0)])  # fmt: skip
def test_end_tokens_and_lengths(words: str, alpha: int) -> None:
    found = ask(words, vocab=["a", "<eos>"], depth=3, prob=ENDING)
    complete = {("<eos>",): Fraction(2, 5), ("a", "<eos>"): Fraction(3, 10), ("a", "a", "<eos>"): Fraction(27, 100),
                ("a", "a", "a"): Fraction(3, 100)}  # fmt: skip
    best = max(complete, key=lambda w: math.log(complete[w]) / len(w) ** alpha)
    assert tuple(found["exhaustive"]["words"]) == best
    assert float(found["exhaustive_score"]["num"]) == pytest.approx(math.log(complete[best]) / len(best) ** alpha)
    assert found["exhaustive"] == ask(words, vocab=["a", "<eos>"], max_len=3, eos="<eos>", prob=ENDING)["exhaustive"]


def test_the_exam_s_labels_under_another_name() -> None:
    labels = {
        "": {"deep": "-0.51", "learn": "-0.91"}, "deep": {"deep": "-0.35", "learn": "-1.20"},
        "learn": {"deep": "-4.61", "learn": "-0.01"}, "deep deep": {"deep": "-0.22", "learn": "-1.61"},
        "deep learn": {"deep": "-0.69", "learn": "-0.69"}, "learn deep": {"deep": "-2.30", "learn": "-0.11"},
        "learn learn": {"deep": "-0.05", "learn": "-2.99"},
    }  # fmt: skip
    found = ask("beam size k=2", vocab=["deep", "learn"], depth=3, log_p=labels)
    assert found["exhaustive"] == {"words": ["learn", "learn", "deep"], "logprob": "-0.97"} == found["beam"]
    assert found["greedy"] == {"words": ["deep", "deep", "deep"], "logprob": "-1.08"}
    assert found["kept"] == [["deep", "learn"], ["deep deep", "learn learn"], ["learn learn deep", "deep deep deep"]]


@pytest.mark.parametrize(
    "given",
    [
        {}, {"prob": {}, "depth": 2}, {"prob": TREE, "depth": 3}, {"prob": {"": {"a": "1/2", "b": "1/3"}}, "depth": 1},
        {"prob": {"a": "3/5", "b": "2/5"}}, {"transition": CHAIN, "start": "x", "length": 3},
        {"transition": CHAIN, "initial": FIRST}, {"prob": {"": ["1/2", "1/2"]}, "depth": 1}, {"prob": TREE, "depth": 0},
        {"logprob": {"": {"a": "log(1/2)", "b": "-0.69"}}, "depth": 1},
        {"prob": TREE, "depth": 2, "tie_break": "ties go to the last token", "vocab": ["a", "b"]},
    ],
)  # fmt: skip
def test_bad_questions_are_refused(given: dict[str, Any]) -> None:
    (result,) = solve_all([{"id": "x", "family": "beam", "given": given}])["results"]
    assert "error" in result and "cannot read this" not in result["error"], result


def test_the_task_is_not_needed() -> None:
    assert solve("beam", {"prob": TREE, "depth": 2, "k": 2})["beam"] == {"words": ["b", "a"], "prob": "9/25"}


EMISSION = {"x": {"0": "9/10", "1": "1/10"}, "y": {"0": "1/5", "1": "4/5"}}


@pytest.mark.parametrize("seen", [["0", "1", "1"], ["1", "1", "1", "0"], ["0"]])
def test_a_hidden_markov_model_against_enumeration(seen: list[str]) -> None:
    found = ask(vocab=["x", "y"], initial=FIRST, transition=CHAIN, emission=EMISSION, observations=seen)

    def joint(words: tuple[str, ...]) -> Fraction:
        p = Fraction(FIRST[words[0]])
        for a, b in itertools.pairwise(words):
            p *= Fraction(CHAIN[a][b])
        return p * math.prod((Fraction(EMISSION[w][s]) for w, s in zip(words, seen, strict=False)), start=Fraction(1))

    best = max(itertools.product("xy", repeat=len(seen)), key=joint)
    assert found["exhaustive"] == {"words": list(best), "prob": str(joint(best))}
    path: tuple[str, ...] = ()
    for _ in seen:
        path = max(((*path, token) for token in "xy"), key=joint)
    assert found["greedy"] == {"words": list(path), "prob": str(joint(path))}


@pytest.mark.parametrize(
    "spoiled",
    [{"observations": ["2"]}, {"emission": {"x": {"0": "1/2"}, "y": {"0": "1"}}}, {"depth": 3},
     {"emission": {"x": {"0": "1", "1": "0"}}}, {"emission": None}],
)  # fmt: skip
def test_a_spoiled_hidden_markov_model_is_refused(spoiled: dict[str, Any]) -> None:
    given = {"vocab": ["x", "y"], "initial": FIRST, "transition": CHAIN, "emission": EMISSION, "observations": ["0", "1"]}
    (result,) = solve_all([{"id": "x", "family": "beam", "given": given | spoiled}])["results"]
    assert "error" in result


def test_a_uniform_first_token() -> None:
    found = ask(vocab=["x", "y"], depth=3, initial="uniform", transition=CHAIN)
    told = ask(vocab=["x", "y"], depth=3, initial={"x": "1/2", "y": "1/2"}, transition=CHAIN)
    assert found == told and found["exhaustive"]["prob"] == str(Fraction(1, 2) * Fraction(9, 10) * Fraction(1, 2))
    (result,) = solve_all([{"id": "x", "family": "beam", "given": {"depth": 2, "transition": CHAIN}}])["results"]
    assert "'initial'" in result["error"]
