"""Finished results on disk, so that a run that was killed goes on where it stopped.

A journal is a file of JSON lines ``{"key", "value"}``.  The key is a hash of
everything the result depends on, so a changed task is done again.  A line is
one ``write`` to a file opened for appending: a run killed in the middle leaves
at most one torn last line, which is left out when reading.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from types import TracebackType
from typing import Any

from symderiv.running.parallel import run_tasks
from symderiv.running.tasks import Outcome


def content_key(*parts: Any) -> str:
    """A hash of JSON-able parts, the same on every machine and in every run.

    >>> content_key({"b": 1, "a": 2}) == content_key({"a": 2, "b": 1})
    True
    """
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Journal:
    """The results found in ``path``, and the way to add one."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.found: dict[str, Any] = {}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        content = self.path.read_bytes()
        for line in content.splitlines():
            record = _record(line)
            if record is not None:
                self.found[record["key"]] = record["value"]
        if content and not content.endswith(b"\n"):
            os.write(self._file, b"\n")  # closes a torn line, so that the next record starts a new one

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    def add(self, key: str, value: Any) -> None:
        """Note a finished, JSON-able result."""
        self.found[key] = value
        os.write(self._file, json.dumps({"key": key, "value": value}).encode() + b"\n")


def run_resumable(
    function: Callable[[Any], Any],
    tasks: Sequence[Any],
    journal: Journal,
    key: Callable[[Any], str],
    executor: Executor | None = None,
    workers: int | None = None,
    seconds: float | None = None,
    on_result: Callable[[int, Outcome], None] | None = None,
    preload: Sequence[str] = (),
    memory: int | None = None,
) -> list[Outcome]:
    """Like ``run_tasks``, but what the journal knows is not done again; new values are noted in it.

    Values must be JSON-able.  Errors and timeouts are not noted: another run may fare better.
    """
    report = on_result or (lambda index, outcome: None)
    keys = [key(task) for task in tasks]
    outcomes: dict[int, Outcome] = {}
    for index, name in enumerate(keys):
        if name in journal.found:
            outcomes[index] = Outcome(value=journal.found[name])
            report(index, outcomes[index])
    left = [index for index in range(len(tasks)) if index not in outcomes]

    def note(place: int, outcome: Outcome) -> None:
        index = left[place]
        outcomes[index] = outcome
        if outcome.ok:
            journal.add(keys[index], outcome.value)
        report(index, outcome)

    run_tasks(function, [tasks[i] for i in left], executor, workers, seconds, note, preload, memory)
    return [outcomes[index] for index in range(len(tasks))]


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(record, dict) and isinstance(record.get("key"), str) and "value" in record
    return record if whole else None
