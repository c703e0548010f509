r"""One plain spelling for update rules: LaTeX, Unicode signs and marks of the layer are rewritten, nothing is guessed.

``\mathbf{s}_i^{\ell-1} + \sum_{j=1}^{n_i} w_j \mathbf{m}_{i,j}^{\ell-1}`` becomes ``s_i + sum_j w_j m_j``.
"""

from __future__ import annotations

import re

SIGNS = str.maketrans({
    "·": "*", "×": "*", "⋅": "*", "∗": "*", "−": "-", "–": "-", "∑": "sum", "Σ": "sum", "∏": "prod", "Π": "prod",
    "√": "sqrt", "…": "...", "ℓ": "l", "≠": "!=", "≤": "<=", "∈": " in ", "‖": "‖", "²": "^2", "³": "^3", "⊤": "^T",
    "σ": "sigma", "α": "alpha", "β": "beta", "γ": "gamma", "ε": "eps", "θ": "theta", "φ": "phi", "ψ": "psi", "ρ": "rho",
})  # fmt: skip
COMMANDS = {
    "ell": "l", "cdot": "*", "times": "*", "dots": "...", "ldots": "...", "cdots": "...", "neq": "!=", "ne": "!=",
    "in": " in ", "top": "T", "intercal": "T", "epsilon": "eps", "varepsilon": "eps", "left": "", "right": "",
    "big": "",
    "Big": "", "bigl": "", "bigr": "", "quad": " ", "qquad": " ", "limits": "", "displaystyle": "", "leq": "<=",
    "lVert": "‖", "rVert": "‖", "lvert": "|", "rvert": "|", "leftarrow": "<-", "gets": "<-", "odot": "⊙",
}  # fmt: skip
FONTS = r"mathbf|boldsymbol|bm|vec|mathrm|mathit|operatorname|text|mathcal|hat|tilde|bar|underline|textbf"
LAYER = r"(?:l|L|k|t|\(l\)|\(k\)|\(t\))"
LAYER_MARK = rf"\^\{{?\(?{LAYER}(?:[+-]1)?\)?\}}?(?![\w])|\[{LAYER}-1\]"
NEIGHBOURHOOD = r"(?:N|mathcal\{N\}|nbrs?|neighbou?rs)(?:_\{?i\}?|\(i\)|\s*of\s*i)?"


def plain(text: str) -> str:
    r"""The rule without LaTeX commands, Unicode signs, marks of the layer and bounds that say nothing.

    >>> plain(r"s_i^{l} = w_1 s_i^{l-1} + \frac{1}{n_i} \sum_{j=1}^{n_i} m_{i,j}^{l-1}")
    's_i = w_1 s_i + ((1)/(n_i)) sum_j m_j'
    """
    text = text.replace("$", "").translate(SIGNS)
    if "\\" in text:
        text = _commands(text)
    text = re.sub(r"\^(?:\{\s*T\s*\}|\s*T)(?!\w)", ".T", text)
    text = re.sub(rf"(?<=[\w}}\])])(?:{LAYER_MARK})", "", text)
    text = re.sub(r"\^\{\((\d+)\)\}|\^\((\d+)\)", "", text)  # a layer number on a weight
    text = re.sub(rf"_\{{?\(?j\s+in\s+{NEIGHBOURHOOD}\)?\}}?", "_j", text)
    text = re.sub(
        r"(?<=sum|rod|max|min|ean)_\{?j\s*=\s*1\}?\s*\^\s*(?:\{\s*(?:n(?:_\{?i\}?)?|d_i|\d+)\s*\}|n_i|n|\d+)",
        "_j",
        text,
    )
    text = re.sub(r"(?<=sum|rod|max|min|ean)_\{?j\s*=\s*1\s*\.\.\.?\s*n(?:_i)?\}?", "_j", text)
    text = re.sub(r"_\{?j\s*=\s*1\}?\s*\^\s*[{(]\s*(?:n_i|n_\{i\}|n)\s*-\s*1\s*[})]", "_{j<n}", text)
    text = re.sub(
        r"(?<!sum)(?<!rod)_\{\s*i\s*,?\s*(\w+)\s*\}", r"_\1", re.sub(r"_\{\s*i\s*,?\s*(n_\{?i\}?)\s*\}", r"_n", text)
    )
    text = re.sub(r"(?<=m)_ij\b", "_j", text)
    text = re.sub(r"_\{\s*(\w+)\s*\}", r"_\1", text)
    text = re.sub(r"\bN_i\b(?=\s*[|)])", "n_i", text)
    text = re.sub(r"\|\s*(?:N_i|N\(i\)|n_i\))\s*\|", "n_i", text)
    text = re.sub(r"‖([^‖]*)‖(?:_[F2])?\s*(?:\^2|\*\*2)", r"(norm(\1))**2", text)
    text = re.sub(r"‖([^‖]*)‖(?:_[F2])?|\|\|([^|]*)\|\|(?:_[F2])?", lambda k: f"norm({k[1] or k[2]})", text)
    text = re.sub(r"\|([^|]+)\|", r"abs(\1)", text)
    return re.sub(r"[ \t]+$", "", text)


def _commands(text: str) -> str:
    text = text.replace("\\,", " ").replace("\\;", " ").replace("\\!", "").replace("\\|", "‖").replace("\\{", "(")
    text = text.replace("\\}", ")")
    text = re.sub(rf"\\(?:{FONTS})\s*\{{([^{{}}]*)\}}", r"\1", text)
    text = re.sub(rf"\\(?:{FONTS})\s*(?=\w)", "", text)
    while found := re.search(r"\\[dt]?frac\s*(?=\{)", text):
        top, after = braced(text, found.end())
        under, rest = braced(text, after)
        text = f"{text[: found.start()]}(({top})/({under})){text[rest:]}"
    while found := re.search(r"\\sqrt\s*(?=\{)", text):
        inner, rest = braced(text, found.end())
        text = f"{text[: found.start()]}sqrt({inner}){text[rest:]}"
    return re.sub(r"\\([A-Za-z]+)", lambda k: COMMANDS.get(k[1], k[1]), text)


def braced(text: str, start: int) -> tuple[str, int]:
    """What stands in the braces that open at ``start`` (one letter without braces), and the place behind them."""
    if text[start : start + 1] != "{":
        return text[start : start + 1], start + 1
    depth = 0
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return text[start + 1 : place], place + 1
    return text[start + 1 :], len(text)
