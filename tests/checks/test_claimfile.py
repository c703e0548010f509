"""Claim files: what is read, and one clear error with its place for everything else."""

from __future__ import annotations

import json

import pytest

from symderiv.checks.claimfile import MOST_CHARACTERS, BadClaim, FileClaim, parse_claims, read_claims
from symderiv.errors import ClaimError

GOOD = {"id": "a", "left": "x", "right": "x"}


def write(tmp_path, content, name="claims.json"):
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
    return path


def test_json_and_toml_say_the_same(tmp_path):
    entry = {**GOOD, "name": "n", "symbols": {"x": "vector(n)"}, "where": {"y": "2*x"}, "expect": "refuted"}
    toml = (
        'version = 1\n[[claims]]\nid = "a"\nname = "n"\nleft = "x"\nright = "x"\nexpect = "refuted"\n'
        'symbols = {x = "vector(n)"}\nwhere = {y = "2*x"}\n'
    )
    (one,) = read_claims(write(tmp_path, {"version": 1, "claims": [entry]}))
    (two,) = read_claims(write(tmp_path, toml, "claims.toml"))
    assert isinstance(one, FileClaim) and isinstance(two, FileClaim)
    assert (one.symbols, one.where, one.expect, one.name) == (two.symbols, two.where, two.expect, two.name)
    assert one.symbols == {"x": "vector(n)"}
    assert (one.line, two.line) == (5, 3)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"version": 2, "claims": []}, "version 2 where 1 is read"),
        ({"version": True, "claims": []}, "version True"),
        ({"claims": []}, "version none"),
        ({"version": 1}, "not a claim file"),
        ([], "not a claim file"),
        ({"version": 1, "claims": {}}, "not a claim file"),
        ({"version": 1, "claims": [], "claim": []}, "'claim'"),
        ("{", "line 1, column 2: not JSON"),
        ('{"version": 1, "claims": [{"id": "a", "id": "b"}]}', "'id' stands twice"),
        ("[" * 100_000, "nested too deeply"),
        ('{"version": 1, "claims": [' + "9" * 5000 + "]}", "a number cannot be read"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(tmp_path, content, told):
    with pytest.raises(ClaimError, match="claims.json") as caught:
        try:
            read_claims(write(tmp_path, content))
        except ValueError as error:
            assert told in str(error)
            raise ClaimError(str(error)) from None
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"id": "b", "left": "x"}, "right missing"),
        ({**GOOD, "id": "b", "rihgt": "x"}, "did you mean right"),
        ({**GOOD, "id": 7}, "id must be a text, not 7"),
        ({**GOOD, "id": "b", "left": 3}, "left must be a text, not 3"),
        ({**GOOD, "id": "b", "symbols": ["x"]}, "symbols must be a table"),
        ({**GOOD, "id": "b", "symbols": {"x": 1}}, "symbols.x must be a text"),
        ({**GOOD, "id": "b", "expect": "true"}, "unknown verdict 'true'"),
        ({**GOOD, "id": "b", "left": "x+" * MOST_CHARACTERS}, f"more than {MOST_CHARACTERS}"),
        ({**GOOD, "id": "b", "left": "\ud800"}, "lone surrogate"),
        ("x == x", "a claim is a table"),
        ({**GOOD}, "already used by claim 1"),
    ],
)
def test_a_bad_claim_is_named_and_the_others_stand(tmp_path, entry, told):
    claims = read_claims(write(tmp_path, {"version": 1, "claims": [GOOD, entry, {**GOOD, "id": "z"}]}))
    assert [type(claim) for claim in claims] == [FileClaim, BadClaim, FileClaim]
    assert told in claims[1].message
    assert "claims.json, claim 2" in claims[1].message
    assert len(claims[1].message) < 400


def test_other_files_are_refused(tmp_path):
    (tmp_path / "latin.json").write_bytes(b'{"a": "\xe9"}')
    for name, told in [("latin.json", "UTF-8"), ("missing.json", "No such file"), (".", "directory")]:
        with pytest.raises(ClaimError, match=told):
            read_claims(tmp_path / name)
    with pytest.raises(ClaimError, match="not from '.yaml'"):
        parse_claims("", ".yaml")
    with pytest.raises(ClaimError, match="not TOML"):
        parse_claims("version = ", ".toml")
