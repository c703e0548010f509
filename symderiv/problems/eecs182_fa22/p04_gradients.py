"""Problem 4: which techniques help with vanishing and with exploding gradients.

Every tick follows from factors per layer (``p04_effects``), computed with and without the technique.
"""

from __future__ import annotations

from math import log2

import sympy as sp

from symderiv.document import Figure, Formula, Formulas, Math, Prose, Table, Tick
from symderiv.figures.plotting import Axis, Plot
from symderiv.figures.series import Curve
from symderiv.ink.marks import BLUE, GREEN, INK, ORANGE, Pen
from symderiv.models.gradient_effects import normalized_growth
from symderiv.models.initialization import growth
from symderiv.models.techniques import SCALES, N, scaled, techniques
from symderiv.notation.labels import rich
from symderiv.notation.printing import text
from symderiv.problem import Part, Problem
from symderiv.problems.eecs182_fa22 import p04_effects as effects

HEADER = ("Technique", "Vanishing gradients", "Exploding gradients")


def problem() -> Problem:
    """The problem with its computed answers."""
    return Problem(
        number=4,
        title="Vanishing and exploding gradients",
        points=6,
        intro=(
            Prose(
                "On the way back through a deep network the gradient is multiplied once by every layer. If it "
                "vanishes, the early layers hardly move; if it explodes, only tiny learning rates are stable, and "
                "training is slow again. Against which of the two does each technique help? Tick one box, both, or "
                "none in every row; where a technique helps mainly with one of them, tick only that one."
            ),
        ),
        parts=(
            Part(
                "",
                (
                    Table(
                        HEADER,
                        tuple(
                            (row.name, Tick(row.helps.vanishing), Tick(row.helps.exploding))
                            for row in techniques()
                        ),
                        "lcc",
                    ),
                ),
                (
                    Prose(
                        "Follow the mean square of the gradient's entries. Every layer multiplies it by a factor: "
                        "below 1 the gradient vanishes with depth, above 1 it explodes. A technique helps with the "
                        "first if it raises a factor below 1, with the second if it lowers a factor above 1."
                    ),
                    *_initialization(),
                    *_skip(),
                    *_normalization(),
                ),
                answers=effects.answers(),
            ),
        ),
    )


def _initialization() -> tuple[Prose | Formulas | Table, ...]:
    scope = effects.layer()
    weights, passed = effects.through_weights(), effects.through_relu()
    return (
        Prose(
            "**He and Xavier.** Weights from $n_in$ to $n_out$ units, independent with mean 0 and standard deviation "
            "$s$, turn a gradient $g$ into $W.T@g$; relu, whose derivative is the step function, passes on the "
            "entries with a positive input $z$, half of them:",
            scope,
        ),
        Formulas(
            (Formula((weights.start, "=", weights.end)), Formula((passed.start, "=", passed.end)))
        ),
        Prose(
            "So the mean square is multiplied by $n_out*s**2/2$ backward, and likewise by $n_in*s**2/2$ forward (the "
            f"last column is for {effects.LAYERS} layers of equal width):",
            scope,
        ),
        Table(
            ("", "Weight variance", "Forward", "Backward", f"{effects.LAYERS} layers back"),
            tuple(_row(name, words) for name, words in (("xavier", "Xavier"), ("he", "He"))),
            "lcccc",
        ),
        Prose(
            "Xavier's factors are below 1 for all widths, so that gradients vanish and cannot explode. He's standard "
            "deviation is larger by "
            "$sqrt(1 + n_out/n_in)$, which is $sqrt(2)$ for equal widths, where the factor becomes 1. That helps with "
            "vanishing gradients; of exploding ones there are none to help with.",
            scope,
        ),
    )  # fmt: skip


def _row(name: str, words: str) -> tuple[object, ...]:
    n_in, n_out = sp.symbols("n_in n_out", positive=True)
    one = growth([n_in, n_out], name)
    many = growth([n_in] * (effects.LAYERS + 1), name)
    # read back, so that the widths look as in the formulas
    values = (one.variances[0], one.forward[0], one.backward[0], many.total_backward)
    return (words, *(Math(effects.layer().read(text(value))) for value in values))


def _skip() -> tuple[Prose | Formula, ...]:
    jacobian = effects.block_jacobian()
    return (
        Prose("**Skip connections.** A residual block has the Jacobian", jacobian.scope),
        Formula((jacobian.start, "=", jacobian.end)),
        Prose(
            "whose first term lets the gradient pass whatever the weights and the nonlinearity are. At initialization "
            "the branch is independent of it with mean 0; if the branch alone multiplies the mean square by $r$, the "
            "block multiplies it by $1 + r$ in place of $r$. That is never below 1, so it helps with vanishing "
            "gradients, and always above $r$, so it does not help with exploding ones. It is no guarantee: a trained "
            "branch whose Jacobian comes near $-I$ still cancels the gradient.",
            {"r": sp.Symbol("r"), "1 + r": 1 + sp.Symbol("r"), "-I": -sp.Symbol("I")},
        ),
    )


def _normalization() -> tuple[Prose | Formula | Figure, ...]:
    cancels = effects.scale_cancels()
    factor, number = effects.normalized_factor(), normalized_growth(N, N, sp.Symbol("v", positive=True))
    small, large = (scaled(c) for c in SCALES)
    return (
        Prose(
            "**Batch normalization.** Weights $c$ times as large give the same outputs (for $epsilon = 0$; for a small "
            "$epsilon$ nearly so):",
            cancels.scope,
        ),
        Formula((cancels.start, "=", cancels.end)),
        Prose(
            "So the activations keep their size, and the factor of a layer no longer depends on the scale of its "
            "weights. With relu, in a wide network and large batches, it is"
        ),
        Formula((factor.start, "=", factor.end, "approx", sp.Float(float(number), 3)), scope=factor.scope),
        Prose(
            f"per layer, $u$ standard normal. Without normalization it is ${small}$ for weights half as large as He's "
            f"and ${large}$ for weights twice as large. That helps with both, "
            "although a factor above 1 remains: explosion is moderated, not removed.",
            factor.scope,
        ),
        Figure(
            _depth_plot(),
            "How the gradient's mean square changes on the way back through relu layers of equal width.",
            label="depth",
        ),
    )


def _depth_plot() -> Plot:
    """The logarithm of the gradient's mean square over depth, for four ways to start."""
    n, twice = N, SCALES[-1]
    lines = (
        ("Xavier", growth([n, n], "xavier").backward[0], Pen(BLUE, 1.4)),
        ("He", growth([n, n], "he").backward[0], Pen(GREEN, 1.4, (6.0, 2.0))),
        (f"{twice} × He", scaled(twice), Pen(ORANGE, 1.4, (1.5, 1.8))),
        (f"{twice} × He, batch norm", normalized_growth(n, n, sp.Symbol("v", positive=True)),
         Pen(INK, 1.2, (6.0, 1.8, 1.2, 1.8))),
    )
    steps = range(effects.LAYERS + 1)
    return Plot(
        tuple(
            Curve(tuple((float(k), k * log2(float(factor))) for k in steps), rich(name), pen)
            for name, factor, pen in lines
        ),
        Axis("layers passed on the way back", 0, effects.LAYERS, tuple(float(k) for k in steps)),
        Axis("mean square, $\\log_2$"),
        width=290,
        height=130,
    )
