"""Problem 4, what is computed: factors per layer, with and without each technique, and the official reasons.

The factor of a layer is that by which it multiplies the mean square of the gradient's entries; ``helps`` tells
from factors before and after against what a technique helps.
"""

from __future__ import annotations

from fractions import Fraction

import sympy as sp

from symderiv.certify import Certificate, certify
from symderiv.derivation import Derivation, begin
from symderiv.exact import sign
from symderiv.models.gradient_effects import Situation, helps
from symderiv.models.initialization import growth
from symderiv.models.residual import residual_jacobian
from symderiv.models.techniques import WIDTHS, N, Technique, he_for_xavier, normalized_situation, techniques
from symderiv.notation.printing import text
from symderiv.problem import Answer, Case, Cases
from symderiv.problems.eecs182_fa22.certainty import holds, told
from symderiv.scope import Scope, declare

NEARLY = "11/10"  # weights so little larger that batch normalization is no relief
LAYERS = 10
BLOCK = "W@relu(V@x + b)"


def layer() -> Scope:
    """A layer W a with relu, and the gradient g that arrives behind it."""
    return declare(
        W="matrix(n_out, n_in) ~ normal(mean=0, std=s)", g="vector(n_out)", a="vector(n_in)", s="scalar, positive",
        z="scalar ~ normal(mean=0, std=tau)", tau="scalar, positive",
    )  # fmt: skip


def block() -> Scope:
    """A residual block."""
    return declare(x="vector(n)", W="matrix(n, k)", V="matrix(k, n)", b="vector(k)")


def normalized() -> Scope:
    """A batch of inputs before a layer with weights w, scaled by c."""
    return declare(
        X="matrix(m, n)", w="vector(n)", x="vector(m)", c="scalar, positive", gamma="scalar", beta="scalar",
        epsilon="scalar, positive",
    )  # fmt: skip


def through_weights() -> Derivation:
    """The mean square of a gradient behind the weights, for any sizes."""
    return begin("weights", "E(norm(W.T@g)**2)", layer()).to("n_in*s**2*norm(g)**2", why="independent weights, mean 0")


def through_relu() -> Derivation:
    """The share of a gradient's entries that relu passes on."""
    return begin("relu", "E(step(z))", layer()).to("1/2", why="z is symmetric about 0")


def block_jacobian() -> Derivation:
    """The Jacobian of a residual block."""
    return begin("block", f"jacobian(x + {BLOCK}, x)", block()).to(
        "eye(n) + W@diag(step(V@x + b))@V", why="the shortcut gives the identity"
    )


def standardized(value: str, epsilon: str = "") -> str:
    """The standardized values of a batch, as a text."""
    return f"({value} - mean({value}))/sqrt(var({value}){epsilon})"


def scale_cancels() -> Derivation:
    """Weights c times as large give the same standardized values, for epsilon = 0."""
    return begin("scale", standardized("(X@(c*w))"), normalized()).to(standardized("(X@w)"), why="c cancels")


def normalized_factor() -> Derivation:
    """The backward factor behind batch normalization and relu, for a standard normal u."""
    scope = declare(u="scalar ~ normal(mean=0, std=1)")
    return begin("factor", "E(step(u)**2)/Var(relu(u))", scope).to("pi/(pi - 1)", why="moments of half a normal")


def _scale_with_epsilon() -> Certificate:
    values = (standardized(v, " + epsilon") for v in ("(X@(c*w))", "(X@w)"))
    return certify(*values, symbols=normalized())


def answers() -> tuple[Answer, ...]:
    """Every tick and every reason of the official solution."""
    rows = techniques()
    ticks = tuple(
        f"{row.key}: {trouble}" for row in rows for trouble in ("vanishing", "exploding") if getattr(row.helps, trouble)
    )
    table = Answer("4", ticks, "the boxes to tick", evidence="; ".join(map(_factors, rows)))
    return (table, *_he(rows[0]), *_skip(rows[1]), *_batchnorm(rows[2]))


def _factors(row: Technique) -> str:
    told_ = ", ".join(f"{s.name}: {text(s.before)} -> {text(s.after)}" for s in row.situations)
    return f"{row.key}, factor per layer: {told_}"


def _he(row: Technique) -> tuple[Answer, ...]:
    linear = helps(he_for_xavier("linear", WIDTHS[:1]))
    n_in, n_out = sp.symbols("n_in n_out", positive=True)
    xavier, he = (growth([n_in, n_out], name) for name in ("xavier", "he"))
    larger = sp.sqrt(sp.cancel(he.variances[0] / xavier.variances[0]))
    gain = sp.cancel(he.backward[0] / xavier.backward[0])
    random = helps([_from_random(sp.Integer(1))]), helps([_from_random(sp.Rational(1, 10**4))])
    zeros = through_relu()
    symmetric = "pre-activations symmetric about 0: weights of mean 0 and no bias"
    return (
        *(
            Answer(
                f"4.he-{trouble}",
                Cases(
                    (
                        Case("relu", getattr(row.helps, trouble), _factors(row)),
                        Case("no activation", getattr(linear, trouble), "Xavier's factor is 1 there, He's 2"),
                    )
                ),
                f"whether He helps with {trouble} gradients",
            )
            for trouble in ("vanishing", "exploding")
        ),
        Answer("4.he-half", Fraction(1, 2) if zeros.verdict == "proved" else zeros.start, "the share of zeros",
               derivation=zeros, scope=layer(), assumed=symmetric),
        Answer("4.he-size", _positive(larger**2 - 1), "whether He's weights are larger",
               evidence=f"standard deviations in the ratio {text(larger)}, sqrt(2) for equal widths"),
        Answer("4.he-sum", he.forward[0], "the forward factor under He", scope={}, assumed=symmetric,
               evidence=f"Xavier's is {text(xavier.forward[0])}"),
        Answer("4.he-thus", _positive(gain - 1), "whether the gradient's factor is larger",
               evidence=f"backward He's factor is {text(he.backward[0])}, Xavier's {text(xavier.backward[0])}"),
        Answer(
            "4.he-leniency",
            Cases(
                (
                    Case("random weights of variance 1", random[0].exploding, _factors_of(sp.Integer(1))),
                    Case("random weights of variance 1/10000", random[1].exploding, _factors_of(sp.Rational(1, 10**4))),
                )
            ),
            "whether Xavier, compared with random weights, helps with exploding gradients",
            evidence="the table asks for He compared with Xavier, where nothing explodes",
        ),
    )  # fmt: skip


def _positive(value: sp.Expr) -> bool:
    """Whether a quotient of positive symbols is positive; an undecided sign is an error, never a no."""
    return sign(sp.factor(value), "a ratio less 1") > 0


def _from_random(variance: sp.Expr) -> Situation:
    random = growth([N, N], variance=lambda n_in, n_out: variance).backward[0]
    return Situation(f"variance {variance}", random, growth([N, N], "xavier").backward[0])


def _factors_of(variance: sp.Expr) -> str:
    found = _from_random(variance)
    return f"factor {text(found.before)} per layer of {N} units, Xavier's {text(found.after)}"


def _skip(row: Technique) -> tuple[Answer, ...]:
    identity = certify(f"jacobian(x + {BLOCK}, x) - jacobian({BLOCK}, x)", "eye(n)", symbols=block())
    cancelled = residual_jacobian([[-1, 0], [0, -1]])
    independent = "a branch with independent weights of mean 0, as at initialization"
    return (
        *(
            Answer(f"4.skip-{trouble}", getattr(row.helps, trouble), f"whether skips help with {trouble} gradients",
                   evidence=_factors(row), assumed=independent)
            for trouble in ("vanishing", "exploding")
        ),
        Answer("4.skip-shortcut", holds(identity), "whether the shortcut's term depends on the branch",
               derivation=block_jacobian(), evidence=f"the block's Jacobian less the branch's is I: {told(identity)}"),
        Answer(
            "4.skip-reason",
            Cases(
                (
                    Case(independent, row.helps.vanishing, "the factor is 1 + r instead of r"),
                    Case(
                        "a branch with Jacobian -I", cancelled.keeps_every_gradient,
                        f"the block's Jacobian is {text(cancelled.one.tolist())}: it loses "
                        f"{len(cancelled.lost)} of {cancelled.one.rows} directions of the gradient",
                    ),
                )
            ),
            "whether an unaffected shortcut is enough for gradients to arrive",
        ),
    )  # fmt: skip


def _batchnorm(row: Technique) -> tuple[Answer, ...]:
    scope = normalized()
    size = certify(f"mean((gamma*({standardized('x', ' + epsilon')}) + beta)**2)",
                   "gamma**2*var(x)/(var(x) + epsilon) + beta**2", symbols=scope)  # fmt: skip
    variance, epsilon = sp.symbols("v epsilon", positive=True)
    bounded = _positive(1 - variance / (variance + epsilon))
    exact, shifted = scale_cancels(), _scale_with_epsilon()
    small = "weights half or twice He's, epsilon small beside the variance, a large batch, gamma = 1, beta = 0, relu"
    near = normalized_situation(NEARLY)
    limits = "" if near.relief()[1] else f"; no relief for {near.name}: {text(near.before)} -> {text(near.after)}"
    return (
        *(
            Answer(f"4.batchnorm-{trouble}", getattr(row.helps, trouble),
                   f"whether batch normalization helps with {trouble} gradients", assumed=small,
                   evidence=_factors(row) + limits * (trouble == "exploding"))
            for trouble in ("vanishing", "exploding")
        ),
        Answer(
            "4.batchnorm-sizes",
            holds(size) and bounded,
            "whether the mean square of the outputs is bounded whatever the inputs",
            derivation=exact,
            evidence=f"it is gamma² var/(var + epsilon) + beta², at most gamma² + beta²: {told(size)}; the scale of "
            f"the weights drops out for epsilon = 0 ({exact.verdict}), not for epsilon > 0 ({shifted.verdict})",
        ),
    )  # fmt: skip
