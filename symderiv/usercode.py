"""Running a user's Python file: what goes wrong in it is told in one line with its place."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
from pathlib import Path

from symderiv.errors import ProblemError, SymderivError


@contextlib.contextmanager
def running(path: str | Path) -> Iterator[None]:
    """Run code of a file and its neighbours; an error in it becomes a ProblemError with the file, line and function.

    What names the file already passes, and so does an error that did not come by way of it.
    """
    place = Path(path).resolve()
    folder = place if place.is_dir() else place.parent
    try:
        yield
    except SyntaxError as bad:
        raise ProblemError(f"{bad.filename}, line {bad.lineno}: SyntaxError: {bad.msg}") from bad
    except Exception as bad:
        frames = [f for f in traceback.extract_tb(bad.__traceback__) if Path(f.filename).is_relative_to(folder)]
        if not frames or frames[-1].filename in str(bad):
            raise
        function = "" if frames[-1].name.startswith("<") else f", in {frames[-1].name}"
        told = str(bad) if isinstance(bad, SymderivError) else " ".join(f"{type(bad).__name__}: {bad}".split())
        raise ProblemError(f"{frames[-1].filename}, line {frames[-1].lineno}{function}: {told}") from bad
