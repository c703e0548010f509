"""Write the generated pages of the docs: ``python scripts/docs_pages.py``.

The page of rules is made from the registry; every verdict on it is decided again while it is written.
The page of deciders is what their modules say of themselves.
"""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

from symderiv.certify import certify
from symderiv.expressions import Expr, make, symbol
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
    "lowering": "What a text means",
    "indexed": "The normal form in index notation",
    "clearing": "Denominators and inverses",
    "moments": "Expectations of polynomials",
    "closed_forms": "Expectations of other functions",
    "gaussian": "Functions of a normal",
    "numeric": "Instances: the second route",
    "refuting": "Counterexamples",
    "domains": "Where both sides are defined",
    "sympy_claims": "Equality of SymPy objects",
    "scalar_facts": "Signs over the reals",
    "scalar_course": "Minima of a function of one variable",
    "optimum": "Arguments about minimisers",
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
        parts.append(f"\n## {title}\n\n`symderiv/{name}.py`\n\n{told.replace('``', '`').strip()}\n")
    return "".join(parts)


PAGES = {"rules.md": rules_page, "deciders.md": deciders_page}


if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
