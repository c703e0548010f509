"""Arrowheads, computed once so that every format draws the same one."""

from __future__ import annotations

from dataclasses import replace
from math import hypot

from symderiv.ink.marks import Path, Point


def arrowhead(path: Path) -> tuple[Path, tuple[Point, ...]]:
    """The path shortened to the base of its arrowhead, and the head's corners.

    The tip stands where the path ended; the head is a slightly barbed triangle
    whose length grows gently with the line width.
    """
    length, half = 4.2 + 1.9 * path.pen.width, 1.6 + 0.85 * path.pen.width
    command, points = path.commands[-1]
    tip = points[-1]
    behind = [p for _, piece in path.commands for p in piece if p != tip]
    before = behind[-1] if behind else (tip[0] - 1.0, tip[1])
    run = hypot(tip[0] - before[0], tip[1] - before[1]) or 1.0
    ux, uy = (tip[0] - before[0]) / run, (tip[1] - before[1]) / run
    neck = (tip[0] - 0.78 * length * ux, tip[1] - 0.78 * length * uy)
    base = (tip[0] - length * ux, tip[1] - length * uy)
    head = (tip, (base[0] - half * uy, base[1] + half * ux), neck, (base[0] + half * uy, base[1] - half * ux))
    if command == "C":
        points = (points[0], (points[1][0] + neck[0] - tip[0], points[1][1] + neck[1] - tip[1]), neck)
    else:
        points = (neck,)
    return replace(path, commands=(*path.commands[:-1], (command, points))), head
