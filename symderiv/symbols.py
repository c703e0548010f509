"""Declared symbols: name, shape, properties, distribution.

A declaration is a short text, ``matrix(n, d), orthogonal`` or
``vector(d) ~ bernoulli(p)``; ``parse_declaration`` reads it.  A distribution's
arguments are texts of the expression grammar and are read by the scope.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from symderiv.errors import DeclarationError, UnknownNameError, shorten
from symderiv.shapes import Dim, Shape, show

PROPERTIES: dict[str, str] = {
    "positive": "every entry > 0",
    "nonzero": "no entry is 0",
    "in (0, 1)": "every entry strictly between 0 and 1",
    "simplex": "entries ≥ 0 that sum to 1 (a matrix: each row)",
    "symmetric": "A = Aᵀ",
    "spd": "symmetric positive definite",
    "invertible": "det A ≠ 0",
    "orthogonal": "square with QᵀQ = I; or m > n with orthonormal columns",
    "diagonal": "zero off the diagonal",
}
_SQUARE = frozenset({"symmetric", "spd", "invertible", "diagonal"})

# keyword arguments each distribution takes, with the positional order
DISTRIBUTIONS: dict[str, tuple[str, ...]] = {
    "bernoulli": ("p",),
    "normal": ("mean", "cov", "std"),
    "rademacher": (),
    "uniform": ("a", "b"),
    "one_hot": ("q",),
}

# what a law gives its symbol anyway; any other property would contradict it
_LAWFUL = {
    "normal": frozenset({"nonzero"}),
    "uniform": frozenset({"nonzero"}),
    "rademacher": frozenset({"nonzero"}),
    "one_hot": frozenset({"simplex"}),
}

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*'?\Z")


@dataclass(frozen=True)
class Distribution:
    """A distribution by name, with its arguments as texts: ``normal``, (("mean", "mu"), ("cov", "S"))."""

    name: str
    arguments: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Symbol:
    """One declared symbol.

    ``serial`` tells apart symbols of the same name declared in different
    scopes with different laws; it is part of equality through the other fields.
    """

    name: str
    shape: Shape
    properties: frozenset[str] = field(default_factory=frozenset)
    distribution: Distribution | None = None
    law: tuple[tuple[str, object], ...] = ()  # the distribution's arguments as expressions, by name

    @property
    def random(self) -> bool:
        """Whether the symbol has a distribution."""
        return self.distribution is not None

    def has(self, *names: str) -> bool:
        """Whether any of the properties is declared."""
        return any(n in self.properties for n in names)


def parse_declaration(name: str, text: str) -> Symbol:
    """Read one declaration; the distribution's arguments stay texts.

    >>> parse_declaration("R", "matrix(n, d) ~ bernoulli(p)").distribution.name
    'bernoulli'

    Raises DeclarationError naming the symbol and what was expected.
    """
    check_name(name)
    if not isinstance(text, str):
        raise DeclarationError(f"declaration of {name!r} must be a text like 'matrix(n, d)', not {type(text).__name__}")
    body, tilde, law = text.partition("~")
    match = re.match(r"\s*(scalar|vector|matrix)\s*(\(([^()]*)\))?\s*", body)
    if match is None:
        raise DeclarationError(
            f"declaration of {name!r}: {shorten(text)!r} does not begin with scalar, vector(n) or matrix(n, m)"
        )
    shape = _shape(name, match.group(1), match.group(3))
    properties = frozenset(_properties(name, body[match.end() :]))
    for prop in properties & _SQUARE:
        if len(shape) != 2 or shape[0] != shape[1]:
            raise DeclarationError(f"{name!r} is declared {prop}, but {show(shape)} is not a square matrix")
    if "orthogonal" in properties and len(shape) != 2:
        raise DeclarationError(f"{name!r} is declared orthogonal, but {show(shape)} is not a matrix")
    if "orthogonal" in properties:
        rows, columns = shape
        if isinstance(rows, int) and isinstance(columns, int) and rows < columns:
            raise DeclarationError(
                f"{name!r} is declared orthogonal, but the {columns} columns of a {show(shape)} cannot be "
                f"orthonormal; declare its transpose matrix({columns}, {rows})"
            )
    if "simplex" in properties and not shape:
        raise DeclarationError(f"{name!r} is declared simplex, but a scalar is no distribution")
    distribution = _distribution(name, law) if tilde else None
    extra = properties - _LAWFUL.get(distribution.name, frozenset()) if distribution else frozenset[str]()
    if distribution and extra:
        raise DeclarationError(
            f"{name!r} is random with independent draws of {distribution.name}; its law says what values it takes, "
            f"so leave out {', '.join(sorted(extra))}"
        )
    return Symbol(name, shape, properties, distribution)


def check_name(name: object) -> str:
    """A name of letters, digits and underscores that begins with a letter."""
    if not isinstance(name, str) or not _NAME.match(name) or len(name) > 60:
        raise DeclarationError(
            f"{shorten(str(name))!r} is not a name; use letters, digits and _ (60 at most), beginning with a letter"
        )
    return name


def _shape(name: str, kind: str, inside: str | None) -> Shape:
    sizes = [] if inside is None else [part.strip() for part in inside.split(",")]
    wanted = {"scalar": 0, "vector": 1, "matrix": 2}[kind]
    if len(sizes) != wanted:
        raise DeclarationError(f"declaration of {name!r}: {kind} takes {wanted} sizes, got {len(sizes)}")
    return tuple(_dim(name, size) for size in sizes)


def _dim(name: str, text: str) -> Dim:
    if re.fullmatch(r"[0-9]{1,6}", text) and int(text) > 0:
        return int(text)
    if not _NAME.match(text):
        raise DeclarationError(
            f"declaration of {name!r}: size {shorten(text)!r} is neither a name nor a positive integer"
        )
    return text


def _properties(name: str, text: str) -> list[str]:
    text = text.strip()
    if not text:
        return []
    if not text.startswith(","):
        raise DeclarationError(f"declaration of {name!r}: expected ', property' before {shorten(text)!r}")
    found = []
    for part in re.findall(r",\s*(in\s*\([^)]*\)|[^,]*)", text):
        prop = re.sub(r"\s+", " ", part).strip().replace("in (0,1)", "in (0, 1)").replace("in(0", "in (0")
        if prop not in PROPERTIES:
            raise UnknownNameError("property", prop, PROPERTIES, f"the declaration of {name!r}")
        found.append(prop)
    return found


def _distribution(name: str, text: str) -> Distribution:
    place = f"the declaration of {name!r}"
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise DeclarationError(f"{place}: cannot read the distribution {shorten(text)!r}") from None
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
        raise DeclarationError(f"{place}: a distribution is a call such as bernoulli(p), not {shorten(text.strip())!r}")
    if tree.func.id not in DISTRIBUTIONS:
        raise UnknownNameError("distribution", tree.func.id, DISTRIBUTIONS, place)
    allowed = DISTRIBUTIONS[tree.func.id]
    if len(tree.args) > len(allowed):
        raise DeclarationError(f"{place}: {tree.func.id} takes {len(allowed)} arguments, got {len(tree.args)}")
    given = {key: ast.unparse(value) for key, value in zip(allowed, tree.args, strict=False)}
    for keyword in tree.keywords:
        if keyword.arg not in allowed or keyword.arg in given:
            raise DeclarationError(
                f"{place}: {tree.func.id} takes {', '.join(allowed) or 'nothing'}, not {keyword.arg}"
            )
        given[keyword.arg] = ast.unparse(keyword.value)
    needed = {"bernoulli": {"p"}, "one_hot": {"q"}, "uniform": {"a", "b"}}.get(tree.func.id, set())
    if missing := needed - set(given):
        raise DeclarationError(f"{place}: {tree.func.id} needs {', '.join(sorted(missing))}")
    if {"cov", "std"} <= set(given):
        raise DeclarationError(f"{place}: give cov or std of a normal, not both")
    return Distribution(tree.func.id, tuple(sorted(given.items())))
