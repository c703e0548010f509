"""A folder of pictures: every slide of a deck as a file in each format wanted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from symderiv.formats import format_for
from symderiv.slides import frames
from symderiv.writing import write_all


def write_frames(obj: Any, folder: str | Path, suffixes: Sequence[str] = ("svg", "png", "pdf")) -> list[Path]:
    """Write the slides of a backward pass, a derivation or a Deck as ``frame_01.svg``, ``frame_01.png`` …

    All files are complete before the first one appears.  Raises UnknownNameError
    for a suffix no picture has, FormatError where the folder cannot be written.
    """
    files: dict[str, bytes] = {}
    pictures = frames(obj)
    digits = max(2, len(str(len(pictures))))
    for number, picture in enumerate(pictures, 1):
        for suffix in suffixes:
            content = format_for(picture, suffix).render(picture)
            name = f"frame_{number:0{digits}d}.{suffix.lstrip('.')}"
            files[name] = content.encode() if isinstance(content, str) else content
    return write_all(Path(folder), files)
