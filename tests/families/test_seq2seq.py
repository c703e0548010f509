"""Family seq2seq: sentences by the right shift written out, and coins token by token."""

from __future__ import annotations

from typing import Any

import pytest

from symderiv.errors import SymderivError
from symderiv.solving import solve, solve_all

REFERENCE = ["the", "cat", "sat", "on"]
SAMPLED = ["the", "dog", "sits", "in"]


def ask(task: str = "", **given: Any) -> dict[str, Any]:
    data = {"reference": REFERENCE, "sampled": SAMPLED, "length": 5} | given
    (result,) = solve_all([{"id": "x", "family": "seq2seq", "task": task, "given": data}])["results"]
    assert "error" not in result, result
    return result["answer"]


def words(found: dict[str, Any], *names: str) -> list[str]:
    return [" ".join(found[name]["words"]) for name in names]


@pytest.mark.parametrize(
    ("task", "given", "train", "targets", "generated"),
    [
        ("", {"sampled": ["dogs", "bark"]}, "<sos> the cat sat on", "the cat sat on <eos>", "<sos> dogs bark"),
        ("", {"sampled": ["dogs", "<eos>"]}, "<sos> the cat sat on", "the cat sat on <eos>", "<sos> dogs"),
        ("", {"sampled": ["dogs", "bark"], "length": 2}, "<sos> the", "the cat", "<sos> dogs"),
        ("", {"reference": ["a", "dog", "<eos>"]}, "<sos> a dog", "a dog <eos>", "<sos> the dog sits in"),
        ("", {"sampled": []}, "<sos> the cat sat on", "the cat sat on <eos>", "<sos>"),
        # right shift of padded targets
        ("", {"reference": ["he", "ran"], "pad": "_", "length": 6}, "<sos> he ran <eos> _ _", "he ran <eos> _ _ _",
         "<sos> the dog sits in <eos>"),
        ("Padded to six tokens.", {"reference": ["he", "ran"], "length": 6}, "<sos> he ran <eos> <pad> <pad>",
         "he ran <eos> <pad> <pad> <pad>", "<sos> the dog sits in <eos>"),
        ("", {"bos_token": "<s>", "eos_token": "</s>"}, "<s> the cat sat on", "the cat sat on </s>",
         "<s> the dog sits in"),
        ("", {"tokens": {"sos": "[", "eos": "]"}}, "[ the cat sat on", "the cat sat on ]", "[ the dog sits in"),
        ("", {"special": ["[", "]"]}, "[ the cat sat on", "the cat sat on ]", "[ the dog sits in"),
    ],
)  # fmt: skip
def test_what_is_fed(task: str, given: dict[str, Any], train: str, targets: str, generated: str) -> None:
    assert words(ask(task, **given), "train", "targets", "eval") == [train, targets, generated]


@pytest.mark.parametrize(
    "coins",
    [
        {"use_reference": [True, False, True, False]}, {"teacher_forcing": [True, True, False, True, False]},
        {"use_model": [0, 0, 1, 0, 1]}, {"use_sampled": [3, 5]}, {"teacher": [2, 4]},
        {"coin": ["T", "M", "T", "M"]}, {"coins": ["reference", "model", "reference", "model"]},
    ],
)
def test_scheduled_sampling_told_in_many_ways(coins: dict[str, Any]) -> None:
    # w2 and w4 from the reference, w3 and w5 from the model
    expected = ["<sos>", REFERENCE[0], SAMPLED[1], REFERENCE[2], SAMPLED[3]]
    assert ask(**coins)["scheduled"]["words"] == expected


def test_where_training_and_generation_differ() -> None:
    found = ask()
    assert (found["mismatch"], found["n_mismatch"], found["first_mismatch"]) == ([3, 4, 5], 3, 3)
    assert "first_mismatch" not in ask(sampled=REFERENCE)


def test_a_reversed_source() -> None:
    found = ask(source=["el", "perro", "come"], reverse_source=True)
    assert found["encoder"]["words"] == ["come", "perro", "el"]


@pytest.mark.parametrize(
    "given", [{"coins": ["heads", "tails"]}, {"use_sampled": [9]}, {"length": 0}, {"special": "<s>"}, {"sampled": 3}]
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(SymderivError):
        solve("seq2seq", {"reference": REFERENCE, "sampled": SAMPLED, "length": 5} | given)
