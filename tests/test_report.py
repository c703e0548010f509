import json

import pytest

from symderiv.errors import ProblemError
from symderiv.report import report


def test_statuses_follow_from_what_is_computed():
    records = report("eecs182_fa22")
    assert {r["status"] for r in records if r["id"].startswith("5")} == {"confirmed"}
    assert {"5a.t", "5a.y", "5b", "5c", "5d.total"} <= {r["id"] for r in records}


def test_a_changed_statement_changes_its_status(tmp_path):
    file = tmp_path / "official.json"
    statements = [{"id": "5b", "claim": "a factor lost", "expr": "u_3 + 2*w*u_2 + w**2*u_1"}]
    file.write_text(json.dumps({"version": 1, "statements": statements}))
    (record,) = report("eecs182_fa22", official=file)
    assert record["status"] == "refuted"


@pytest.mark.parametrize("content", ["{", "[]", '{"version": 2, "statements": []}', '{"version": 1, "statements": [{}]}'])
def test_a_bad_file_is_one_clear_error(tmp_path, content):
    file = tmp_path / "official.json"
    file.write_text(content)
    with pytest.raises(ProblemError):
        report("eecs182_fa22", official=file)


def test_a_statement_without_an_answer_is_named(tmp_path):
    file = tmp_path / "official.json"
    file.write_text(json.dumps({"version": 1, "statements": [{"id": "99z", "claim": "?", "expr": "1"}]}))
    with pytest.raises(ProblemError, match="99z"):
        report("eecs182_fa22", official=file)
