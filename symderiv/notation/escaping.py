r"""Text of others made literal in LaTeX and Typst.

Nothing a user writes can become a command: LaTeX's special signs are replaced by
commands, Typst's are escaped, a sign the LaTeX fonts do not have is named by its code
point, and very long words may be broken anywhere, so that they do not leave the page.
"""

from __future__ import annotations

import re
import unicodedata

_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "#": r"\#", "$": r"\$", "%": r"\%", "&": r"\&", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    '"': r"\textquotedbl{}", "'": r"\textquotesingle{}", "`": r"\textasciigrave{}", "|": r"\textbar{}",
    "“": "``", "”": "''", "‘": "`", "’": "'", "—": "---", "–": "--", "…": r"\ldots{}", "\u00a0": "~",
    "\u2003": r"\quad{}", "§": r"\S{}",
    "·": r"\textperiodcentered{}", "•": r"\textbullet{}", "°": r"\textdegree{}", "€": r"\texteuro{}",
    "\u200b": r"\anywhere{}", "\u2011": "-", "\u2212": "$-$",
}  # fmt: skip
# signs set as mathematics
_TABLE = r"""
    → \to ← \leftarrow ↔ \leftrightarrow ⇒ \Rightarrow ⇔ \Leftrightarrow ≤ \leq ≥ \geq ≠ \neq ≈ \approx
    ∼ \sim ± \pm × \times ÷ \div ∞ \infty ∂ \partial ∇ \nabla ∑ \sum ∏ \prod √ \surd ∈ \in ∉ \notin ⊙ \odot
    ⊗ \otimes ⊕ \oplus ∘ \circ ∝ \propto ≡ \equiv ᵀ {}^{\top} ⊤ \top ‖ \| ∀ \forall ∃ \exists ⟨ \langle
    ⟩ \rangle ⋅ \cdot ℓ \ell ℝ \mathbb{R} 𝔼 \mathbb{E} ✓ \checkmark ✗ \times □ \square ☐ \square ¬ \neg
    ∧ \wedge ∨ \vee ∩ \cap ∪ \cup ⊂ \subset ⊆ \subseteq ε \varepsilon ϵ \epsilon ⁻ {}^{-} α \alpha β \beta
    γ \gamma δ \delta ζ \zeta η \eta θ \theta ι \iota κ \kappa λ \lambda μ \mu ν \nu ξ \xi π \pi ρ \rho
    σ \sigma τ \tau υ \upsilon φ \varphi χ \chi ψ \psi ω \omega Γ \Gamma Δ \Delta Θ \Theta Λ \Lambda Ξ \Xi
    Π \Pi Σ \Sigma Υ \Upsilon Φ \Phi Ψ \Psi Ω \Omega
"""
_SIGNS = _TABLE.split()
_MATH = {
    **dict(zip(_SIGNS[::2], _SIGNS[1::2], strict=True)),
    **{sign: f"{{}}^{{{digit}}}" for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    **{sign: f"{{}}_{{{digit}}}" for digit, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")},
}
# Latin letters the T1 encoding has beyond Latin-1
_T1 = frozenset("ĂăĄąĆćČčĎďĐđĘęĚěĞğİıĹĺĽľŁłŃńŇňŊŋŐőŒœŔŕŘřŚśŞşŠšŢţŤťŮůŰűŸŹźŻżŽžȚțȘș")
_LONG = re.compile(r"[^\s\u200b]{48,}")
_TYPST = re.compile(r"([\\`*_#$@<>\[\]~\"'=+\-/{}:|^&%.();,!?])")


def latex_text(text: str) -> str:
    r"""Text as LaTeX text.

    >>> latex_text("50% of a_1 & b → c")
    '50\\% of a\\_1 \\& b $\\to$ c'
    """
    return "".join(_latex_sign(sign) for sign in breakable(clean(text)))


def typst_text(text: str) -> str:
    r"""Text as Typst markup.

    >>> typst_text("a_1 #x [b]")
    'a\\_1 \\#x \\[b\\]'
    """
    return _TYPST.sub(r"\\\1", breakable("".join(sign if shown(sign) else _named(sign) for sign in clean(text))))


def html_text(text: str) -> str:
    """Text as HTML text, also inside an attribute.

    >>> html_text("<b> & co")
    '&lt;b&gt; &amp; co'
    """
    from markupsafe import escape

    return str(escape(text))


def markdown_text(text: str) -> str:
    r"""Text as Markdown text.

    >>> markdown_text("a_1 *x*")
    'a\\_1 \\*x\\*'
    """
    for sign in "\\`*_[]<>#$|~":
        text = text.replace(sign, "\\" + sign)
    return text


def typst_string(text: str) -> str:
    """Text as a Typst string literal."""
    return '"' + clean(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def latex_url(address: str) -> str:
    r"""An address inside ``\href``; brackets and backslashes are percent-encoded."""
    for sign, code in (("\\", "%5C"), ("{", "%7B"), ("}", "%7D"), (" ", "%20"), ("^", "%5E"), ('"', "%22")):
        address = address.replace(sign, code)
    return re.sub(r"([#%&_~$])", r"\\\1", address)


def shown(sign: str) -> bool:
    """Whether the fonts of both engines have the sign."""
    return sign.isascii() or sign in _LATEX or sign in _MATH or "\u00a1" <= sign <= "\u00ff" or sign in _T1


def slug(text: str) -> str:
    """A file name or label of ASCII letters, digits and hyphens.

    >>> slug("fig:Weight sharing (5.1)")
    'fig-weight-sharing-5-1'
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")[:60] or "x"


def clean(text: str) -> str:
    """Text without control characters; every white space but those of a fixed width is one space."""
    return "".join(c if c.isprintable() or c in "\u200b\u00a0\u2003" else " " for c in text)


def breakable(text: str) -> str:
    """Very long words with places where a line may end."""
    return _LONG.sub(lambda m: "\u200b".join(m[0][i : i + 4] for i in range(0, len(m[0]), 4)), text)


def _latex_sign(sign: str) -> str:
    if sign in _LATEX:
        return _LATEX[sign]
    if sign in _MATH:
        return f"${_MATH[sign]}$"
    return sign if shown(sign) else _named(sign)


def _named(sign: str) -> str:
    return f"[U+{ord(sign):04X}]"
