"""The LaTeX commands a picture may contain, and how each is read as plain text.

A closed list is the safety of every format that carries LaTeX: what is not
here is printed letter by letter.
"""

from __future__ import annotations

PLAIN: dict[str, str] = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν",
    "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "varphi": "φ",
    "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ",
    "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "partial": "∂", "nabla": "∇",
    "infty": "∞", "ell": "ℓ", "cdot": "·", "times": "×", "odot": "⊙", "otimes": "⊗", "oplus": "⊕", "circ": "∘",
    "pm": "±", "mp": "∓", "div": "÷", "ast": "*", "star": "⋆", "sum": "Σ", "prod": "∏", "int": "∫", "sqrt": "√",
    "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "approx": "≈", "equiv": "≡", "sim": "∼",
    "propto": "∝", "in": "∈", "notin": "∉", "subset": "⊂", "subseteq": "⊆", "cup": "∪", "cap": "∩",
    "to": "→", "rightarrow": "→", "leftarrow": "←", "leftrightarrow": "↔", "Rightarrow": "⇒", "Leftarrow": "⇐",
    "Leftrightarrow": "⇔", "mapsto": "↦", "uparrow": "↑", "downarrow": "↓", "ldots": "…", "dots": "…", "cdots": "⋯",
    "vdots": "⋮", "ddots": "⋱", "prime": "′", "top": "T", "intercal": "T", "mid": "|", "vert": "|", "Vert": "‖",
    "lVert": "‖", "rVert": "‖", "lvert": "|", "rvert": "|", "langle": "⟨", "rangle": "⟩", "lfloor": "⌊",
    "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "forall": "∀", "exists": "∃", "neg": "¬", "wedge": "∧", "vee": "∨",
    "dagger": "†", "quad": " ", "qquad": "  ", "checkmark": "✓", "square": "□", "colon": ":", "ll": "≪", "gg": "≫",
    "log": "log", "ln": "ln", "exp": "exp", "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "arcsin": "arcsin", "arccos": "arccos", "arctan": "arctan", "max": "max",
    "min": "min", "arg": "arg", "det": "det", "lim": "lim", "sup": "sup", "inf": "inf", "dim": "dim", "ker": "ker",
    "Pr": "Pr", "gcd": "gcd", "cot": "cot", "sec": "sec", "csc": "csc", "coth": "coth", "deg": "deg",
    "sgn": "sgn",
}

_SHAPING = """frac dfrac tfrac binom left right big Big bigl bigr Bigl Bigr bigg Bigg biggl biggr bar hat tilde vec dot
    ddot check breve acute grave widehat widetilde overline underline overbrace underbrace mathrm mathbf mathit mathbb
    mathcal mathfrak mathsf mathtt mathscr boldsymbol bm operatorname text textbf textit limits nolimits displaystyle
    textstyle scriptstyle not overset underset stackrel phantom mathop mathbin mathrel mathord mathopen mathclose lbrace
    rbrace lbrack rbrack backslash lambdabar nonumber"""

WORDS: frozenset[str] = frozenset(PLAIN) | frozenset(_SHAPING.split())

_ENVIRONMENTS = "matrix bmatrix pmatrix vmatrix Vmatrix Bmatrix smallmatrix cases aligned array"
ENVIRONMENTS: frozenset[str] = frozenset(_ENVIRONMENTS.split())
