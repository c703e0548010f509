"""One task and what came of it: a value, its error, or that its time was up."""

from __future__ import annotations

import contextlib
import ctypes
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


def attempt_all(
    function: Callable[[Any], Any], tasks: Sequence[Any], seconds: float | None = None
) -> list[Outcome]:
    """Run several tasks, one after the other, each under its own limit."""
    return [attempt(function, task, seconds) for task in tasks]


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
