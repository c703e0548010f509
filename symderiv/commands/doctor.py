"""``symderiv doctor``: which tools, packages and fonts are there, what each is for, how to get it."""

from __future__ import annotations

import functools
import importlib.util
import json
import platform
import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import asdict, dataclass

from symderiv import __version__
from symderiv.commands import NOT_TRUE, OK


@dataclass(frozen=True)
class Tool:
    """Something symderiv can use: its kind, what for, and how to get it."""

    name: str
    kind: str
    use: str
    get: str


@dataclass(frozen=True)
class Finding:
    """A tool and whether it is there; ``where`` is its path or version."""

    tool: Tool
    there: bool
    where: str = ""


def _extra(name: str) -> str:
    return f"pip install 'symderiv[{name}]'"


TOOLS = (
    Tool("sympy", "core", "scalar expressions", "pip install symderiv"),
    Tool("numpy", "core", "numeric kernels and instances", "pip install symderiv"),
    Tool("networkx", "core", "graph views", "pip install symderiv"),
    Tool("flint", "core", "exact polynomials", "pip install symderiv"),
    Tool("graphviz", "core", "writing DOT", "pip install symderiv"),
    Tool("latexify", "core", "typesetting a traced function", "pip install symderiv"),
    Tool("z3", "package", "inequalities and unique minimisers", _extra("reals")),
    Tool("jinja2", "package", "templates of papers", _extra("paper")),
    Tool("pygraphviz", "package", "layout of graphs without a dot program", _extra("paper")),
    Tool("ziamath", "package", "mathematics in pictures", _extra("paper")),
    Tool("typst", "package", "PDF and PNG without TeX", _extra("paper")),
    Tool("pptx", "package", "PowerPoint decks", _extra("slides")),
    Tool("latex2mathml", "package", "mathematics in HTML and PowerPoint", _extra("slides")),
    Tool("numba", "package", "compiled kernels", _extra("fast")),
    Tool("distributed", "package", "claims on a Dask cluster", _extra("dask")),
    Tool("pytest", "package", "claims as tests", _extra("test")),
    Tool("dot", "program", "layout of graphs (else pygraphviz)", "apt-get install graphviz"),
    Tool("latexmk", "program", "PDF through TeX (else typst)", "apt-get install latexmk texlive-latex-extra"),
    Tool("pdflatex", "program", "PDF through TeX (else typst)", "apt-get install texlive-latex-extra texlive-pictures"),
    Tool("soffice", "program", "looking at PowerPoint decks", "apt-get install libreoffice-impress"),
    Tool("STIX Two Math", "font", "mathematics in pictures; comes with ziamath", _extra("paper")),
    Tool("New Computer Modern", "font", "papers without TeX; comes with typst", _extra("paper")),
)


def arguments(parser: ArgumentParser) -> None:
    """Declare the form of the answer."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the answer is printed (text)")


def run(options: Namespace) -> int:
    """Print what is there; the exit code is 1 where something of the core is missing."""
    findings = examine()
    if options.format == "json":
        records = [{**asdict(finding.tool), "there": finding.there, "where": finding.where} for finding in findings]
        print(json.dumps({"symderiv": __version__, "python": platform.python_version(), "tools": records}, indent=1))
    else:
        print(f"symderiv {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}")
        width = max(len(tool.name) for tool in TOOLS)
        for finding in findings:
            mark = "ok     " if finding.there else "missing"
            told = finding.where if finding.there else finding.tool.get
            print(f"{mark}  {finding.tool.name:<{width}}  {finding.tool.use}: {told}")
    missing = [finding.tool.name for finding in findings if finding.tool.kind == "core" and not finding.there]
    if missing:
        sys.stderr.write(f"symderiv: {', '.join(missing)} missing, the installation is not whole: {TOOLS[0].get}\n")
    return NOT_TRUE if missing else OK


def examine() -> list[Finding]:
    """Look for every tool of the table; nothing is imported or started."""
    return [_LOOK[tool.kind](tool) for tool in TOOLS]


def _package(tool: Tool) -> Finding:
    if importlib.util.find_spec(tool.name) is None:
        return Finding(tool, False)
    return Finding(tool, True, _versions().get(tool.name, ""))


@functools.cache
def _versions() -> dict[str, str]:
    """Name and version of the distributions behind each importable name."""
    from importlib import metadata  # 30 ms that only this command needs

    names = metadata.packages_distributions()
    used = {tool.name: sorted(set(names[tool.name])) for tool in TOOLS if tool.name in names}
    return {name: " ".join(f"{found} {metadata.version(found)}" for found in founds) for name, founds in used.items()}


def _program(tool: Tool) -> Finding:
    path = shutil.which(tool.name)
    return Finding(tool, path is not None, path or "")


_CARRIERS = {"STIX Two Math": "ziamath", "New Computer Modern": "typst"}


def _font(tool: Tool) -> Finding:
    carrier = _CARRIERS[tool.name]
    there = importlib.util.find_spec(carrier) is not None
    return Finding(tool, there, f"inside {carrier}" if there else "")


_LOOK: dict[str, Callable[[Tool], Finding]] = {
    "core": _package,
    "package": _package,
    "program": _program,
    "font": _font,
}
