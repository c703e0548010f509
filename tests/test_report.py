"""The report: records, and statuses that follow from what is stated and computed."""

import functools
import json
import re
from pathlib import Path

import pytest

import symderiv.report as reporting
from symderiv.errors import ProblemError, SymderivError
from symderiv.paper import papers
from symderiv.paper.statements import READ, read_statements
from symderiv.report import report

EXAM = "eecs182_fa22"
STATEMENTS = read_statements(papers.find(EXAM).folder / "official.json")
KEYS = ["id", "claim", "official", "computed", "status", "verdict", "evidence", "assumed"]


@pytest.fixture(scope="module", autouse=True)
def problems_built_once():
    """The same problems for all the files of this module: building them is most of a report."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reporting, "problem_of", functools.cache(papers.problem_of))
        yield


def written(folder, statements):
    file = Path(folder) / "official.json"
    file.write_text(json.dumps({"version": 1, "statements": list(statements)}))
    return file


@pytest.fixture(scope="module")
def records():
    return {record["id"]: record for record in report(EXAM)}


def test_every_record_is_whole(records):
    for name, record in records.items():
        assert list(record) == KEYS and all(isinstance(value, str) for value in record.values())
        assert re.fullmatch(r"(3|4|5|6|7|8|9|10|11|12)[a-d]?(\.[\w-]+)*", name), name
        assert record["evidence"] and record["computed"] and record["claim"], name


def test_a_status_is_one_that_its_verdict_allows(records):
    allowed = {
        "confirmed": {"proved"},
        "refuted": {"refuted"},
        "imprecise": {"refuted"},
        "underdetermined": {"undecided", "supported", "assumed"},
    }
    assert all(record["verdict"] in allowed[record["status"]] for record in records.values())


def test_what_a_missing_figure_leaves_open_says_so(records):
    left_open = {name for name, record in records.items() if record["status"] == "underdetermined"}
    assert {"3b", "7b.g3", "10c.neighbours"} <= left_open
    assert all("missing" in records[n]["assumed"] or "not in the text" in records[n]["assumed"]
               or "a comma may be" in records[n]["assumed"] for n in left_open)  # fmt: skip


def kind_of(statement):
    (kind,) = READ.keys() & statement.keys()
    return kind


def formula(text, way):
    if way == "other":
        return "1" if text == "0" else f"2*({text})"
    return {"another": f"({text}) + 1", "rewritten": f"2*({text}) - ({text})", "refactored": f"3*({text})/3 + 1 - 1"}[way]


def decimal(text, way):
    digits = len(text.partition(".")[2])
    if way in ("other", "another"):
        return f"{float(text) + {'other': 20, 'another': -3}[way] / 10**digits:.{digits}f}"
    return {"rewritten": re.sub("^-", "-0", text), "refactored": re.sub("^-", "-00", text)}[way]


def plain(value, way):
    if way in ("rewritten", "refactored"):
        # a whole number is also the value of a formula, a list of words also their text
        whole = isinstance(value, int) and not isinstance(value, bool)
        return {"expr": f"{value + 1} - 1" if way == "rewritten" else f"2*{value}/2"} if whole else {"value": value}
    if isinstance(value, bool):
        return {"value": not value}
    if isinstance(value, int):
        return {"value": value + (7 if way == "other" else -3)}
    if isinstance(value, str):
        return {"value": f"{value} x" if way == "other" else "x"}
    return {"value": [*value, "x"] if way == "other" else ["x", *value[1:]]}


def changed(statement, way):
    """The statement with another value, or with the same value written differently."""
    kind = kind_of(statement)
    said = statement[kind]
    rest = {key: value for key, value in statement.items() if key != kind}
    if kind == "value":
        return rest | plain(said, way)
    write = {"expr": formula, "vec": formula, "num": decimal}[kind]
    return rest | {kind: [write(one, way) for one in said] if isinstance(said, list) else write(said, way)}


WAYS = ("other", "another", "rewritten", "refactored")


@pytest.fixture(scope="module")
def changed_records(tmp_path_factory):
    folder = tmp_path_factory.mktemp("official")
    return {
        way: {r["id"]: r for r in report(EXAM, official=written(folder, (changed(s, way) for s in STATEMENTS)))}
        for way in WAYS
    }


# a statement that something is so, turned round: what was true in some cases is false in some
TURNED = {"confirmed": "refuted", "refuted": "confirmed", "imprecise": "imprecise", "underdetermined": "underdetermined"}


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda s: s["id"])
def test_the_status_follows_the_official_answer(statement, records, changed_records):
    name = statement["id"]
    before = records[name]["status"]
    for way in ("rewritten", "refactored"):
        assert changed_records[way][name]["status"] == before, way
    for way in ("other", "another"):
        turned = TURNED[before] if isinstance(statement.get("value"), bool) else "refuted"
        assert changed_records[way][name]["status"] == turned, way


def test_what_was_wrong_is_confirmed_once_it_is_put_right(tmp_path):
    right = {
        "10c.equation": {"value": 9},
        "11c.variance": {"expr": "c**2"},
        "8a.learn-learn": {"num": "-0.92"},
        "6b.most": {"value": False},
        "8b.second.rounding": {"num": ["-0.36", "-1.20"]},
        "3a.sd": {"expr": "gamma*sigma/sqrt(sigma**2 + epsilon)", "when": "epsilon > 0"},
        "11c.norm": {"expr": "c*sqrt(p/(1 - p))", "when": "p != 1/2"},
        "12b.values": {"expr": "1 - lam/sigma2", "when": "lambda > 0"},
    }
    found = report(EXAM, official=written(tmp_path, ({"id": i, "claim": "put right", **said} for i, said in right.items())))
    assert {r["id"]: r["status"] for r in found} == dict.fromkeys(right, "confirmed")


def test_a_formula_that_is_right_in_every_case_is_confirmed(tmp_path):
    right = {
        "3a.sd": "gamma*sigma/sqrt(sigma**2 + epsilon)",
        "3a.sd-value": "2/sqrt(4 + 25*epsilon)",
        "10b.general": "-(y_2*log(b) + (1 - y_2)*log(1 - b) + y_3*log(c) + (1 - y_3)*log(1 - c)"
        " + y_5*log(e) + (1 - y_5)*log(1 - e))/3",
        "11c.norm": "c*sqrt(p/(1 - p))",
        "11c.recall": "sqrt((1 - p)/p)",
        "12b.forced": "1 - lam/sigma2",
        "12b.terms": "s**2",
        "12b.values": "1 - lam/sigma2",
    }
    found = report(EXAM, official=written(tmp_path, ({"id": i, "claim": "?", "expr": said} for i, said in right.items())))
    assert {r["id"]: r["status"] for r in found} == dict.fromkeys(right, "confirmed")


def test_formulas_about_a_problem_without_a_scope_are_read_in_the_symbols_of_the_answer(tmp_path):
    (tmp_path / "p01_square.py").write_text(
        "import sympy\nfrom symderiv.problem import Answer, Part, Problem\n\n\n"
        "def problem():\n    answer = Answer('1a', sympy.Symbol('x') ** 2)\n"
        "    return Problem(1, 'A square', parts=(Part('a', (), answers=(answer,)),))\n"
    )
    written(tmp_path, [{"id": "1a", "claim": "the square", "expr": "x*x"}])
    (record,) = report(str(tmp_path))
    assert record["status"] == "confirmed"
    with pytest.raises(ProblemError, match="'y' is not declared"):
        report(str(tmp_path), official=written(tmp_path, [{"id": "1a", "claim": "misspelt", "expr": "y*y"}]))


def test_an_answer_of_the_wrong_shape_is_refuted(tmp_path):
    statements = [{"id": "11b", "claim": "from the left", "expr": "inv(Gamma)@X"},
                  {"id": "11b.map", "claim": "a matrix", "expr": "Gamma"}]  # fmt: skip
    for record in report(EXAM, official=written(tmp_path, statements)):
        assert record["status"] == "refuted" and "matrix(d, d)" in record["evidence"]


@pytest.mark.parametrize(
    "content",
    ["{", "[]", "[" * 100_000, '{"version": 2, "statements": []}', '{"version": 1, "statements": []}',
     '{"version": 1, "statements": [{}]}', '{"version": 1, "statements": [1]}', '{"version": 1, "statement": []}',
     '{"version": 1, "version": 1, "statements": []}'],
    ids=lambda text: text[:40],
)  # fmt: skip
def test_a_bad_file_is_one_clear_error(tmp_path, content):
    file = tmp_path / "official.json"
    file.write_text(content)
    with pytest.raises(ProblemError, match="official.json"):
        report(EXAM, official=file)


@pytest.mark.parametrize(
    ("id", "said", "named"),
    [
        ("99z", {"expr": "1"}, "nothing is computed for 99z"),
        ("5b", {}, "got none"),
        ("5b", {"expr": "1", "value": 1}, "expr, value"),
        ("5b", {"expr": "u_3 +"}, "u_3 +"),
        ("5b", {"expr": "u3"}, "'u3' is not declared"),
        ("5b", {"expr": "__import__('os')"}, "only"),
        ("5b", {"expr": ["1"]}, "a formula, as text"),
        ("5b", {"expr": True}, "a formula, as text"),
        ("5b", {"vec": None}, "a list of formulas"),
        ("5b", {"vec": ["1"]}, "state the same kind"),
        ("5b", {"value": "one"}, "state the same kind"),
        ("5b", {"num": "1.0"}, "is stated as expr"),
        ("5b", {"expr": "1", "when": "w > 0"}, "leave out when"),
        ("5b", {"expr": "1", "assumed": 5}, "assumed is a text"),
        ("5b", {"expr": "1", "status": "confirmed"}, "status"),
        ("3a.sd", {"expr": "gamma", "when": "never"}, "epsilon > 0"),
        ("6a", {"expr": "1"}, "state the same kind"),
        ("8a", {"value": None}, "words, a number"),
        ("8a", {"value": {"a": 1}}, "words, a number"),
        ("8a", {"num": "-1.00"}, "learn learn deep"),
        ("8a.deep-deep-deep", {"num": "-3/2"}, "decimal as printed"),
        ("8a.deep-deep-deep", {"num": "-15e-1"}, "decimal as printed"),
        ("8a.deep-deep-deep", {"num": []}, "decimal as printed"),
        ("4.he-size", {"expr": "1"}, "state the same kind"),
    ],
)
def test_a_bad_statement_is_named_with_its_file(tmp_path, id, said, named):
    with pytest.raises(SymderivError, match=re.escape(named)) as raised:
        report(EXAM, official=written(tmp_path, [{"id": id, "claim": "?", **said}]))
    assert "official.json" in str(raised.value) and id in str(raised.value)
