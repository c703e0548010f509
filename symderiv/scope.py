"""The declared symbols of an argument, and the one place where texts become expressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from symderiv.errors import DeclarationError, ReadingError, ShapeError, UnknownNameError
from symderiv.expressions import Expr, symbol
from symderiv.reading import read
from symderiv.shapes import broadcast, show
from symderiv.symbols import Symbol, check_name, parse_declaration


@dataclass(frozen=True)
class Scope:
    """Declared symbols by name; ``scope.X`` is the expression, ``scope.read`` reads a text.

    >>> c = declare(X="matrix(n, d)", w="vector(d)")
    >>> c.read("X @ w").shape
    ('n',)
    """

    symbols: Mapping[str, Expr]
    dims: frozenset[str]

    def __getattr__(self, name: str) -> Expr:
        if name.startswith("__") or name in ("symbols", "dims"):
            raise AttributeError(name)
        if name not in self.symbols:
            raise AttributeError(str(UnknownNameError("symbol", name, self.symbols)))
        return self.symbols[name]

    def __getitem__(self, name: str) -> Expr:
        if name not in self.symbols:
            raise UnknownNameError("symbol", name, self.symbols)
        return self.symbols[name]

    def __contains__(self, name: object) -> bool:
        return name in self.symbols

    def read(self, text: str, where: Mapping[str, str] | None = None) -> Expr:
        """Read a text; ``where`` gives names to sub-expressions, read in order and replaced at once."""
        return read(text, self.names(where), self.dims)

    def names(self, where: Mapping[str, str] | None = None) -> dict[str, Expr]:
        """The symbols, with the abbreviations of ``where`` added in order."""
        if where is not None and not isinstance(where, Mapping):
            raise DeclarationError(f"where= takes a table of names and texts, not a {type(where).__name__}")
        names = dict(self.symbols)
        for name, body in (where or {}).items():
            check_name(name)
            if name in names:
                raise DeclarationError(f"'where' defines {name!r}, which is already declared; choose another name")
            names[name] = read(body, names, self.dims)
        return names

    def extend(self, **declarations: str) -> Scope:
        """This scope with further symbols."""
        return _declare(declarations, dict(self.symbols), set(self.dims))


Symbols = Scope | Mapping[str, str]  # declared, or a table of declarations


def declare(**declarations: str) -> Scope:
    """Declare symbols: ``declare(X="matrix(n, d)", p="scalar, in (0, 1)", R="matrix(n, d) ~ bernoulli(p)")``.

    Raises DeclarationError or UnknownNameError that name the symbol.
    """
    return _declare(declarations, {}, set())


def as_scope(symbols: object) -> Scope:
    """The scope itself, or that of a table of declarations.

    >>> as_scope({"w": "vector(d)"}).w.shape
    ('d',)
    """
    if isinstance(symbols, Scope):
        return symbols
    if isinstance(symbols, Mapping) and all(isinstance(name, str) for name in symbols):
        return _declare(symbols, {}, set())
    raise DeclarationError(f"symbols= takes declare(…) or a table of declarations, not a {type(symbols).__name__}")


def _declare(declarations: Mapping[str, str], symbols: dict[str, Expr], dims: set[str]) -> Scope:
    records = {name: parse_declaration(name, text) for name, text in declarations.items()}
    for record in records.values():
        dims |= {size for size in record.shape if isinstance(size, str)}
    for name, record in records.items():
        if name in symbols:
            raise DeclarationError(f"{name!r} is declared twice; choose another name")
        if name in dims:
            raise DeclarationError(f"{name!r} is used both as a symbol and as a size; choose another name for one")
        if not record.random:
            symbols[name] = symbol(record)
    # laws may mention any symbol that has none, and random symbols declared before
    for name, record in records.items():
        if record.random:
            symbols[name] = symbol(replace(record, law=_law(record, symbols, frozenset(dims))))
    ordered = {n: symbols[n] for n in (*[s for s in symbols if s not in records], *records)}
    return Scope(ordered, frozenset(dims))


def _law(record: Symbol, symbols: Mapping[str, Expr], dims: frozenset[str]) -> tuple[tuple[str, object], ...]:
    """Read a distribution's arguments and check their shapes against the symbol's."""
    assert record.distribution is not None
    law = []
    for key, text in record.distribution.arguments:
        try:
            value = read(text, symbols, dims)
        except ReadingError as bad:
            raise DeclarationError(f"the distribution of {record.name!r}: {bad}") from None
        wanted = (record.shape[0], record.shape[0]) if key == "cov" and len(record.shape) == 1 else record.shape
        if key == "cov" and len(record.shape) == 2:
            raise DeclarationError(f"the distribution of {record.name!r}: cov is for vectors; give std for a matrix")
        fits = value.shape == wanted if key == "cov" and record.shape else _stretches(value, record)
        if not fits or (key == "q" and value.shape[-1:] != record.shape[-1:]):  # the rows may share probabilities
            raise ShapeError(
                f"the distribution of {record.name!r}: {key} = {text} is {show(value.shape)}, "
                f"but {record.name} is {show(record.shape)}, so {show(wanted)} is needed"
            )
        law.append((key, value))
    return tuple(law)


def _stretches(value: Expr, record: Symbol) -> bool:
    try:
        return broadcast([value.shape, record.shape]) == record.shape
    except ValueError:
        return False
