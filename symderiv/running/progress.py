"""A progress line on stderr: how many of how many, and what is being done.

Shown only on a terminal, so that logs and pipes stay clean; data goes to
stdout and is never mixed with it.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TextIO


def wants_progress(stream: TextIO, environment: Mapping[str, str] | None = None) -> bool:
    """True where a progress line can be drawn: a terminal that understands carriage returns."""
    environment = os.environ if environment is None else environment
    return stream.isatty() and environment.get("TERM") != "dumb" and not environment.get("CI")


def wants_colour(stream: TextIO, environment: Mapping[str, str] | None = None) -> bool:
    """True for a terminal whose user has not set NO_COLOR."""
    environment = os.environ if environment is None else environment
    return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


class Progress:
    """A line that is redrawn in place and erased at the end.

    >>> import io
    >>> with Progress(2, "claims", stream=io.StringIO()) as progress:
    ...     progress.advance("D001")
    >>> progress.done
    1
    """

    def __init__(self, total: int, what: str, stream: TextIO | None = None, shown: bool | None = None) -> None:
        self.total = total
        self.done = 0
        self._what = what
        self._stream = sys.stderr if stream is None else stream
        self._shown = wants_progress(self._stream) if shown is None else shown
        self._drawn_at = 0.0

    def __enter__(self) -> Progress:
        self._draw("")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()

    def advance(self, name: str = "") -> None:
        """One more task is done; ``name`` says which."""
        self.done += 1
        # a terminal cannot be read faster than this, and drawing costs more than a small claim
        if self.done == self.total or time.monotonic() - self._drawn_at > 0.05:
            self._draw(name)

    def _draw(self, name: str) -> None:
        if not self._shown:
            return
        self._drawn_at = time.monotonic()
        cells = 24 * self.done // self.total if self.total else 24
        line = f"{'█' * cells}{'·' * (24 - cells)} {self.done}/{self.total} {self._what} {printable(name)}"
        self._stream.write("\r\x1b[2K" + line[: shutil.get_terminal_size().columns - 1])
        self._stream.flush()


def printable(text: str) -> str:
    """``text`` without control characters, so that a file's content cannot steer the terminal."""
    return "".join(c if c.isprintable() else " " for c in text)
