"""What can be seen: everything that has a picture, and how it gets one."""

from __future__ import annotations

from typing import Any

from symderiv.drawing import Drawing
from symderiv.errors import DrawingError

SEEABLE = ("Drawing", "Graph", "Backward", "Plot")


def as_drawing(obj: Any) -> Drawing:
    """The drawing of an object: itself, or what its ``drawing()`` method makes.

    Raises DrawingError for something that has no picture.
    """
    if isinstance(obj, Drawing):
        return obj
    make = getattr(obj, "drawing", None)
    made = make() if callable(make) else None
    if not isinstance(made, Drawing):
        raise DrawingError(f"a {type(obj).__name__} has no picture; a picture is made from {', '.join(SEEABLE)}")
    return made
