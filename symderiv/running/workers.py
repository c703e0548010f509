"""Our own process pool: limits that kill, and a dead process loses no task.

Each process has one pipe and at most one task, so the parent knows which task a
process was at when it hung or died.  Processes are forked from a clean server
that has the heavy modules loaded (``preload``), so that a new one costs a few
milliseconds and no thread is ever forked.  Reference: ``concurrent.futures``
marks the whole pool broken when one process dies, which is why it is not used.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import resource
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from typing import Any

from symderiv.errors import LimitError
from symderiv.running.tasks import Outcome, attempt

_STATM = "/proc/self/statm"  # where it is missing, memory is not limited
TRIES = 3  # a task that ends its process this often is the culprit


class _Worker:
    """A process, its pipe, and the task it is at."""

    def __init__(self, function: Callable[[Any], Any], memory: int | None) -> None:
        context = multiprocessing.get_context("forkserver")
        self.pipe, theirs = context.Pipe()
        self.process: ForkServerProcess = context.Process(target=_serve, args=(theirs, function, memory), daemon=True)
        self.process.start()
        theirs.close()
        self.index: int | None = None
        self.ready = False
        self.started = time.monotonic()

    def give(self, index: int, task: Any) -> None:
        self.pipe.send(task)
        self.index, self.started = index, time.monotonic()

    def end(self) -> int | None:
        """Stop the process at once; its exit code tells how it ended."""
        self.process.kill()
        self.process.join()
        code = self.process.exitcode
        self.process.close()
        self.pipe.close()
        return code


def run_in_pool(
    function: Callable[[Any], Any],
    tasks: Sequence[Any],
    workers: int,
    seconds: float | None,
    report: Callable[[int, Outcome], None],
    preload: Sequence[str] = (),
    memory: int | None = None,
) -> list[Outcome]:
    """Outcomes of ``function`` on every task, in order (see ``parallel.run_tasks``)."""
    multiprocessing.set_forkserver_preload(["symderiv.running.workers", *preload])
    _start_server()
    pool = _Pool(function, tasks, seconds, report, memory)
    try:
        while len(pool.outcomes) < len(tasks):
            pool.hire(workers)
            pool.hand_out()
            pool.collect()
            pool.kill_late()
    finally:
        pool.close()
    return [pool.outcomes[index] for index in range(len(tasks))]


def _start_server() -> None:
    """Start the server that forks, deaf to Ctrl-C from its first moment: one that ends while starting reports it."""
    resource_tracker.ensure_running()  # by itself it would make the signal heard again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Pool:
    """The workers of one run, and what is waiting, under way and settled."""

    def __init__(
        self,
        function: Callable[[Any], Any],
        tasks: Sequence[Any],
        seconds: float | None,
        report: Callable[[int, Outcome], None],
        memory: int | None,
    ) -> None:
        self.outcomes: dict[int, Outcome] = {}
        self._function, self._tasks, self._seconds = function, tasks, seconds
        self._report, self._memory = report, memory
        self._waiting = deque(range(len(tasks)))
        self._deaths = [0] * len(tasks)
        self._failed_starts = 0
        self._workers: list[_Worker] = []

    def hire(self, most: int) -> None:
        """Start as many processes as there is work for."""
        while len(self._workers) < min(most, len(self._tasks) - len(self.outcomes)):
            self._workers.append(_Worker(self._function, self._memory))

    def hand_out(self) -> None:
        """Give every idle process a task."""
        for worker in self._workers:
            while worker.ready and worker.index is None and self._waiting:
                index = self._waiting.popleft()
                try:
                    worker.give(index, self._tasks[index])
                except (pickle.PicklingError, TypeError, AttributeError) as error:
                    self._settle(index, Outcome(error=error))
                except OSError:
                    # it died while idle: collect() will see the end of its pipe
                    self._waiting.appendleft(index)
                    break

    def collect(self) -> None:
        """Wait for news, at most until the first task's time is up."""
        busy = [worker.started for worker in self._workers if worker.index is not None]
        patience = None
        if self._seconds is not None and busy:
            patience = max(0.0, min(busy) + self._seconds - time.monotonic())
        news = wait([worker.pipe for worker in self._workers], patience) if self._workers else []
        for worker in [worker for worker in self._workers if worker.pipe in news]:
            try:
                message = worker.pipe.recv()
            except (EOFError, OSError):
                self._mourn(worker)
                continue
            if worker.index is not None:
                self._settle(worker.index, message)
            worker.ready, worker.index = True, None

    def kill_late(self) -> None:
        """End every process whose task has had its time."""
        now = time.monotonic()
        for worker in list(self._workers):
            if self._seconds is not None and worker.index is not None and now - worker.started >= self._seconds:
                self._workers.remove(worker)
                worker.end()
                self._settle(worker.index, Outcome(timeout=True, seconds=now - worker.started))

    def close(self) -> None:
        """End all processes at once; what they were doing is lost."""
        for worker in self._workers:
            worker.end()

    def _settle(self, index: int, outcome: Outcome) -> None:
        self.outcomes[index] = outcome
        self._report(index, outcome)

    def _mourn(self, worker: _Worker) -> None:
        """A process died: its task goes back to the front, unless it has ended several."""
        self._workers.remove(worker)
        code = worker.end()
        if worker.index is not None:
            self._deaths[worker.index] += 1
            if self._deaths[worker.index] < TRIES:
                self._waiting.appendleft(worker.index)
            else:
                message = f"a task ended its process {TRIES} times (exit code {code}): a crash in C, or no memory left"
                self._settle(worker.index, Outcome(error=LimitError(message)))
        elif not worker.ready:
            self._failed_starts += 1
            if self._failed_starts == TRIES:
                raise LimitError(
                    f"worker processes end (exit code {code}) before their first task; can the function be imported, "
                    'and does the script start its work under `if __name__ == "__main__":`?'
                )


def _serve(pipe: Connection, function: Callable[[Any], Any], memory: int | None) -> None:
    """What a worker process does: take a task, send its outcome, until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if memory is not None and os.path.exists(_STATM):
        most = _mapped() + memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    pipe.send(None)
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send_bytes(_portable(attempt(function, task)))


def _mapped() -> int:
    """The bytes this process has mapped already: the modules and what their libraries reserve."""
    with open(_STATM, encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _portable(outcome: Outcome) -> bytes:
    """The outcome as bytes that the parent can surely read."""
    try:
        message = pickle.dumps(outcome)
        pickle.loads(message)
    except (pickle.PicklingError, TypeError, AttributeError, ValueError, ImportError, RecursionError) as error:
        what = "error" if outcome.error is not None else "value"
        told = outcome.error if outcome.error is not None else error
        text = f"the {what} of a task cannot leave its process: {type(told).__name__}: {told}"
        return pickle.dumps(Outcome(error=LimitError(text), seconds=outcome.seconds))
    return message
