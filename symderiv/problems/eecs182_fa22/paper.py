"""Titles, cover and closing page of the exam."""

from __future__ import annotations

from symderiv.document import Fields, Prose
from symderiv.problem import Paper


def paper() -> Paper:
    """The paper around the problems."""
    return Paper(
        title="Deep Neural Networks",
        subtitle="Midterm exam",
        author="Problems after EECS 182, fall 2022",
        subject="Deep learning",
        keywords=("deep learning", "backpropagation", "exam"),
        cover=(
            Fields(("Name", "Student ID", "Discussion section", "Seat")),
            Prose("Write your answers in the space given. Where there is a box, show your work: it earns points too."),
        ),
        closing=(Prose("This page is left empty for your drafts."),),
    )
