"""Checking files: order, limits, lost processes, exit codes, formats; the certifier is a stand-in here."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from judges import judge

from symderiv.checks.checking import Check, Result, check_files, jsonable
from symderiv.checks.checkreport import REPORTS, text
from symderiv.cli import main


def claims_file(tmp_path, *sides, name="claims.json"):
    claims = []
    for number, side in enumerate(sides):
        left, _, expect = side.partition(" expect ")
        claims.append({"id": f"{name[0]}{number}", "name": "a & <b>", "left": left, "right": "x"})
        if expect:
            claims[-1]["expect"] = expect
    path = tmp_path / name
    path.write_text(json.dumps({"version": 1, "claims": claims}, indent=1))
    return path


@pytest.mark.parametrize("workers", [0, 2])
def test_results_stand_in_file_order(tmp_path, workers):
    one = claims_file(tmp_path, "proved", "refuted", "undecided")
    two = claims_file(tmp_path, "proved", name="d.json")
    seen = []
    check = check_files([one, two], workers=workers, judge=judge, on_result=seen.append)
    assert [(r.id, r.verdict) for r in check.results] == [
        ("c0", "proved"),
        ("c1", "refuted"),
        ("c2", "undecided"),
        ("d0", "proved"),
    ]
    assert sorted(r.id for r in seen) == ["c0", "c1", "c2", "d0"]
    assert check.results[1].line > check.results[0].line > 0


@pytest.mark.parametrize(
    ("sides", "code"),
    [
        (["proved"], 0),
        ([], 0),
        (["proved", "refuted expect refuted"], 0),
        (["proved expect refuted"], 1),
        (["undecided"], 1),
        (["supported"], 1),
        (["undecided expect undecided"], 0),
        (["fail"], 2),
    ],
)
def test_exit_code(tmp_path, sides, code):
    assert check_files([claims_file(tmp_path, *sides)], workers=0, judge=judge).exit_code == code


def test_hung_and_dying_claims_do_not_spoil_the_others(tmp_path):
    path = claims_file(tmp_path, "proved", "hang", "die", "fail", "grow")
    check = check_files([path], workers=2, seconds=0.2, judge=judge)
    assert [r.verdict for r in check.results] == ["proved", "undecided", "error", "error", "undecided"]
    assert check.results[1].method == "time limit"
    assert check.results[4].method == "memory limit"
    assert "ended its process" in check.results[2].error
    assert "KeyError" in check.results[3].error
    assert "claims.json" in check.results[3].error


def test_a_refused_file_and_a_bad_claim_leave_the_rest(tmp_path):
    good = claims_file(tmp_path, "proved")
    bad = tmp_path / "bad.json"
    bad.write_text('{"version": 9, "claims": []}')
    twice = tmp_path / "twice.json"
    entry = {"id": "t", "left": "proved", "right": "x"}
    twice.write_text(json.dumps({"version": 1, "claims": [entry, entry]}))
    check = check_files([bad, good, twice], workers=0, judge=judge)
    assert [(r.id, r.verdict) for r in check.results] == [("c0", "proved"), ("t", "proved"), ("t", "error")]
    assert "version 9" in check.refused[0]
    assert check.exit_code == 2
    assert check.record()["errors"] == list(check.refused)


def test_an_executor_and_a_journal(tmp_path):
    path = claims_file(tmp_path, "proved", "refuted", "proved")
    with ThreadPoolExecutor(2) as threads:
        check = check_files([path], executor=threads, judge=judge, journal=tmp_path / "j.jsonl")
    again = check_files([path], workers=0, judge=None, journal=tmp_path / "j.jsonl")  # nothing is left to decide
    assert again == check


def sample():
    counterexample = {"sizes": {"n": 2}, "values": {"x": [1, 2.5]}, "left": 1, "right": 2.123456789}
    return Check(
        (
            Result("a", "proved", "indexed", 1.25, name="fine"),
            Result("b", "refuted", "exact", 2.0, counterexample, name="wrong", file="f,1.json", line=7),
            Result("c", "error", error="f.json, c: unknown name\n  x\n  ^\x1b[2J", file="f.json"),
            Result("d", "refuted", "exact", 2.0, counterexample, expect="refuted", condition="a > 0"),
        ),
        ("g.json: version 2",),
        0.5,
    )


def test_text_shows_what_is_wrong_and_steers_no_terminal():
    shown = text(sample())
    assert "expected proved, found refuted by exact" in shown
    assert "at n = 2" in shown and "with x = [1, 2.5]" in shown and "right: 2.12346" in shown
    assert "provided that a > 0" in shown
    assert "4 claims: 1 proved, 2 refuted, 1 error; 3 not as expected; 0.50 s" in shown
    assert "\x1b" not in shown
    assert "fine" not in text(sample(), quiet=True)


def test_json_has_the_five_keys():
    record = json.loads(REPORTS["json"](sample()))
    assert record["version"] == 1
    assert list(record["results"][0]) == ["id", "verdict", "method", "ms", "counterexample"]
    assert record["results"][1]["counterexample"]["values"] == {"x": [1, 2.5]}
    assert record["results"][3]["condition"] == "a > 0"
    assert record["errors"] == ["g.json: version 2"]


def test_junit_is_xml_with_the_failures():
    suite = ElementTree.fromstring(REPORTS["junit"](sample()))
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("5", "1", "2")
    assert len(suite.findall("testcase/failure")) == 1
    assert len(suite.findall("testcase/error")) == 2


def test_github_annotations_are_escaped():
    lines = REPORTS["github"](sample()).splitlines()
    assert lines[0].startswith("::error file=f%2C1.json,line=7,title=b refuted::wrong%0Aexpected proved")
    assert sum(line.startswith("::error") for line in lines) == 3


def test_open_claims_are_decided_and_counterexamples_have_their_four_keys(capsys):
    files = sorted(map(str, (Path(__file__).parent.parent / "data" / "claims").glob("*.json")))
    main(["check", *files, "--format", "json"])
    results = json.loads(capsys.readouterr().out)["results"]
    assert len(results) == sum(len(json.loads(Path(file).read_text())["claims"]) for file in files)
    refuted = [result for result in results if result["verdict"] == "refuted"]
    assert refuted and all(set(r["counterexample"]) == {"sizes", "values", "left", "right"} for r in refuted)
    assert not any("error" in result for result in results)
    expected = {c["id"]: c["expect"] for file in files for c in json.loads(Path(file).read_text())["claims"]}
    opposite = {"proved": "refuted", "refuted": "proved"}
    assert [r["id"] for r in results if r["verdict"] == opposite[expected[r["id"]]]] == []


def test_numbers_of_all_kinds_become_json():
    array = np.array([[1.0, np.nan], [np.inf, 2]])
    value = {"a": array, "b": Fraction(1, 2), "c": (Fraction(4), np.float64(2)), "d": True}
    shown = jsonable(value)
    assert shown == {"a": [[1.0, "nan"], ["inf", 2.0]], "b": 0.5, "c": [4, 2.0], "d": True}
    json.dumps(shown, allow_nan=False)
