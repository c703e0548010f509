"""The paper: titles, cover and page. Every file here with a function problem() is one problem of it."""

from symderiv.document import Fields, Prose
from symderiv.problem import Paper


def paper() -> Paper:
    return Paper(
        title="My exam",
        subtitle="A first paper",
        author="Course staff",
        paper="a4",
        cover=(Fields(("Your name", "Student ID")), Prose("You have 60 minutes. Show your work.")),
        closing=(Prose("This page is left empty for your drafts."),),
    )
