"""Many independent tasks: in order, over processes, each under a limit that is kept.

``run_tasks`` is the one door.  By default it runs our own pool (``workers.py``),
where a hung task is killed with its process and a process that dies gives its
task to the next.  Given a ``concurrent.futures.Executor`` (threads, processes,
Dask's ``Client.get_executor()``) it runs there instead; nobody can kill another
pool's process, so there the limit stops Python code only.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import ctypes
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from symderiv.errors import LimitError


@dataclass(frozen=True)
class Outcome:
    """What came of one task: a value, or the error it raised, or that its time was up.

    >>> Outcome(value=3).ok, Outcome(timeout=True).ok
    (True, False)
    """

    value: Any = None
    error: Exception | None = None
    timeout: bool = False
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """True where there is a value."""
        return self.error is None and not self.timeout

    def get(self) -> Any:
        """The value; raises the task's own error, or LimitError when its time was up."""
        if self.error is not None:
            raise self.error
        if self.timeout:
            raise LimitError(f"a task was stopped after {self.seconds:.3g} s; allow more seconds or make it smaller")
        return self.value


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

    ``workers=0`` runs in this very thread; ``seconds`` limits one task and ``memory`` the bytes of
    one process of our own pool; ``on_result(index, outcome)`` is called as results arrive; the
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
    from symderiv.workers import run_in_pool  # multiprocessing costs start-up time

    return run_in_pool(function, tasks, min(count, len(tasks)), seconds, report, preload, memory)


def attempt(function: Callable[[Any], Any], task: Any, seconds: float | None = None) -> Outcome:
    """Run one task to its outcome, in this process; past ``seconds`` its Python code is stopped."""
    if seconds is None:
        return _attempt(function, task)
    started = time.perf_counter()
    box: list[Outcome] = []

    def work() -> None:
        with contextlib.suppress(_Stopped):
            box.append(_attempt(function, task))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if not thread.is_alive():
        return box[0]
    # the interpreter raises it at the thread's next bytecode; code that hangs in C stays behind as a daemon
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_Stopped))
    thread.join(0.1)
    return Outcome(timeout=True, seconds=time.perf_counter() - started)


class _Stopped(BaseException):
    """Raised inside a thread whose time is up; no task catches it by accident."""


class _Caught:
    """Holds whatever error its block raised; keyboard interrupts and exits pass through."""

    error: Exception | None = None

    def __enter__(self) -> _Caught:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, RecursionError):
            # its traceback holds thousands of frames; the message is what a reader needs
            error = LimitError(f"nested too deeply: {error}")
        self.error = error if isinstance(error, Exception) else None
        return self.error is not None


def _attempt(function: Callable[[Any], Any], task: Any) -> Outcome:
    started = time.perf_counter()
    value = None
    with _Caught() as caught:
        value = function(task)
    return Outcome(value, caught.error, seconds=time.perf_counter() - started)


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
    outcomes: list[Outcome | None] = [None] * len(tasks)
    left = list(range(len(tasks)))
    # a broken pool (a worker died) refuses everything after; what is left is then done in our own pool
    lost: list[int] = []
    places: dict[concurrent.futures.Future[Outcome], int] = {}
    for index in left:
        try:
            places[executor.submit(attempt, function, tasks[index], seconds)] = index
        except concurrent.futures.BrokenExecutor:
            lost.append(index)
    for future in concurrent.futures.as_completed(places):
        index = places[future]
        if future.cancelled() or isinstance(future.exception(), concurrent.futures.BrokenExecutor):
            lost.append(index)
            continue
        error = future.exception()
        if error is not None and not isinstance(error, Exception):
            raise error
        outcome = Outcome(error=error) if error is not None else future.result()
        outcomes[index] = outcome
        report(index, outcome)
    lost.sort()
    again = run_tasks(
        function, [tasks[i] for i in lost], seconds=seconds, on_result=lambda n, outcome: report(lost[n], outcome)
    )
    for index, outcome in zip(lost, again, strict=True):
        outcomes[index] = outcome
    return [outcome for outcome in outcomes if outcome is not None]
