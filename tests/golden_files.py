"""Golden files: what was written once, read by a person, and must not change by itself.

Set ``SYMDERIV_GOLDEN=write`` to make them anew, look at them, then commit.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def assert_golden(name: str, made: str) -> None:
    """Compare a text with its golden file."""
    path = FOLDER / name
    if os.environ.get("SYMDERIV_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made, encoding="utf-8")
    assert made == path.read_text(encoding="utf-8"), f"{name} differs from its golden file"
