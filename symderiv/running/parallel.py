"""Many independent tasks: in order, over processes, each under a limit that is kept.

``run_tasks`` is the one door.  By default it runs our own pool (``running/workers.py``),
where a hung task is killed with its process and a process that dies gives its
task to the next.  Given a ``concurrent.futures.Executor`` (threads, processes,
Dask's ``Client.get_executor()``) it runs there instead; nobody can kill another
pool's process, so there the limit stops Python code only.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
from collections.abc import Callable, Sequence
from typing import Any

from symderiv.errors import LimitError
from symderiv.running.tasks import Outcome, attempt, attempt_all

_MESSAGES = 200  # about so many messages to an executor of others, and
_MOST_TOGETHER = 50  # at most so many tasks in one

def default_workers() -> int:
    """One process for each core this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_tasks(
    function: Callable[[Any], Any],
    tasks: Sequence[Any],
    executor: concurrent.futures.Executor | None = None,
    workers: int | None = None,
    seconds: float | None = None,
    on_result: Callable[[int, Outcome], None] | None = None,
    preload: Sequence[str] = (),
    memory: int | None = None,
) -> list[Outcome]:
    """Apply ``function`` to every task; the outcomes stand in the order of the tasks.

    ``workers=0`` runs in this very thread; ``seconds`` limits one task and ``memory`` the bytes a process
    of our own pool may take beyond its start; ``on_result(index, outcome)`` is called as results arrive; the
    modules named in ``preload`` are imported once for all processes.  Function and tasks must
    pickle, unless they stay in this process.  An error in a task is its outcome and never ends the run.

    >>> [outcome.value for outcome in run_tasks(abs, [-1, 2, -3], workers=0)]
    [1, 2, 3]
    """
    report = on_result or (lambda index, outcome: None)
    if seconds is not None and seconds <= 0:
        raise LimitError(f"the time limit of a task must be positive, got {seconds} s")
    if executor is not None:
        return _run_in_executor(function, tasks, executor, seconds, report)
    count = default_workers() if workers is None else workers
    if count == 0:
        return _run_here(function, tasks, seconds, report)
    from symderiv.running.workers import run_in_pool  # multiprocessing costs start-up time

    return run_in_pool(function, tasks, min(count, len(tasks)), seconds, report, preload, memory)


def _run_here(
    function: Callable[[Any], Any],
    tasks: Sequence[Any],
    seconds: float | None,
    report: Callable[[int, Outcome], None],
) -> list[Outcome]:
    outcomes = []
    for index, task in enumerate(tasks):
        outcomes.append(attempt(function, task, seconds))
        report(index, outcomes[-1])
    return outcomes


def _run_in_executor(
    function: Callable[[Any], Any],
    tasks: Sequence[Any],
    executor: concurrent.futures.Executor,
    seconds: float | None,
    report: Callable[[int, Outcome], None],
) -> list[Outcome]:
    outcomes: dict[int, Outcome] = {}

    def settle(index: int, outcome: Outcome) -> None:
        outcomes[index] = outcome
        report(index, outcome)

    everything = list(range(len(tasks)))
    _submit(function, tasks, everything, executor, seconds, settle)
    # a task's own error is an outcome, so what is missing was lost on the way: a worker died, or the whole pool.
    # It is tried there once more, and then in our own pool.
    _submit(function, tasks, [n for n in everything if n not in outcomes], executor, seconds, settle)
    lost = [n for n in everything if n not in outcomes]
    again = [tasks[n] for n in lost]
    run_tasks(function, again, seconds=seconds, on_result=lambda n, outcome: settle(lost[n], outcome))
    return [outcomes[n] for n in everything]


def _submit(
    function: Callable[[Any], Any],
    tasks: Sequence[Any],
    indices: Sequence[int],
    executor: concurrent.futures.Executor,
    seconds: float | None,
    settle: Callable[[int, Outcome], None],
) -> None:
    """Settle what the executor brings back of these tasks."""
    # many small tasks travel together: a message to a cluster costs more than a claim
    size = min(_MOST_TOGETHER, max(1, len(indices) // _MESSAGES))
    under_way: dict[concurrent.futures.Future[list[Outcome]], Sequence[int]] = {}
    for bundle in (indices[start : start + size] for start in range(0, len(indices), size)):
        with contextlib.suppress(concurrent.futures.BrokenExecutor):
            under_way[executor.submit(attempt_all, function, [tasks[n] for n in bundle], seconds)] = bundle
    for future in concurrent.futures.as_completed(under_way):
        if not future.cancelled() and future.exception() is None:
            for index, outcome in zip(under_way[future], future.result(), strict=True):
                settle(index, outcome)
