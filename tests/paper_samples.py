"""Blocks of every kind with real formulas, for the tests of documents and formats."""

from __future__ import annotations

from types import SimpleNamespace

import sympy as sp

from symderiv.document import (
    AUTO,
    AnswerBox,
    Blank,
    Bullets,
    Document,
    Fields,
    Figure,
    Formula,
    Formulas,
    Heading,
    Math,
    Meta,
    PageBreak,
    Picture,
    Prose,
    Question,
    Raw,
    Table,
    Tick,
    TickBoxes,
    chain,
)
from symderiv.paper.blocktree import with_scope
from symderiv.problem import Answer, Part, Problem
from symderiv.scope import declare

W, U1, U2, U3, P, Q, R, S, T, Y = sp.symbols("w u_1 u_2 u_3 p q r s t y")
SCOPE = declare(X="matrix(n, d)", y="vector(n)", w="vector(d)", p="scalar, in (0, 1)", G="matrix(d, d), diagonal")
NAMES = {str(s): s for s in (W, U1, U2, U3, P, Q, R, S, T, Y)}
NAMES["w*(u_t + h_{t-1})"] = sp.Mul(W, sp.Symbol("u_t") + sp.Symbol("h_{t-1}"), evaluate=False)
NAMES["y@y"] = SCOPE.read("y@y")
NAMES["h_t"] = sp.Symbol("h_t")
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40"><g id="a">'
    b'<circle cx="30" cy="20" r="15" fill="none" stroke="black"/>'
    b'<line x1="45" y1="20" x2="180" y2="20" stroke="black"/></g></svg>'
)
LONG = sum(sp.Symbol(f"u_{i}") * W ** (12 - i) * i for i in range(1, 12))
WIDE = sp.Matrix(3, 40, lambda i, j: (i + j) % 2)


def step(before, after, why, verdict="proved"):
    return SimpleNamespace(
        before=before, relation="=", after=after, why=why, certificate=SimpleNamespace(verdict=verdict)
    )


DERIVATION = SimpleNamespace(
    title="Ridge from dropout",
    steps=[
        step(
            SCOPE.read("norm(y - p*X@w)**2 + p*(1-p)*norm(G@w)**2"),
            SCOPE.read("(y - p*X@w)@(y - p*X@w) + p*(1-p)*norm(G@w)**2"),
            "a squared norm is $y@y$ of the residual",
        ),
        step(None, SCOPE.read("y@y - 2*p*y@X@w + p**2*norm(X@w)**2 + p*(1-p)*norm(G@w)**2"), "expanded", "supported"),
    ],
)

BLOCKS = {
    "heading": Heading(2, "The *chain* rule & more", points=3, label="rules"),
    "prose": Prose(
        'The weight $w$ is used **three times**; *no* bias. "Quoted", it isn\'t hard -- 50% of \\$5 & #tags_are '
        "{literal}. See @{rec}, [the course](https://example.org/a_b?x=1&y=%20#z), `nn.MSELoss`.",
        NAMES,
    ),
    "formula": Formula(("h_t", "=", "w*(u_t + h_{t-1})"), AUTO, "rec", scope=NAMES),
    "stacked": Formula((Y, "=", W * T, "=", sp.expand(W * (U3 + W * U2))), stacked=True),
    "long": Formula((Y, "=", LONG), AUTO),
    "wide": Formula((sp.Symbol("A"), "=", WIDE)),
    "blanks": Formulas((Formula((P, "=", U1)), Formula((T, "=", Blank(width=5, answer=U3 + W * U2 + W**2 * U1))))),
    "chain": chain(DERIVATION, left=sp.Symbol(r"\mathcal{L}(\check{\mathbf{w}})")),
    "own_line": chain(DERIVATION),
    "figure": Figure(
        Picture(SVG), "Weight sharing and the value $t$.", "A circle with a line", 0.4, "rnn", scope=NAMES
    ),
    "table": Table(
        ("Layer", "Parameters", "Size"),
        (("Input", 0, Math(sp.Mul(28, 28, 1, evaluate=False))), ("CONV3-10", Blank(width=3, answer="one hundred"), 4)),
        "lcc",
        "Sizes of a small network.",
    ),
    "wide_table": Table(
        ("What", "Why"),
        (
            (
                "Skip connection",
                "The Jacobian of the block is the identity plus something, "
                "so that a signal passes even where the block's own derivative vanishes everywhere.",
            ),
        ),
        "ll",
    ),
    "ticks": TickBoxes(("Weight decay with $w$", "Dropout", "Layer norm"), (0,), scope=NAMES),
    "tick_table": Table(("Trick", "Helps"), (("Weight decay", Tick()), ("Skip connection", Tick(True))), "lc"),
    "bullets": Bullets(
        (
            "first",
            ("second ", Raw(r"\frac{a}{\tilde{x}_j}", "a over x tilde j")),
            (Prose("blocks"), Formula((W, "=", 3))),
        )
    ),
    "enumerated": Bullets(("one", "two"), ordered=True),
    "question": Question("b", (Prose("Differentiate $y$.", NAMES), Blank("Your work", height=3)), 4),
    "answer": AnswerBox(
        (Prose("Directly:"), Formula((sp.Derivative(sp.Function("y")(W), W), "=", 3 * W**2 * U1), "4"))
    ),
    "blank": Blank("Answer:", width=6, answer="two layers"),
    "fields": Fields(("Your name", "Student ID")),
    "pagebreak": PageBreak(),
}

DEMO = Document(
    "Midterm: a demonstration",
    with_scope(tuple(BLOCKS.values()), NAMES),
    "Autumn",
    Meta(
        author="Course staff", subject="Deep networks", keywords=("backprop", "rnn"), header="DNN", footer="Solutions"
    ),
)

SECRETS = ("forty-two", "hidden solution", "u_{3}", "secret option")


def exam_problem() -> Problem:
    """A problem whose answers are easy to look for."""
    return Problem(
        7, "Secrets", (Prose("Consider $w$ and $y$."), Formula((Y, "=", W * U1), AUTO)),
        (
            Part("a", (Prose("Fill in."), Formula((T, "=", Blank(width=4, answer=W * U3))),
                       TickBoxes(("A", "B"), (1,))),
                 (Prose("hidden solution"), Formula((T, "=", W * U3), AUTO)), 3, (Answer("7a", W * U3, official=U3 * W),)),
            Part("b", (Blank("Answer:", width=4, answer="forty-two"), Blank("Your work", height=3),
                       Table(("x",), ((Blank(width=3, answer="forty-two"),),))),
                 (), 2, (Answer("7b", "forty-two", "The value", official="forty-two"),)),
        ),
        NAMES,
    )  # fmt: skip
