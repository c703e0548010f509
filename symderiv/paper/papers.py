"""Finding exams: those of the package, a user's folder, a single file with a problem.

A folder holds one file per problem with a function ``problem()``, and may hold a
``paper.py`` with a function ``paper()``.  Nothing is imported to find them; a file's
problem number is the first number in its name.
"""

from __future__ import annotations

import ast
import importlib
import importlib.machinery
import importlib.util
import re
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

from symderiv._paths import PACKAGE
from symderiv.errors import ProblemError, UnknownNameError
from symderiv.problem import Paper, Problem
from symderiv.usercode import running

PROBLEMS = PACKAGE / "problems"


@dataclass(frozen=True)
class Source:
    """Where an exam stands: its folder, the stems of its problem files in order, its Python package."""

    name: str
    folder: Path
    stems: tuple[str, ...]
    package: str


def packaged() -> list[str]:
    """Names of the exams that come with the package.

    >>> isinstance(packaged(), list)
    True
    """
    if not PROBLEMS.is_dir():
        return []
    return sorted(folder.name for folder in PROBLEMS.iterdir() if folder.is_dir() and _stems(folder))


def find(target: str | Path) -> Source:
    """The exam a user named: a packaged one, a folder, or a file.

    Raises ProblemError or UnknownNameError.
    """
    name = str(target)
    if name in packaged():
        return Source(name, PROBLEMS / name, _stems(PROBLEMS / name), f"symderiv.problems.{name}")
    path = Path(target)
    if path.is_dir():
        return load_folder(path)
    if path.is_file() and path.suffix == ".py":
        if not _has(path, "problem"):
            raise ProblemError(f"{path} has no function problem(); define one that returns a Problem")
        return Source(path.stem, path.parent, (path.stem,), _package(path.parent))
    if path.suffix or "/" in name:
        raise ProblemError(f"{path} is neither a folder nor a Python file; give an exam's name, a folder or a .py file")
    raise UnknownNameError("exam", name, packaged())


def load_folder(path: str | Path) -> Source:
    """A user's folder of problem files.

    Raises ProblemError for a folder without problems.
    """
    folder = Path(path)
    stems = _stems(folder)
    if not stems:
        raise ProblemError(f"{folder} has no file with a function problem(); symderiv new makes a folder to start from")
    return Source(folder.resolve().name, folder, stems, _package(folder))


def select(source: Source, wanted: list[str] | None, paper: Paper | None = None) -> tuple[str, ...]:
    """The stems to build, in the paper's order; ``wanted`` are numbers or stems.

    Raises UnknownNameError for one that is not there.
    """
    names = {name: stem for stem in source.stems for name in (number_of(stem), stem) if name}
    order = [str(item) for item in (wanted or (paper.order if paper else ()))] or list(source.stems)
    for item in order:
        if item not in names:
            raise UnknownNameError("problem", item, names, source.name)
    return tuple(dict.fromkeys(names[item] for item in order))


def number_of(stem: str) -> str:
    """The first number in a file's name, without leading zeros.

    >>> number_of("problem_05_rnn")
    '5'
    """
    found = re.search(r"\d+", stem)
    return str(int(found[0])) if found else ""


def paper_of(source: Source) -> Paper:
    """The exam's titles: ``paper()`` of its ``paper.py``, or its name."""
    if (source.folder / "paper.py").is_file():
        return _called(source, "paper", "paper", Paper)
    return Paper(source.name.replace("_", " ").strip().capitalize())


def problem_of(source: Source, stem: str) -> Problem:
    """Compute one problem: import its file and call ``problem()``.

    Raises ProblemError when the function is missing or returns something else.
    """
    return _called(source, stem, "problem", Problem)


def _called(source: Source, stem: str, function: str, kind: type) -> Any:
    module = _module(source, stem)
    place = f"{source.folder / stem}.py"
    if not callable(getattr(module, function, None)):
        raise ProblemError(f"{place} has no function {function}(); define one that returns a {kind.__name__}")
    with running(place):
        made = getattr(module, function)()
    if not isinstance(made, kind):
        raise ProblemError(f"{function}() in {place} returned {type(made).__name__}, not a {kind.__name__}")
    return made


def _module(source: Source, stem: str) -> ModuleType:
    """Import a file as part of a package of its own, so that ``from . import helpers`` works."""
    if source.package not in sys.modules and not source.package.startswith("symderiv."):
        spec = importlib.machinery.ModuleSpec(source.package, None, is_package=True)
        spec.submodule_search_locations = [str(source.folder.resolve())]
        sys.modules[source.package] = importlib.util.module_from_spec(spec)
    with running(source.folder / f"{stem}.py"):
        return importlib.import_module(f"{source.package}.{stem}")


def _package(folder: Path) -> str:
    return "symderiv_exam_" + sha256(str(folder.resolve()).encode()).hexdigest()[:12]


def _stems(folder: Path) -> tuple[str, ...]:
    files = (f for f in folder.glob("*.py") if f.stem.isidentifier() or re.fullmatch(r"\w+", f.stem))
    stems = [f.stem for f in files if not f.stem.startswith("_") and f.stem != "paper" and _has(f, "problem")]
    return tuple(sorted(stems, key=lambda stem: (int(number_of(stem) or 10**9), stem)))


def _has(file: Path, function: str) -> bool:
    """Whether a file defines a function, by reading it; a broken file is taken to, so that it is named when built."""
    try:
        text = file.read_text("utf-8")
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return bool(re.search(rf"^def {function}\(", file.read_text("utf-8", "replace"), re.MULTILINE))
    return any(isinstance(node, ast.FunctionDef) and node.name == function for node in tree.body)
