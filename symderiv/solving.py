"""Answers to files of exam questions: each problem's family computes from the data it is given.

A file is a JSON list of problems, or ``{"problems": [...]}``; of a problem only ``id``, ``family``, ``given`` and
``task`` are read.  A problem that cannot be solved says why, and the others are still solved.  An answer that did not
look at some of its data says so (``unread``): a setting that is not understood must not pass in silence.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from symderiv.errors import ProblemError, SymderivError, shorten
from symderiv.families import FAMILIES
from symderiv.running.parallel import run_tasks
from symderiv.running.tasks import Outcome

_PRELOAD = ("symderiv.families",)
# What unforeseen data may raise inside a model; the problem is then named and the rest goes on.
UNFORESEEN = (ArithmeticError, AttributeError, LookupError, NotImplementedError, RecursionError, TypeError, ValueError)


class Watched(Mapping[str, Any]):
    """The data of a problem, with the names that were looked up.

    >>> data = Watched({"a": 1, "b": 2})
    >>> data.get("a"), data.unread()
    (1, ['b'])
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = dict(data)
        self._seen: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self._seen.add(name)
        return self._data[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def unread(self) -> list[str]:
        """The names nobody looked up, in order."""
        return [name for name in self._data if name not in self._seen]


def solve_file(
    path: str | Path, executor: Executor | None = None, workers: int | None = 0, seconds: float | None = None
) -> dict[str, Any]:
    """Solve every problem of a JSON file: ``{"version": 1, "results": […]}`` with ``{"id", "answer"[, "unread"]}`` or
    ``{"id", "error"}`` for each.  The other arguments are those of ``solve_all``.

    Raises ProblemError for a file that cannot be read or is not a list of problems.
    """
    path = Path(path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProblemError(f"{path}: cannot be read ({error.strerror}); give the path of a JSON file") from None
    except (ValueError, RecursionError) as error:
        raise ProblemError(f"{path}: is not JSON: {error}") from None
    return solve_all(data, str(path), executor, workers, seconds)


def solve_all(
    data: object,
    where: str = "the data",
    executor: Executor | None = None,
    workers: int | None = 0,
    seconds: float | None = None,
) -> dict[str, Any]:
    """Solve problems already read from JSON, in this process, in ``workers`` processes, or in an ``executor``.

    A problem that takes longer than ``seconds`` says so in its result.

    >>> r = solve_all([{"id": "a", "family": "rnn", "given": {"recurrence": "h = w*(u_t + h_prev)", "steps": 1}}])
    >>> r["results"][0]["answer"]["dy_dw"]
    {'expr': 'u1'}
    """
    if isinstance(data, Mapping):
        data = data.get("problems")
    if not isinstance(data, list):
        raise ProblemError(f'{where}: expected a list of problems, or {{"problems": [...]}}')
    tasks = list(enumerate(data))
    outcomes = run_tasks(_result, tasks, executor, workers, seconds, preload=_PRELOAD)
    results = [o.get() if o.ok else _unsolved(task, o) for task, o in zip(tasks, outcomes, strict=True)]
    return {"version": 1, "results": results}


def solve(family: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The answers of one family to one set of data; UnknownNameError suggests a near family.

    >>> solve("bce", {"y": {"1": 1}, "y_hat": {"1": "a"}})["loss"]
    {'expr': '-log(a)'}
    """
    return FAMILIES[family](given)


def _unsolved(task: tuple[int, Any], outcome: Outcome) -> dict[str, Any]:
    """What is said of a problem whose task did not end: its time was up, or its process was lost."""
    place, problem = task
    name = problem.get("id", f"problem {place}") if isinstance(problem, Mapping) else None
    why = f"was stopped after {outcome.seconds:.3g} s" if outcome.timeout else str(outcome.error)
    return {"id": name, "error": f"problem {place} {why}" if outcome.timeout else why}


def _result(task: tuple[int, object]) -> dict[str, Any]:
    place, problem = task
    if not isinstance(problem, Mapping):
        said = f"problem {place} is {shorten(repr(problem))}, not an object with id, family and given"
        return {"id": None, "error": said}
    name = problem.get("id", f"problem {place}")
    for key, kind in (("family", str), ("given", Mapping)):
        if not isinstance(problem.get(key), kind):
            return {"id": name, "error": f"{name}: {key!r} is missing or of the wrong kind"}
    try:
        # a setting that ``given`` leaves out may stand in the words of the task; an answer never does
        given = Watched({"task": problem.get("task", ""), **problem["given"]})
        answer = solve(problem["family"], given)
        unread = [name for name in given.unread() if name != "task"]
        return {"id": name, "answer": answer, **({"unread": unread} if unread else {})}
    except SymderivError as error:
        return {"id": name, "error": str(error)}
    except UNFORESEEN as error:
        return {"id": name, "error": f"family {problem['family']!r} cannot read this: {type(error).__name__}: {error}"}
