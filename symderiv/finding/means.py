"""Averages worked out line by line, in more than one way.

A *way* is a list of rules, the first that says something new is used next.  The first way splits second
moments into means and variances; the second multiplies out and averages term by term; the third
starts from the definition of a variance.  No way leads from a second moment to a variance and back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from symderiv.deciding.claims import PROVED
from symderiv.derivation import Derivation
from symderiv.errors import LimitError, ReadingError, ShapeError
from symderiv.expressions import Expr
from symderiv.rewriting import RULES, everywhere

LINES = 14
FUNCTIONS = (
    "powers-of-a-bernoulli", "powers-of-a-sign", "powers-of-signs", "power-of-an-exponential",
    "product-of-exponentials", "cosine-of-a-difference", "square-of-a-cosine-by-the-double-angle",
    "square-of-a-sine-by-the-double-angle", "product-of-opposite-relus", "rank-one-matrices-around-a-matrix",
    "one-hot-rows-pick-entries", "gram-matrix-of-one-hot-rows", "one-hot-vector-with-itself",
    "one-hot-vector-by-its-entry", "a-one-hot-vector-picks-an-entry", "square-of-an-abs",
    "number-times-its-sign", "product-of-diagonal-matrices", "product-of-rank-one-matrices",
)  # fmt: skip
KNOWN = (
    "mean-of-an-absolute-value", "mean-of-an-exponential", "mean-of-a-cosine", "mean-of-a-sine", "mean-of-a-step",
    "mean-of-an-error-function", "second-moment-of-a-rectified-normal", "mean-of-a-rectified-normal",
    "third-power-of-a-normal", "fourth-power-of-a-normal", "product-of-gaussian-quadratic-forms",
    "covariance-of-two-linear-maps",
)  # fmt: skip
SECOND = (
    "fourth-power-of-a-norm", "second-moment-of-a-norm", "second-moment-of-a-matrix-norm",
    "second-moment-of-a-vector", "second-moments-entry-by-entry", "second-moments-of-entries", "second-moment",
)  # fmt: skip
GRAMS = (
    "expectation-of-a-gram-matrix", "expectation-of-a-gram-matrix-of-rows",
    "expectation-of-a-matrix-between-transposes", "expectation-of-a-matrix-between-rows",
    "fourth-moment-of-a-gaussian-matrix",
)  # fmt: skip
FORMS = (
    "expectation-of-a-quadratic-form", "expectation-of-an-outer-product", "entrywise-product-with-a-linear-map",
    "variance-of-a-squared-norm", "third-moments-of-a-normal", "expectation-of-a-linear-form-times-a-vector",
)  # fmt: skip
LINEAR = (
    "expectation-of-a-linear-map", "expectation-of-independent-factors", "outer-product-with-a-scaled-vector",
)  # fmt: skip
POWERS = (
    "third-power-of-a-sum", "third-power-of-a-linear-form", "fourth-power-of-a-sum",
    "fourth-power-of-a-linear-form",
)  # fmt: skip
SPREADS = (
    "total-variance-of-a-linear-map",
    "variance-of-a-gaussian-quadratic-form", "variance-of-a-quadratic-form-of-signs",
    "variance-of-independent-terms", "covariance-of-a-linear-map", "variance-of-a-product-of-independent-factors",
)  # fmt: skip
TABLES = (
    "moments-of-a-distribution", "variance-by-moments", "average-over-the-values",
)  # fmt: skip
PRODUCTS = (
    "squared-norm-through-a-random-matrix", "square-of-an-inner-product-of-independent-vectors",
    "square-of-a-bilinear-form-with-a-random-matrix",
)  # fmt: skip
DEFINITIONS = (
    "covariance-from-moments", "second-moments-by-definition",
)  # fmt: skip
OPENED = (
    "inner-product-with-itself-as-sum", "squared-norm-as-inner-product", "squared-norm-of-a-matrix-as-sum",
    "multiplied-out-under-the-mean",
)  # fmt: skip

WAYS = (
    (*FUNCTIONS, *KNOWN, *POWERS, *PRODUCTS, *SECOND, *GRAMS, *FORMS, *LINEAR, *SPREADS, *TABLES, "stein-lemma"),
    (*FUNCTIONS, *KNOWN, *POWERS, *PRODUCTS, *GRAMS, *LINEAR, *SPREADS, *TABLES, *FORMS, "stein-lemma", *OPENED,
     *DEFINITIONS),
    (*FUNCTIONS, *DEFINITIONS, *KNOWN, *PRODUCTS, *LINEAR, *OPENED, *GRAMS, *FORMS, *POWERS, *SPREADS, *TABLES,
     "stein-lemma"),
)  # fmt: skip


def averages(e: Expr) -> bool:
    """Whether an E, Var or Cov occurs."""
    return e.op in ("E", "Var", "Cov") or any(map(averages, e.args))


def advanced(d: Derivation, names: Iterable[str]) -> Iterator[Derivation]:
    """The derivation with one more proved line that says something new, by the first rules that give one."""
    seen = {d.start, *(s.after for s in d.steps)}
    for name in names:
        try:
            after, places = everywhere(RULES[name], d.end)
            if places and after not in seen:
                longer = d.to(after, RULES[name].why, name, places)
                if longer.steps[-1].certificate.verdict == PROVED:
                    yield longer
        except (LimitError, ShapeError, ReadingError):
            continue
