"""A deadline that long computations look at, so that a hard claim ends in *undecided* and not in a hang."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from symderiv.errors import LimitError

_DEADLINE: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(seconds: float | None) -> Iterator[None]:
    """Within the block, ``check_deadline`` raises once ``seconds`` have passed; an outer, earlier deadline stays."""
    outer = _DEADLINE.get()
    end = None if seconds is None else time.monotonic() + seconds
    if outer is not None and (end is None or outer < end):
        end = outer
    token = _DEADLINE.set(end)
    try:
        yield
    finally:
        _DEADLINE.reset(token)


def check_deadline() -> None:
    """Raise LimitError if the time is up."""
    end = _DEADLINE.get()
    if end is not None and time.monotonic() > end:
        raise LimitError("the time limit was reached")
