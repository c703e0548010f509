"""Write the generated pages of the docs: ``python scripts/docs_pages.py``.

The page of rules is made from the registry; every verdict on it is decided again while it is written.
The page of deciders is what their modules say of themselves.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
from math import log10
from pathlib import Path

from symderiv._paths import PACKAGE
from symderiv.certify import certify
from symderiv.commands.list import first_line
from symderiv.expressions import Expr, make, symbol
from symderiv.figures.plotting import Axis, Plot
from symderiv.figures.series import Curve
from symderiv.formats import FORMATS
from symderiv.ink.marks import BLUE, GREY, INK, ORANGE, Pen
from symderiv.notation.labels import as_label
from symderiv.rewriting import DIFFERENTIAL, RULES, Rule
from symderiv.symbols import Symbol
from symderiv.trees import is_random, leaves

DOCS = Path(__file__).resolve().parent.parent / "docs"
HEAD = """# Rules

Each rule is stated for every value of its variables; a rule for any number of terms is shown by its smallest
instance. Where the relation is not an equality of values, the two sides have the same differential; random sides are
compared by their means. The verdict is what `certify` says of the row: *supported* means that it held on every
instance that was tried, and is no proof.
This page is written by `scripts/docs_pages.py`.

| rule | left | relation | right | reason | verdict |
| --- | --- | --- | --- | --- | --- |
"""


def values(one: Rule) -> tuple[Expr, Expr]:
    """What is certified: both sides, their means, or their derivatives paired with a probe of the same shape."""
    if one.relation != DIFFERENTIAL:
        left, right = (make("E", side) if is_random(one.left) else side for side in (one.left, one.right))
        return left, right
    variable = next(s for s in sorted(leaves(one.left), key=str) if s.data.name != "k")
    probe = symbol(Symbol("probe_", one.left.shape))

    def slope(side: Expr) -> Expr:
        paired = make("mul", probe, side)
        return make("grad", paired if not side.shape else make("sum", paired), variable)

    return slope(one.left), slope(one.right)


def rules_page() -> str:
    """The table of all rules, in the order of their names."""
    rows = []
    for name in sorted(RULES):
        one = RULES[name]
        cells = (name, f"`{one.left}`", one.relation, f"`{one.right}`", one.why, certify(*values(one)).verdict)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
    return HEAD + "".join(rows)


DECIDERS = {
    "certify": "The one place that decides",
    "indexed": "What a text means",
    "kernel.arithmetic": "The normal form in index notation",
    "deciding.clearing": "Denominators and inverses",
    "moments": "Expectations of polynomials",
    "kernel.closed_forms": "Expectations of other functions",
    "kernel.gaussian": "Functions of a normal",
    "numeric": "Instances: the second route",
    "deciding.refuting": "Counterexamples",
    "deciding.domains": "Where both sides are defined",
    "deciding.sympy_claims": "Equality of SymPy objects",
    "arguments.scalar_facts": "Signs over the reals",
    "arguments.scalar_course": "Minima of a function of one variable",
    "arguments.optimum": "Arguments about minimisers",
}
DECIDERS_HEAD = """# Deciders

What a verdict rests on, in the words of the modules that decide: each says its scope, and what it cannot decide.
A proof is an exact decision; floating point neither proves nor refutes. A claim is about the points at which both
sides are defined. Every decider works under a limit of time and size, and what is beyond it is *undecided*.
This page is written by `scripts/docs_pages.py`.
"""


def deciders_page() -> str:
    """The deciders in the order in which they are asked, each with its module's docstring."""
    parts = [DECIDERS_HEAD]
    for name, title in DECIDERS.items():
        told = inspect.cleandoc(importlib.import_module(f"symderiv.{name}").__doc__ or "")
        told = re.sub(r"^>>>.*?(?=\n\n|\Z)", "", told, flags=re.MULTILINE | re.DOTALL)
        parts.append(f"\n## {title}\n\n`symderiv/{name.replace('.', '/')}.py`\n\n{told.replace('``', '`').strip()}\n")
    return "".join(parts)


HOUSE_HEAD = """# The house

The package is read from top to bottom: a module imports only from those above it, which `tests/test_layers.py` holds,
and this page is its list. A name with a slash is a folder: the inner parts of the modules around it, or a door behind
which one new thing is one new file. `tests/` has the same folders.
This page is written by `scripts/docs_pages.py`.
"""


def house_page() -> str:
    """The floors from the list that the test of the layers holds, each room in its own words."""
    layers = ast.parse((DOCS.parent / "tests" / "test_layers.py").read_text(encoding="utf-8"))
    (order,) = (
        ast.literal_eval(node.value)
        for node in layers.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "ORDER"
    )
    parts = [HOUSE_HEAD]
    for line in order.strip().splitlines():
        if line.startswith("#"):
            parts.append(f"\n## {line[1:].strip().capitalize()}\n\n")
            continue
        rooms = [room for room in line.split() if f"{room}/" not in order.split()]
        parts += [f"- `{room}`: {first_line(_file(room)).replace('``', '`')}\n" for room in rooms]
    return "".join(parts)


def _file(room: str) -> Path:
    return PACKAGE / f"{room}__init__.py" if room.endswith("/") else PACKAGE / f"{room}.py"


PENS = tuple(Pen(colour, 1.3, dashes) for dashes in ((), (3.0, 2.0)) for colour in (BLUE, ORANGE, GREY, INK))
RESULTS = DOCS.parent / "benchmarks" / "results.json"
SPEED_HEAD = """# Speed

Measured by `python -m benchmarks --keep`, every peer in the same run ({machine}). Ratios travel better
than seconds. This page is written by `scripts/docs_pages.py`.

## Graph and gradient of an unrolled recurrence

Seconds from nothing to the derivatives by every weight and input, in one backward pass, for T time steps.

"""


def _markdown(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def speed_page() -> str:
    """The tables of the last benchmarks that were kept."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    seconds, speed = kept["graph"]["seconds"], kept["kernels"]["million points a second"]
    sizes = list(seconds["symderiv"])
    rows = [[peer, *(_number(found.get(size)) for size in sizes)] for peer, found in seconds.items()]
    parts = [SPEED_HEAD.format(machine=kept["machine"]), _markdown(["peer", *(f"T = {s}" for s in sizes)], rows)]
    parts.append("\n![Seconds against time steps, both on logarithmic scales](speed.svg)\n")
    own = [[f"{2 * int(size)} operations", _number(time)] for size, time in kept["graph"]["own"].items()]
    parts.append("\nsymderiv alone, growing:\n\n" + _markdown(["size", "seconds"], own))
    others = [[name, *(_number(t) for t in found.values())] for name, found in kept["graph"]["others"].items()]
    parts.append("\n" + _markdown(["other graphs", *next(iter(kept["graph"]["others"].values()))], others))
    memory = ", ".join(f"{peer} {found:.0f}" for peer, found in kept["graph"]["memory"].items())
    parts.append(f"\nPeak memory in bytes for each time step: {memory}.\n")
    peers = list(dict.fromkeys(peer for found in speed.values() for peer in found))
    rows = [[peer, *(_number(found.get(peer)) for found in speed.values())] for peer in peers]
    parts.append("\n## Kernels\n\nMillion points a second for value and full gradient; N points in a batch.\n\n")
    parts.append(_markdown(["peer", *speed], rows))
    compiling = ", ".join(f"{_number(found)} s at T = {size}" for size, found in kept["kernels"]["compile"].items())
    parts.append(f"\nFrom the graph to a kernel that can be called: {compiling}.\n")
    claims = [[where, _number(found)] for where, found in kept["claims"].items()]
    parts.append("\n## Claims\n\nOf the tests' files, decided with all instances and limits.\n\n")
    parts.append(_markdown(["where", "claims a second"], claims))
    starting = [[f"`{what}`", _number(found)] for what, found in kept["startup"].items()]
    parts.append("\n## Start-up\n\n" + _markdown(["command", "times `python -c pass`"], starting))
    return "".join(parts)


def speed_plot() -> str:
    """The first table as a picture."""
    seconds = json.loads(RESULTS.read_text(encoding="utf-8"))["graph"]["seconds"]
    series = [
        Curve(tuple((log10(int(size)), log10(time)) for size, time in found.items()), as_label(peer), pen)
        for (peer, found), pen in zip(seconds.items(), PENS, strict=False)
    ]
    steps, times = Axis(r"$\log_{10}$ of the time steps"), Axis(r"$\log_{10}$ of seconds")
    plot = Plot(tuple(series), steps, times, width=330, height=200, alt="Seconds against time steps.")
    return str(FORMATS["svg"].render(plot.drawing()))


PAGES = {
    "house.md": house_page,
    "rules.md": rules_page,
    "deciders.md": deciders_page,
    "speed.md": speed_page,
    "speed.svg": speed_plot,
}


if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
