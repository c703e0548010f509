"""A check as text, JSON, JUnit XML or GitHub annotations; one row of ``REPORTS`` each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from symderiv.checks.checking import Check, Result
from symderiv.checks.claimfile import VERDICTS
from symderiv.running.progress import printable


def text(check: Check, quiet: bool = False) -> str:
    """One line a claim, what was not as expected below it, and a summary; ``quiet``: without the expected."""
    width = max((len(result.id) for result in check.results), default=0)
    lines = []
    for result in check.results:
        if quiet and result.as_expected:
            continue
        head = f"{result.verdict:<9}  {result.id:<{width}}  {result.ms:8.1f} ms  {result.name or result.method}"
        lines.append(printable(head).rstrip())
        lines += [f"           {printable(line)}" for detail in details(result) for line in detail.splitlines()]
    lines += [f"error      {printable(refused)}" for refused in check.refused]
    return "\n".join([*lines, summary(check)]) + "\n"


def details(result: Result) -> list[str]:
    """What a reader of the verdict needs beside it."""
    lines = []
    if result.error:
        lines.append(result.error)
    elif not result.as_expected:
        lines.append(f"expected {result.expect or 'proved'}, found {result.verdict} by {result.method or 'no method'}")
    if result.condition:
        lines.append(f"provided that {result.condition}")
    if result.counterexample and not (result.as_expected and result.expect):
        lines += counterexample_lines(result.counterexample)
    return lines


def counterexample_lines(counterexample: dict[str, Any]) -> list[str]:
    """A counterexample as a reader would write it down: sizes, values, both sides."""
    lines = []
    for key, word in (("sizes", "at"), ("values", "with")):
        items = counterexample.get(key) or {}
        if items:
            lines.append(f"{word} " + ", ".join(f"{name} = {_short(value)}" for name, value in items.items()))
    lines += [f"{key}: {_short(counterexample[key])}" for key in ("left", "right") if key in counterexample]
    return lines


def summary(check: Check) -> str:
    """How many of which verdict, how long, and whether that was expected."""
    counts = Counter(result.verdict for result in check.results)
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in (*VERDICTS, "error") if counts[verdict])
    other = sum(not result.as_expected for result in check.results) + len(check.refused)
    end = "all as expected" if not other else f"{other} not as expected"
    return f"{len(check.results)} claims: {told or 'nothing to decide'}; {end}; {check.seconds:.2f} s"


def json_text(check: Check) -> str:
    """``{"version": 1, "results": [{"id", "verdict", "method", "ms", "counterexample"}]}``."""
    return json.dumps(check.record(), indent=1, allow_nan=False) + "\n"


def junit(check: Check) -> str:
    """A JUnit file: one case a claim, a failure where the verdict is not the expected one."""
    failures = sum(not result.as_expected and not result.error for result in check.results)
    errors = sum(bool(result.error) for result in check.results) + len(check.refused)
    counts = {"tests": len(check.results) + len(check.refused), "failures": failures, "errors": errors}
    suite = ElementTree.Element("testsuite", {"name": "symderiv", **{key: str(value) for key, value in counts.items()}})
    suite.set("time", f"{check.seconds:.3f}")
    for result in check.results:
        about = {"name": result.id, "classname": result.file or "claims", "time": f"{result.ms / 1000:.6f}"}
        case = ElementTree.SubElement(suite, "testcase", {key: printable(value) for key, value in about.items()})
        if not result.as_expected:
            kind = "error" if result.error else "failure"
            told = printable("; ".join(details(result)))
            ElementTree.SubElement(case, kind, {"message": told, "type": result.verdict}).text = told
    for refused in check.refused:
        case = ElementTree.SubElement(suite, "testcase", {"name": "file", "classname": "claims", "time": "0"})
        ElementTree.SubElement(case, "error", {"message": printable(refused), "type": "error"})
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def github(check: Check) -> str:
    """GitHub workflow commands: an annotation at every claim that is not as expected, and the summary."""
    lines = []
    for result in check.results:
        if not result.as_expected:
            place = {"file": result.file, "line": str(result.line or 1), "title": f"{result.id} {result.verdict}"}
            fields = ",".join(f"{key}={_escaped(value, ',:')}" for key, value in place.items())
            lines.append(f"::error {fields}::{_escaped(chr(10).join([result.name, *details(result)]).strip())}")
    lines += [f"::error ::{_escaped(refused)}" for refused in check.refused]
    return "\n".join([*lines, _escaped(summary(check))]) + "\n"


def _escaped(value: str, more: str = "") -> str:
    for character in "%\r\n" + more:
        value = value.replace(character, f"%{ord(character):02X}")
    return value


def _short(value: Any) -> str:
    shown = json.dumps(_rounded(value))
    return shown if len(shown) <= 160 else shown[:157] + "..."


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return {k: _rounded(v) for k, v in value.items()} if isinstance(value, dict) else value


REPORTS: dict[str, Callable[[Check], str]] = {"text": text, "json": json_text, "junit": junit, "github": github}
