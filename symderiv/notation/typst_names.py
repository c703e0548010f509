r"""Names of SymPy symbols in Typst mathematics.

SymPy reads ``x_1``, ``Xtilde``, ``wcheck_j``, ``alpha2`` as subscripts, accents and Greek
letters; a name may also be small LaTeX such as ``h_{t-1}`` or ``\mathbf{s}_i^{\ell-1}``.
Whatever is not understood is printed as text, so that no name can break out.
"""

from __future__ import annotations

import re

from symderiv.notation.escaping import clean, shown, typst_string

_LETTERS = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega
    Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
"""
_GREEK = frozenset(_LETTERS.split())
_SPECIAL = {
    "epsilon": "epsilon.alt", "varepsilon": "epsilon", "varphi": "phi", "phi": "phi.alt", "vartheta": "theta.alt",
    "ell": "ell", "infty": "oo", "partial": "partial", "nabla": "nabla", "top": "top", "prime": "prime",
    "cdot": "dot.c", "times": "times", "ldots": "dots.h", "dots": "dots.h", "star": "star.op",
    "ast": "ast.op", "hbar": "planck", "dagger": "dagger", "pm": "plus.minus", "to": "arrow.r", "odot": "dot.o",
}  # fmt: skip
# SymPy's spelling of accents and the LaTeX one, as Typst functions
_ACCENTS = {
    "hat": "hat", "tilde": "tilde", "bar": "macron", "check": "caron", "dot": "dot", "ddot": "dot.double",
    "vec": "arrow", "breve": "breve", "acute": "acute", "grave": "grave", "mathring": "circle", "widehat": "hat",
    "widetilde": "tilde", "overline": "overline",
}  # fmt: skip
_STYLES = {
    "bold": "bold", "bm": "bold", "mathbf": "upright(bold", "boldsymbol": "bold", "cal": "cal", "mathcal": "cal",
    "scr": "scr", "mathscr": "scr", "frak": "frak", "mathfrak": "frak", "mathbb": "bb", "mathrm": "upright",
    "mathit": "italic", "mathsf": "sans", "text": "upright", "operatorname": "upright",
}  # fmt: skip
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[{}^_]|[0-9]+|[^\\{}^_\s]", re.DOTALL)
_SIGNS = {"+": "+", "-": "-", ",": ",", "=": "=", "(": "paren.l", ")": "paren.r", "*": "ast.op", "'": "prime",
          "/": "slash"}  # fmt: skip
_CALL = re.compile(r'^(op\("[^"]*"\))( lr\()')


def sympy_name(name: str) -> str:
    """A SymPy symbol's name as Typst mathematics.

    >>> sympy_name("u_1"), sympy_name("wcheck"), sympy_name("sigma2"), sympy_name("#x")
    ('u_(1)', 'caron(w)', 'sigma_(2)', '"#x"')
    """
    if "{" in name or "\\" in name:
        return _from_latex(name)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_^']*", name):
        return quoted(name)
    from sympy.printing.conventions import split_super_sub

    stem, upper, lower = split_super_sub(name)
    body = _part(stem, whole=True)
    if lower:
        body += "_(" + " ".join(_part(part) for part in lower) + ")"
    if upper:
        body += "^(" + " ".join(_part(part) for part in upper) + ")"
    return body


def quoted(text: str) -> str:
    """Text inside Typst mathematics."""
    return typst_string("".join(sign if shown(sign) else f"[U+{ord(sign):04X}]" for sign in clean(text)))


def _part(word: str, whole: bool = False) -> str:
    """A stem or a script: a Greek letter, a number, an accented letter, a letter, or a word."""
    if word in _GREEK or word in ("ell", "infty"):
        return _SPECIAL.get(word, word)
    if word.isdigit() or len(word) == 1:
        return word
    if not word:
        return '""'
    for accent in sorted({**_ACCENTS, **_STYLES}, key=len, reverse=True):
        if word.endswith(accent) and len(word) > len(accent) and accent not in ("text", "operatorname"):
            return _applied(_ACCENTS.get(accent) or _STYLES[accent], _part(word[: -len(accent)], whole))
    if word.endswith("'"):
        return _part(word.rstrip("'"), whole) + "'" * (len(word) - len(word.rstrip("'")))
    return f"italic({quoted(word)})" if whole else f"upright({quoted(word)})"


def _applied(function: str, argument: str) -> str:
    return f"{function}({argument})" + ")" * function.count("(")


def _from_latex(name: str) -> str:
    tokens = _TOKEN.findall(name)
    try:
        body, at = _sequence(tokens, 0)
    except (IndexError, KeyError):
        return quoted(name)
    return body if at == len(tokens) and body else quoted(name)


def _sequence(tokens: list[str], at: int) -> tuple[str, int]:
    out: list[str] = []
    while at < len(tokens) and tokens[at] != "}":
        if tokens[at] in "^_":
            script, after = _atom(tokens, at + 1)
            if not out:
                out.append('""')
            out[-1] += f"{tokens[at]}({script})"
            at = after
        else:
            atom, at = _atom(tokens, at)
            out.append(atom)
    return " ".join(out), at


def _atom(tokens: list[str], at: int) -> tuple[str, int]:
    """One argument; an unknown command or sign raises KeyError, which makes the whole name text."""
    token = tokens[at]
    if token == "{":
        body, end = _sequence(tokens, at + 1)
        if tokens[end] != "}":
            raise KeyError(token)
        return body or '""', end + 1
    if token.startswith("\\"):
        word = token[1:]
        if word in _ACCENTS or word in _STYLES:
            if word in ("text", "operatorname", "mathrm") and tokens[at + 1] == "{":
                end = tokens.index("}", at)
                return f"upright({quoted(''.join(tokens[at + 2 : end]))})", end + 1
            inner, end = _atom(tokens, at + 1)
            return _applied(_ACCENTS.get(word) or _STYLES[word], inner), end
        if word in (",", ";", "!", " ", ":"):
            return "thin", at + 1
        return (_SPECIAL[word] if word in _SPECIAL else {g: g for g in _GREEK}[word]), at + 1
    if token.isdigit() or (token.isalpha() and token.isascii()):
        return token, at + 1
    return _SIGNS[token], at + 1


def close_call(body: str) -> str:
    """A call that bears an exponent, without the gap that Typst would leave before its brackets.

    >>> close_call('op("softmax") lr((x))')
    'op("softmax")#h(0pt) lr((x))'
    """
    return _CALL.sub(r"\1#h(0pt)\2", body, count=1)
