"""Problem files: the sample is solved from its data alone, and bad files and problems say what is wrong."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

from symderiv import solving
from symderiv.errors import ProblemError, UnknownNameError
from symderiv.exact import ANY_NAME, read_exact
from symderiv.families import FAMILIES
from symderiv.solving import solve, solve_all, solve_file

DATA = Path(__file__).parent / "data"
SAMPLE = json.loads((DATA / "variations_b.json").read_text())


def same(answer: Any, expected: Any) -> bool:
    """Compare by value: formulas by simplification, decimals within the tolerance, the rest as it stands."""
    if isinstance(expected, dict):
        kind = next(iter(set(expected) & {"expr", "vec", "mat", "num"}), None)
        if kind == "num":
            return abs(float(answer["num"]) / float(expected["num"]) - 1) < float(expected.get("rtol", "1e-9"))
        if kind is not None:
            return isinstance(answer, dict) and equal(answer.get(kind), expected[kind])
        return isinstance(answer, dict) and all(same(answer.get(k), v) for k, v in expected.items())
    if isinstance(expected, list):
        return len(answer) == len(expected) and all(map(same, answer, expected))
    return bool(answer == expected)


def equal(answer: Any, expected: Any) -> bool:
    if isinstance(expected, list):
        return len(answer) == len(expected) and all(map(equal, answer, expected))
    return sp.simplify(read_exact(answer, ANY_NAME) - read_exact(expected, ANY_NAME)) == 0


@pytest.mark.parametrize("problem", SAMPLE, ids=[p["id"] for p in SAMPLE])
def test_sample_is_solved_from_its_data(problem: dict[str, Any]) -> None:
    (result,) = solve_all([{k: problem[k] for k in ("id", "family", "given")}])["results"]
    assert "error" not in result, result
    answer = result["answer"]
    assert [name for name, value in problem["expected"].items() if not same(answer.get(name), value)] == []


def test_a_spoiled_expectation_is_noticed() -> None:
    answer = solve("rnn", {"recurrence": "h = w*(u_t + h_prev)", "steps": 2})
    assert same(answer["dy_dw"], {"expr": "2*u1*w + u2"})
    assert not same(answer["dy_dw"], {"expr": "2*u1*w + 1.001*u2"})
    assert not same(answer["edge_contributions"], {"vec": ["u1*w", "u1*w"]})


def test_every_answer_is_json() -> None:
    for problem in SAMPLE:
        json.dumps(solve(problem["family"], problem["given"]), allow_nan=False)


def test_a_failing_problem_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "problems.json"
    good = {"id": "b", "family": "bce", "given": {"y": {"1": 1}, "y_hat": {"1": "a"}}}
    bad = [
        {"id": "a", "family": "bce", "given": {"y": {"1": 1}, "y_hat": {"1": "a"}, "held_out": [1]}},
        {"id": "c", "family": "rnnn", "given": {}},
        {"id": "d", "family": "rnn"},
        {"id": "e", "family": ["rnn"], "given": {}},
        "rnn",
        {"id": "f", "family": "dropout", "given": {"X": [[1, 2], [3]], "y": [1, 2]}},
        {"id": "g", "family": "gnn_validity", "given": {"rule_py": "__import__('os').getcwd()", "test_degree": 2}},
    ]
    path.write_text(json.dumps({"problems": [*bad, good]}))
    results = solve_file(path)["results"]
    assert [r["id"] for r in results] == ["a", "c", "d", "e", None, "f", "g", "b"]
    errors = [r.get("error", "") for r in results[:-1]]
    assert all(errors)
    assert "training set is empty" in errors[0] and "rnn" in errors[1] and "given" in errors[2]
    assert results[-1]["answer"]["loss"] == {"expr": "-log(a)"}


@pytest.mark.parametrize("text", ["", "{", '{"answers": []}', "3", '"problems"', "[" * 100_000])
def test_a_file_that_is_no_list_of_problems_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(ProblemError, match="bad.json"):
        solve_file(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="nowhere"):
        solve_file(tmp_path / "nowhere.json")


def test_an_unknown_family_is_suggested() -> None:
    with pytest.raises(UnknownNameError, match="tikhonov"):
        solve("tichonov", {})


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_families_refuse_nonsense_with_a_reason(family: str) -> None:
    for given in (
        {},
        {"X": "y"},
        {"rule": 3},
        {"steps": -1, "recurrence": 7},
        {"y": []},
        {"layers": -2, "edges": [[1]]},
    ):
        (result,) = solve_all([{"id": "x", "family": family, "given": given}])["results"]
        assert set(result) in ({"id", "answer"}, {"id", "error"})
        assert result.get("error") != ""


def test_what_was_not_looked_at_is_told() -> None:
    given = {"y": {"1": 1}, "y_hat": {"1": "a"}}
    problems = [
        {"id": "a", "family": "bce", "given": given | {"temperature": 3, "held_out": []}},
        {"id": "b", "family": "bce", "given": given, "task": "Mean BCE."},
        {"id": "c", "family": "rnn", "given": {"recurrence": "h = w*(u_t + h_prev)", "w": "2", "colour": "3"}},
    ]
    results = solve_all(problems)["results"]
    assert [result.get("unread") for result in results] == [["temperature"], None, ["colour"]]
    assert all("unread" not in result for result in solve_all(SAMPLE)["results"])


def test_problems_are_solved_wherever_they_run() -> None:
    data = SAMPLE
    here = solve_all(data)
    with ThreadPoolExecutor(2) as executor:
        assert solve_all(data, executor=executor) == here
    assert solve_all(data, workers=2) == here


def test_a_problem_that_hangs_is_stopped_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = solving.solve

    def hang(family: str, given: Any) -> dict[str, Any]:
        while family == "bce":
            time.sleep(0.01)
        return answer(family, given)

    monkeypatch.setattr(solving, "solve", hang)
    rnn = {"id": "b", "family": "rnn", "given": {"recurrence": "h = w*(u_t + h_prev)", "steps": 1}}
    first, second = solve_all([{"id": "a", "family": "bce", "given": {}}, rnn], seconds=0.2)["results"]
    assert first["id"] == "a" and "stopped after" in first["error"]
    assert second["answer"]["dy_dw"] == {"expr": "u1"}
