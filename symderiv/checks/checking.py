"""Decide the claims of files: in file order, over processes, each under its limit.

Nothing is proved here: every claim goes to ``certify``, and a result only tells
what came back.  Results of a run that was killed are found again in its journal.
"""

from __future__ import annotations

import dataclasses
import math
import numbers
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from symderiv import __version__
from symderiv.checks.claimfile import BadClaim, FileClaim, read_claims
from symderiv.checks.claimscript import ScriptClaim, certificate_of, script_claims
from symderiv.errors import ClaimError, SymderivError
from symderiv.running.journal import Journal, content_key, run_resumable
from symderiv.running.parallel import run_tasks
from symderiv.running.tasks import Outcome

AnyClaim = FileClaim | ScriptClaim | BadClaim
SECONDS = 10.0
_GRACE = 1.0  # the certifier ends by itself at its limit; what still runs after this is killed
_MEMORY = 4 * 2**30  # a claim whose normal form outgrows this is undecided
_PRELOAD = ("symderiv.certify", "symderiv.scope")
_VERSION = 1


@dataclass(frozen=True)
class Result:
    """What came of one claim. ``verdict`` is a verdict of a certificate, or ``error``."""

    id: str
    verdict: str
    method: str = ""
    ms: float = 0.0
    counterexample: dict[str, Any] | None = None
    condition: str | None = None
    error: str | None = None
    name: str = ""
    expect: str | None = None
    file: str = ""
    line: int = 0

    @property
    def as_expected(self) -> bool:
        """True where the verdict is the expected one; without an expectation: where it is proved."""
        return self.verdict == (self.expect or "proved")

    def record(self) -> dict[str, Any]:
        """The result as ``symderiv check --format json`` prints it."""
        always = {key: getattr(self, key) for key in ("id", "verdict", "method", "ms", "counterexample")}
        return always | {key: getattr(self, key) for key in ("condition", "error") if getattr(self, key) is not None}


@dataclass(frozen=True)
class Check:
    """The results of all files, in file order, and the files that could not be read."""

    results: tuple[Result, ...]
    refused: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)

    @property
    def exit_code(self) -> int:
        """0 when everything came out as expected, 1 when a verdict did not, 2 when something could not be judged."""
        if self.refused or any(result.error for result in self.results):
            return 2
        return 0 if all(result.as_expected for result in self.results) else 1

    def record(self) -> dict[str, Any]:
        """The whole check, ready for JSON."""
        record: dict[str, Any] = {"version": _VERSION, "results": [result.record() for result in self.results]}
        return record | ({"errors": list(self.refused)} if self.refused else {})


def check_files(
    paths: Sequence[str | os.PathLike[str]],
    executor: Executor | None = None,
    workers: int | None = None,
    seconds: float = SECONDS,
    journal: str | os.PathLike[str] | None = None,
    on_result: Callable[[Result], None] | None = None,
    on_total: Callable[[int], None] | None = None,
    judge: Callable[[tuple[AnyClaim, float]], dict[str, Any]] | None = None,
) -> Check:
    """Decide every claim of the files (.json, .toml, .py).

    A claim that takes longer than ``seconds`` is undecided.  ``workers=0`` stays in this process,
    ``executor`` runs elsewhere, ``journal`` names a file from which a killed run goes on.  A file
    that cannot be read is named in ``refused``; the other files are still decided.
    """
    started = time.perf_counter()
    claims, refused = collect(paths, seconds)
    if on_total:
        on_total(len(claims))
    results = check_claims(claims, executor, workers, seconds, journal, on_result, judge)
    return Check(tuple(results), tuple(refused), time.perf_counter() - started)


def collect(paths: Sequence[str | os.PathLike[str]], seconds: float) -> tuple[list[AnyClaim], list[str]]:
    """The claims of all files, and why some files have none."""
    claims: list[AnyClaim] = []
    refused = []
    for path in paths:
        try:
            claims += script_claims(path, seconds) if Path(path).suffix == ".py" else read_claims(path)
        except ClaimError as error:
            refused.append(str(error))
    return claims, refused


def check_claims(
    claims: Sequence[AnyClaim],
    executor: Executor | None = None,
    workers: int | None = None,
    seconds: float = SECONDS,
    journal: str | os.PathLike[str] | None = None,
    on_result: Callable[[Result], None] | None = None,
    judge: Callable[[tuple[AnyClaim, float]], dict[str, Any]] | None = None,
) -> list[Result]:
    """Decide claims that are already read; see ``check_files``."""
    good = [n for n, claim in enumerate(claims) if not isinstance(claim, BadClaim)]
    tasks = [(claims[n], seconds) for n in good]
    results = {n: _refusal(claim) for n, claim in enumerate(claims) if isinstance(claim, BadClaim)}

    def note(place: int, outcome: Outcome) -> None:
        n = good[place]
        results[n] = _result(claims[n], outcome)
        if on_result:
            on_result(results[n])

    if on_result:
        for result in results.values():
            on_result(result)
    work, limit = judge or decide, seconds + _GRACE
    if journal is None:
        run_tasks(work, tasks, executor, workers, limit, note, _PRELOAD, _MEMORY)
    else:
        with Journal(journal) as known:
            run_resumable(work, tasks, known, _key, executor, workers, limit, note, _PRELOAD, _MEMORY)
    return [results[n] for n in range(len(claims))]


def decide(task: tuple[AnyClaim, float]) -> dict[str, Any]:
    """Judge one claim; the fields of its result that the certifier knows, JSON-able."""
    claim, seconds = task
    started = time.perf_counter()
    try:
        if isinstance(claim, ScriptClaim):
            certificate = claim.certificate(seconds)
        else:
            assert isinstance(claim, FileClaim)
            certificate = certificate_of(claim, seconds)
    except SymderivError as error:
        return {"verdict": "error", "error": str(error), "ms": _ms(started)}
    fields = {
        "verdict": str(certificate.verdict),
        "method": str(certificate.method),
        "counterexample": jsonable(certificate.counterexample),
        "condition": None if certificate.condition is None else str(certificate.condition),
    }
    return fields | {"ms": _ms(started)}


def jsonable(value: Any) -> Any:
    """Numbers, arrays and tables as JSON can hold them; whole numbers stay whole, NaN and infinities become texts."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if hasattr(value, "as_dict"):
        return jsonable(value.as_dict())
    if hasattr(value, "tolist"):
        return jsonable(value.tolist())
    if isinstance(value, numbers.Rational) or getattr(value, "is_Rational", False):
        exact = Fraction(int(value.numerator), int(value.denominator))
        return exact.numerator if exact.denominator == 1 else float(exact)
    if isinstance(value, numbers.Real) or getattr(value, "is_Float", False):
        return float(value) if math.isfinite(float(value)) else str(float(value))
    return str(value)


def _ms(started: float) -> float:
    return round(1000 * (time.perf_counter() - started), 3)


def _key(task: tuple[AnyClaim, float]) -> str:
    claim, seconds = task
    return content_key(__version__, dataclasses.asdict(claim), seconds)


def _refusal(claim: BadClaim) -> Result:
    return Result(claim.id, "error", error=claim.message, file=claim.file, line=claim.line)


def _result(claim: AnyClaim, outcome: Outcome) -> Result:
    assert not isinstance(claim, BadClaim)
    about: dict[str, Any] = {key: getattr(claim, key) for key in ("name", "expect", "file", "line")}
    if outcome.timeout:
        return Result(claim.id, "undecided", "time limit", round(1000 * outcome.seconds, 3), **about)
    if isinstance(outcome.error, MemoryError):
        return Result(claim.id, "undecided", "memory limit", round(1000 * outcome.seconds, 3), **about)
    if outcome.error is not None:
        fault = outcome.error
        text = str(fault) if isinstance(fault, SymderivError) else f"{type(fault).__name__}: {fault}"
        outcome = Outcome({"verdict": "error", "error": text})
    fields = dict(outcome.value)
    if fields.get("error"):
        fields["error"] = f"{claim.file}, {claim.id}: {fields['error']}"
    return Result(claim.id, **fields, **about)
