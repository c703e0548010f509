"""What can be seen: everything that has a picture, and how it gets one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from symderiv.drawing import Drawing
from symderiv.errors import DrawingError
from symderiv.figures.graph_drawing import draw

_DRAWN: Mapping[str, Callable[[Any], Drawing]] = {
    "Drawing": lambda drawing: drawing,
    "Graph": draw,
    "Backward": draw,
    "Plot": lambda plot: plot.drawing(),
}
SEEABLE = tuple(_DRAWN)


def as_drawing(obj: Any) -> Drawing:
    """The picture of a drawing, graph, backward pass or plot.

    Raises DrawingError for anything else.
    """
    for kind in type(obj).__mro__:
        if kind.__name__ in _DRAWN:
            return _DRAWN[kind.__name__](obj)
    raise DrawingError(f"a {type(obj).__name__} has no picture; pictures show {', '.join(SEEABLE)}")
