"""The work of one process: compute a problem and print it for every audience and language.

A fragment is text and bytes only, so it can be kept in a file and put into a paper
without computing anything again.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from symderiv.document import Figure
from symderiv.errors import FormatError, UnknownNameError
from symderiv.paper.blocktree import transform
from symderiv.paper.exams import AUDIENCES, checks_blocks, problem_blocks
from symderiv.paper.papers import Source, problem_of
from symderiv.paper.rendering import Rendering

FIGURE_SUFFIXES = ("svg", "pdf", "png", "tex")


@dataclass(frozen=True)
class Task:
    """Which problem, in which languages."""

    source: Source
    stem: str
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Fragment:
    """A problem in print: ``texts[audience][language]``, the files those need, and its figures."""

    stem: str
    number: str
    title: str
    texts: dict[str, dict[str, str]]
    files: dict[str, bytes]
    figures: dict[str, bytes] = field(default_factory=dict)
    new_page: bool = True
    worth: int | None = None

    def to_json(self) -> str:
        """Text that ``from_json`` reads back."""
        record = {name: getattr(self, name) for name in ("stem", "number", "title", "texts", "new_page", "worth")}
        for name in ("files", "figures"):
            record[name] = {path: base64.b64encode(data).decode() for path, data in getattr(self, name).items()}
        return json.dumps(record, sort_keys=True)

    @staticmethod
    def from_json(text: str) -> Fragment:
        """The fragment of a text; raises ValueError or KeyError for one that is damaged."""
        record = json.loads(text)
        for name in ("files", "figures"):
            record[name] = {path: base64.b64decode(data) for path, data in record[name].items()}
        return Fragment(**record)


def compute(task: Task) -> Fragment:
    """Compute one problem and print it; errors name the problem and the part."""
    problem = problem_of(task.source, task.stem)
    place = f"problem {problem.number}"
    blocks = {audience: problem_blocks(problem, audience) for audience in AUDIENCES}
    blocks["checks"] = checks_blocks(problem)
    texts: dict[str, dict[str, str]] = {}
    files: dict[str, bytes] = {}
    for audience, content in blocks.items():
        for language in task.languages:
            rendering = Rendering(language, place=place)
            text = str(rendering.blocks(content))
            texts.setdefault(audience, {})[language] = f"{_mark(language, place)}{text}" if text else ""
            files.update(rendering.files)
    figures = _figures((*blocks["staff"], *blocks["student"]))
    number, worth = str(problem.number), problem.worth
    return Fragment(task.stem, number, problem.title, texts, files, figures, problem.new_page, worth)


def _mark(language: str, place: str) -> str:
    """A comment the LaTeX log reader and a person editing by hand find the problem by."""
    return {"latex": f"\n% {place}", "typst": f"\n// {place}"}.get(language, "")


def _figures(blocks: tuple[Any, ...]) -> dict[str, bytes]:
    """Every figure in every format that shows it, each name once."""
    from symderiv.formats import format_for
    from symderiv.paper.pictures import file_stem, suffixed

    found: dict[str, bytes] = {}

    def draw(block: Any) -> Any:
        if not isinstance(block, Figure):
            return block
        name = file_stem(block)
        if any(path.startswith(f"{name}.") for path in found):
            return block
        for suffix in FIGURE_SUFFIXES:
            try:
                data = format_for(block.drawing, suffix).render(block.drawing)
            except (FormatError, UnknownNameError):  # this drawing cannot be shown so
                continue
            found[f"{name}.{suffix}"] = data.encode() if isinstance(data, str) else data
        if not any(path.startswith(f"{name}.") for path in found):
            data, suffix = suffixed(block.drawing, "svg")
            found[f"{name}.{suffix}"] = data
        return block

    transform(blocks, draw)
    return found
