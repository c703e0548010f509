"""The pages that are made while the site is built: the exam's problems as a gallery, and the notebook as it was run.

A hook of MkDocs; nothing it makes is kept in the repository.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from symderiv.document import Figure
from symderiv.formats import FORMATS
from symderiv.paper.documents import as_document
from symderiv.paper.papers import find, problem_of
from symderiv.paper.rendering import render
from symderiv.paper.typesetters import typst_pages
from symderiv.problem import Problem

EXAM = "eecs182_fa22"
SHOWN = 2  # derivations of a problem
HEAD = """# Gallery

The problems of one deep-learning exam as they came out when this site was built: a figure, derivations with the
verdict of every line, and the first page of the printed solution. The description of each is the file that is named.
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the made pages and their pictures."""
    made = {**gallery(), "notebook.md": notebook(Path(config["docs_dir"]) / "notebook.ipynb")}
    for name, content in made.items():
        files.append(File.generated(config, name, content=content))
    return files


def gallery() -> dict[str, str | bytes]:
    """The gallery's page and the pictures on it, by name."""
    source = find(EXAM)
    parts: list[str] = [HEAD]
    pictures: dict[str, str | bytes] = {}
    for stem in source.stems:
        problem = problem_of(source, stem)
        described = inspect.getdoc(sys.modules[f"{source.package}.{stem}"]) or ""
        page = typst_pages(render(as_document(problem), "typst"), 60)[0]
        pictures[f"gallery/{stem}.png"] = page
        parts.append(f"\n## {problem.number}. {problem.title}\n\n{' '.join(described.split())}\n")
        parts.append(f"Described in `symderiv/problems/{EXAM}/{stem}.py`.\n")
        for figure in list(_figures(problem))[:1]:
            name = f"gallery/{stem}.svg"
            pictures[name] = FORMATS["svg"].render(figure.drawing)
            alt = figure.drawing.alt.replace("]", " ")
            parts.append(f"\n![{alt}]({name})\n")
        for answer in _argued(problem)[:SHOWN]:
            piece = "\n".join(line for line in str(FORMATS["piece"].render(answer.derivation)).splitlines() if line)
            parts.append(f"\n**{answer.id}**: {answer.asks}\n\n{piece}\n")
        printed = f"![Problem {problem.number} in print](gallery/{stem}.png)"
        parts.append(f'\n??? note "The first page in print"\n    {printed}\n')
    return {"gallery.md": "".join(parts), **pictures}


def _figures(problem: Problem) -> Iterator[Figure]:
    blocks = [*problem.intro, *(block for part in problem.parts for block in (*part.question, *part.solution))]
    return (block for block in blocks if isinstance(block, Figure) and hasattr(block.drawing, "alt"))


def _argued(problem: Problem) -> list[Any]:
    """Answers with a derivation of several lines, the longest first."""
    found = [answer for answer in problem.answers if answer.derivation is not None and len(answer.derivation.steps) > 1]
    return sorted(found, key=lambda answer: -len(answer.derivation.steps))


def notebook(path: Path) -> str:
    """An executed notebook as a page: what it says, its code, and what that showed."""
    out: list[str] = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        out.append(text if cell["cell_type"] == "markdown" else f"```python\n{text}\n```")
        for shown in cell.get("outputs", ()):
            data = shown.get("data", {"text/plain": shown.get("text", "")})
            best = next(kind for kind in ("text/html", "image/svg+xml", "text/plain") if kind in data)
            content = "".join(data[best])
            plain = best == "text/plain"
            out.append(f"```text\n{content.rstrip()}\n```" if plain else _flat(content))
    return "\n\n".join(out) + "\n"


def _flat(html: str) -> str:
    """A picture or a table as one block of the page: an empty line would end it."""
    return f"<div>{os.linesep.join(line for line in html.splitlines() if line.strip())}</div>"
