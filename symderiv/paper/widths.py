r"""How wide a formula will be, estimated from its LaTeX, in em.

Breaking a long formula has to be decided once, before any engine sets it, so that
every format breaks at the same place.  The estimate is a walk over the tokens with
mean glyph widths; it errs on the wide side, and what is still too wide is shrunk.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[{}^_&]|[^\\{}^_&\s]", re.DOTALL)
_SCRIPT = 0.72
_OPERATORS = {"+": 1.22, "-": 1.22, "=": 1.33, "<": 1.33, ">": 1.33, ",": 0.45, ".": 0.28, "(": 0.39, ")": 0.39,
              "[": 0.28, "]": 0.28, "|": 0.28, "!": 0.28, "/": 0.5, "'": 0.28}  # fmt: skip
_COMMANDS = {
    "cdot": 0.72, "times": 1.22, "odot": 1.22, "circ": 0.94, "leq": 1.33, "geq": 1.33, "neq": 1.33, "sim": 1.33,
    "approx": 1.33, "equiv": 1.33, "to": 1.56, "leftarrow": 1.56, "in": 1.22, "propto": 1.33, "quad": 1.0, "qquad": 2.0,
    "sum": 1.45, "prod": 1.3, "int": 0.9, "infty": 1.0, "partial": 0.58, "nabla": 0.84, "top": 0.78, "lVert": 0.5,
    "rVert": 0.5, "|": 0.5, "lvert": 0.28, "rvert": 0.28, "ldots": 1.2, "cdots": 1.2, "dots": 1.2, "sqrt": 0.85,
    "left": 0.1, "right": 0.1, "mathbf": 0.06, "mathrm": 0.0, "mathit": 0.0, "operatorname": 0.2, "mathbb": 0.1,
    "mathcal": 0.1, "displaystyle": 0.0, "limits": 0.0, "frac": 0.24, "tfrac": 0.2, "dfrac": 0.24, "boldsymbol": 0.05,
}  # fmt: skip
_WORDS = {"log": 1.28, "exp": 1.53, "sin": 1.23, "cos": 1.34, "tan": 1.39, "tanh": 1.94, "max": 1.83, "min": 1.67,
          "det": 1.34, "ln": 0.83, "arg": 1.4}  # fmt: skip
_THIN = {",": 0.17, ":": 0.22, ";": 0.28, "!": -0.17, " ": 0.33}


def width(latex: str) -> float:
    r"""Width of a formula in em.

    >>> round(width(r"\frac{a+b}{2}") - width("a+b"), 3) == 0.24
    True
    """
    tokens = _TOKEN.findall(latex)
    total, _ = _run(tokens, 0)
    return round(total, 2)


def _run(tokens: list[str], at: int) -> tuple[float, int]:
    """Width from ``at`` to the closing brace or the end; rows of a matrix count by their widest column."""
    total = 0.0
    while at < len(tokens) and tokens[at] != "}":
        if tokens[at] == r"\begin":
            name, at = _name(tokens, at + 1)
            inner, at = _environment(tokens, at)
            total += inner
            continue
        amount, at = _one(tokens, at)
        total += amount
    return total, at


def _one(tokens: list[str], at: int) -> tuple[float, int]:
    token = tokens[at]
    at += 1
    if token == "{":
        inner, at = _run(tokens, at)
        return inner, at + 1
    if token in "^_" and at < len(tokens):
        inner, at = _one(tokens, at)
        # a subscript and a superscript stand above one another
        if token != (other := tokens[at] if at < len(tokens) else "") and other in ("^", "_"):
            second, at = _one(tokens, at + 1)
            inner = max(inner, second)
        return inner * _SCRIPT, at
    if not token.startswith("\\"):
        return _OPERATORS.get(token, 0.5 if token.isdigit() else 0.59), at
    name = token[1:]
    if name in ("frac", "tfrac", "dfrac") and at < len(tokens):
        above, at = _one(tokens, at)
        below, at = _one(tokens, at) if at < len(tokens) else (0.0, at)
        return max(above, below) * (0.75 if name == "tfrac" else 1.0) + _COMMANDS[name], at
    if name in ("sum", "prod"):  # in a display the limits stand below and above
        scripts = 0.0
        while at < len(tokens) and tokens[at] in ("^", "_"):
            limit, at = _one(tokens, at)
            scripts = max(scripts, limit)
        return max(_COMMANDS[name], scripts) + 0.17, at
    if not name[0].isalpha():
        return _THIN.get(name, 0.5), at
    return _COMMANDS.get(name, _WORDS.get(name, 0.62)), at


def _name(tokens: list[str], at: int) -> tuple[str, int]:
    """The text of a braced group of letters."""
    if at >= len(tokens) or tokens[at] != "{":
        return "", at
    end = at + 1
    while end < len(tokens) and tokens[end] != "}":
        end += 1
    return "".join(tokens[at + 1 : end]), end + 1


def _environment(tokens: list[str], at: int) -> tuple[float, int]:
    columns: list[float] = [0.0]
    column, current = 0, 0.0
    while at < len(tokens):
        token = tokens[at]
        if token in ("&", r"\\", r"\end"):
            columns[column] = max(columns[column], current)
            current = 0.0
            at += 1
            if token == r"\end":
                _, at = _name(tokens, at)
                break
            column = column + 1 if token == "&" else 0
            columns += [0.0] * (column + 1 - len(columns))
        elif token == r"\begin":
            _, at = _name(tokens, at + 1)
            inner, at = _environment(tokens, at)
            current += inner
        elif token == "}":
            at += 1
        else:
            amount, at = _one(tokens, at)
            current += amount
    return sum(columns) + 0.9 * (len(columns) - 1) + 1.0, at
