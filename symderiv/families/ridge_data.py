"""What a question on generalised ridge regression gives: Γ, λ, the prior, the weighting of the rows.

A key nobody knows is refused, since a term left out would change the answer; so is a task that names another norm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symderiv.errors import ModelError, UnknownNameError
from symderiv.exact import ANY_NAME, read_exact, read_matrix, read_vector
from symderiv.families.given import pick
from symderiv.models import dropout, tikhonov

GAMMAS = ("Gamma", "gamma", "Γ", "G", "Gamma_diag", "L", "D", "T")
FORMS = ("penalty_matrix", "Gamma_squared", "GammaTGamma", "Gamma_T_Gamma", "P")
PRIORS = ("w0", "w_0", "prior_mean", "m0", "mu0")
WEIGHTS = ("weights", "row_weights", "observation_weights", "sample_weights", "A", "C", "W")
COVARIANCES = ("covariance", "noise_covariance", "noise_variances", "noise_variance", "sigma2")
PRIOR_COVARIANCES = ("prior_covariance", "prior_variance", "prior_variances", "tau2")
STRENGTHS = ("lambda", "lam", "lambda_", "ridge", "lambdas", "lambda_values")
POINTS = ("w", "w_at", "point", "at", "w_start", "w_init")
RATES = ("lr", "eta", "learning_rate", "step_size", "rate")
SCALES = ("c", "scale")
PARTS = ("Gamma1", "Gamma2", "lambda1", "lambda2")
KEEPS = ("p", "keep")
NEW = ("x_new", "x_test", "x_star", "X_new", "X_test")
CHANGED = ("w_tilde", "w_tilde_given")
ELSE = {"X", "y", "Y", "steps", "task", "note", "notes", "comment", "n", "d"}
READ = {
    *GAMMAS, *FORMS, *PRIORS, *WEIGHTS, *COVARIANCES, *PRIOR_COVARIANCES, *STRENGTHS, *POINTS, *RATES, *SCALES,
    *PARTS, *KEEPS, *ELSE, *NEW, *CHANGED, "Sigma",
}  # fmt: skip
OTHER_NORM = re.compile(
    r"\|\|_?1\b|\|\|_inf|lasso|elastic|subject to|constrain|nonnegativ|\bl1\b|huber"
)
SCALED = re.compile(r"\d\)?\*?\|\|\(?y")
# a fit averaged or halved, and a penalty halved, in a task without blanks
FIT = re.compile(r"\(?1/\(?(2n|n|2)\)?\)?\*?\|\|\(?y")
PART = re.compile(r"lam(?:bda)?/(\d+)\)?\*?\|\|")
SPOKEN_NUMBER = re.compile(r"(?:\blam(?:bda)?\s*=\s*|\+\s*)(\d+/\d+|\d*\.\d+|\d+)(?!\s*\*?\s*lam)\s*\*?\s*(\|\|)?")
SPOKEN_SYMBOL = re.compile(r"\blam(?:bda)?\s*\*?\s*\|\|")
LETTER = re.compile(r"(?:[a-z]|gamma|lam|alpha|beta|tau|sigma|kappa|mu|delta|rho|eta)_?\d*")
WORDS = {
    "identity": "identity", "I": "identity", "eye": "identity", "column_norms": "norms", "diag(column_norms)": "norms",
    "first_difference": "first", "difference": "first", "differences": "first", "first_differences": "first",
    "second_difference": "second", "second_differences": "second", "dropout": "dropout",
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """One problem, whether Γ itself is given (a form wᵀPw leaves a rotation open), and the row root likewise."""

    problem: tikhonov.Ridge
    gamma_given: bool
    root_given: bool


def read_problem(given: Mapping[str, Any], strength: sp.Expr) -> Reading:
    """The problem with this λ; ModelError, ShapeError or UnknownNameError for data that clash or are not known."""
    for name in given:
        if name not in READ:
            raise UnknownNameError("setting of a ridge question", str(name), READ)
    if OTHER_NORM.search(str(given.get("task", "")).lower()) or SCALED.search(FIT.sub("||y", _flat(given))):
        raise ModelError(
            "the task scales a norm, constrains w or names another norm than ‖·‖²; give the weights as data"
        )
    given = _with_named_covariance(given)
    x = sp.Matrix(read_matrix(given.get("X"), ANY_NAME, "X"))
    y = _columns(pick(given, "y", "Y"), "y") if pick(given, "y", "Y") is not None else _symbols("y", x.rows)
    gamma, gamma_given = _gamma(given, x)
    prior = pick(given, *PRIORS)
    rows, root_given = _row_weights(given, x.rows)
    mean = None if prior is None else _columns(prior, "w0")
    return Reading(tikhonov.ridge(x, y, gamma, strength, mean, rows), gamma_given, root_given)


def strengths(given: Mapping[str, Any]) -> list[sp.Expr]:
    """λ, or the λs of a path; with one variance of the noise and one of the prior, their quotient (MAP)."""
    given = _with_named_covariance(given)
    value, prior = pick(given, *STRENGTHS), pick(given, *PRIOR_COVARIANCES)
    noise = pick(given, "noise_variance", "sigma2")
    noise = None if isinstance(noise, list) else noise
    if prior is None and noise is not None:
        raise ModelError("one variance of the noise says nothing without the prior's; give prior_variance or lambda")
    if prior is not None:
        if value is not None:
            raise ModelError("a prior says what lambda is; give one of the two")
        # (1/σ²)‖y - Xw‖² + ‖w‖²/τ² is ridge with λ = σ²/τ²
        spread = sp.S.One if isinstance(prior, list) else read_exact(prior, ANY_NAME, "prior_variance")
        return [(sp.S.One if noise is None else read_exact(noise, ANY_NAME, "noise_variance")) / spread]
    part = PART.search(_flat(given))
    factor = sp.Rational(1, int(part[1]) if part else 1) / fit_scale(given)
    if isinstance(value, list):
        return [factor * strength for strength in read_vector(value, ANY_NAME, "lambda")]
    return [factor * read_exact(_name(_spoken(given) if value is None else value), ANY_NAME, "lambda")]


def fit_scale(given: Mapping[str, Any]) -> sp.Expr:
    """What the task multiplies ‖y - Xw‖² by: 1/n, 1/2 or 1/(2n), else 1; dividing by it leaves the minimiser."""
    said = FIT.search(_flat(given))
    if said is None:
        return sp.S.One
    rows = len(read_matrix(given.get("X"), ANY_NAME, "X")) if "n" in said[1] else 1
    return sp.Rational(1, rows * (2 if "2" in said[1] else 1))


def _flat(given: Mapping[str, Any]) -> str:
    """The task in lower case without blanks, for its formulas."""
    return re.sub(r"\s", "", str(given.get("task", "")).lower())


def _spoken(given: Mapping[str, Any]) -> str:
    """λ as the task says it: "lambda=2", "+ 2||Γw||²", or the letter alone; 1 where it says nothing."""
    task = str(given.get("task", ""))
    numbers = {m[1] for m in SPOKEN_NUMBER.finditer(task) if m[2] or "=" in m[0]}
    if len(numbers) > 1:
        raise ModelError(f"the task names several values of lambda ({', '.join(sorted(numbers))}); give lambda")
    if numbers:
        return numbers.pop()
    return "lam" if SPOKEN_SYMBOL.search(task) else "1"


def _with_named_covariance(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """``Sigma`` under the name that the task gives it: the covariance of the noise or that of the prior."""
    if "Sigma" not in given:
        return given
    task = str(given.get("task", "")).lower()
    noise = re.search(r"noise|whiten|correlated|observation|generali[sz]ed least", task) is not None
    if noise == ("prior" in task):
        raise ModelError("Sigma may be the covariance of the noise or of the prior; call it by that name")
    rest = {name: value for name, value in given.items() if name != "Sigma"}
    return rest | {"covariance" if noise else "prior_covariance": given["Sigma"]}


def read_point(given: Mapping[str, Any], shape: tuple[int, int]) -> sp.Matrix | None:
    """The point at which a gradient is asked for."""
    value = pick(given, *POINTS)
    if value is None:
        return None
    point = _columns(value, "w")
    if point.shape != shape:
        raise ModelError(f"the point is {point.rows}×{point.cols}, w is {shape[0]}×{shape[1]}")
    return point


def _name(value: object) -> object:
    """``lambda`` is a word of the grammar's host language, so the symbol is written ``lam``."""
    return re.sub(r"\blambda\b", "lam", value) if isinstance(value, str) else value


def _columns(value: object, what: str) -> sp.Matrix:
    nested = isinstance(value, list) and bool(value) and isinstance(value[0], list)
    return sp.Matrix((read_matrix if nested else read_vector)(value, ANY_NAME, what))


def _symbols(name: str, count: int) -> sp.Matrix:
    return sp.Matrix(sp.symbols(f"{name}1:{count + 1}"))


def _square(value: object, size: int, what: str) -> sp.Matrix:
    """A matrix, the diagonal of one, or a multiple of the identity."""
    if isinstance(value, list):
        matrix = _columns(value, what)
        return sp.diag(*matrix) if not isinstance(value[0], list) else matrix
    text = str(value).replace(" ", "")
    if inner := re.fullmatch(r"diag\(\[?(.*?)\]?\)", text):
        return sp.diag(*read_vector(inner[1].split(","), ANY_NAME, what))
    number = re.sub(r"\*?I$", "", text) if text.endswith("I") else value
    factor = read_exact(_name(number), ANY_NAME, what)
    for symbol in factor.free_symbols:
        # a longer word is the name of a matrix nobody gave, not a number
        if not LETTER.fullmatch(str(symbol)):
            raise UnknownNameError(f"word for {what}", str(symbol), WORDS)
    return factor * sp.eye(size)


def _named_or_square(value: object, given: Mapping[str, Any], x: sp.Matrix, what: str) -> sp.Matrix:
    if isinstance(value, str) and value in WORDS:
        return _named(WORDS[value], given, x)
    scaled = re.fullmatch(rf"(.+?)\s*\*\s*({'|'.join(map(re.escape, WORDS))})", str(value))
    if scaled and WORDS[scaled[2]] != "identity":
        factor = read_exact(_name(scaled[1]), ANY_NAME, what)
        keep = read_exact(pick(given, *KEEPS, default="p"), ANY_NAME, "p")
        factor = factor.subs({s: keep for s in factor.free_symbols if s.name == "p"})
        return factor * _named(WORDS[scaled[2]], given, x)
    return _square(value, x.cols, what)


def _gamma(given: Mapping[str, Any], x: sp.Matrix) -> tuple[sp.Matrix, bool]:
    """Γ and whether it is determined; several Γs are stacked with the roots of their λs."""
    if any(name in given for name in PARTS):
        if "Gamma1" not in given or "Gamma2" not in given:
            raise ModelError("two penalties need Gamma1 and Gamma2 (with lambda1 and lambda2)")
        parts = [_named_or_square(given[f"Gamma{i}"], given, x, f"Gamma{i}") for i in (1, 2)]
        roots = [sp.sqrt(read_exact(given.get(f"lambda{i}", 1), ANY_NAME, f"lambda{i}")) for i in (1, 2)]
        return (roots[0] * parts[0]).col_join(roots[1] * parts[1]), False
    prior = pick(given, *PRIOR_COVARIANCES)
    if isinstance(prior, list):
        spread = _square(prior, x.cols, "prior_covariance")
        if spread.det() == 0:
            raise ModelError("prior_covariance is singular; a prior needs an invertible covariance")
        return spread.cholesky(hermitian=False).inv(), spread.is_diagonal()
    if (form := pick(given, *FORMS)) is not None:
        matrix = _square(form, x.cols, "penalty_matrix")
        if matrix != matrix.T or matrix.is_positive_semidefinite is False:
            raise ModelError("penalty_matrix must be symmetric and positive semidefinite")
        if matrix.is_diagonal():
            return matrix.applyfunc(sp.sqrt), True
        lower, diagonal = matrix.LDLdecomposition(hermitian=False)
        return diagonal.applyfunc(sp.sqrt) * lower.T, False
    value = pick(given, *GAMMAS)
    if value is None and pick(given, *KEEPS) is not None:
        value = "dropout"
    return _named_or_square("identity" if value is None else value, given, x, "Gamma"), True


def _named(word: str, given: Mapping[str, Any], x: sp.Matrix) -> sp.Matrix:
    norms = sp.diag(*tikhonov.column_norms(x))
    if word == "dropout":
        keep = dropout.probability(read_exact(pick(given, *KEEPS, default="p"), ANY_NAME, "p"))
        return sp.sqrt((1 - keep) / keep) * norms
    if word in ("first", "second"):
        taps = {"first": (-1, 1), "second": (1, -2, 1)}[word]
        if x.cols < len(taps):
            raise ModelError(f"a {word} difference of {x.cols} weights has no rows")
        return sp.Matrix(
            x.cols - len(taps) + 1, x.cols, lambda i, j: taps[j - i] if 0 <= j - i < len(taps) else 0
        )  # fmt: skip
    return norms if word == "norms" else sp.eye(x.cols)


def _row_weights(given: Mapping[str, Any], rows: int) -> tuple[sp.Matrix | None, bool]:
    """A of ‖y - Xw‖²_A and whether its root is determined: of a covariance the whitening is."""
    said = [name for name in (*WEIGHTS, *COVARIANCES) if given.get(name) is not None]
    said = [name for name in said if name not in ("noise_variance", "sigma2") or isinstance(given[name], list)]
    if len(said) > 1:
        raise ModelError(f"{' and '.join(said)} both weigh the rows; give one")
    if not said:
        return None, True
    name, matrix = said[0], _square(given[said[0]], rows, said[0])
    if name in COVARIANCES:
        if matrix.det() == 0:
            raise ModelError("the covariance of the noise is singular; it must be invertible")
        return matrix.inv(), True
    task = str(given.get("task", "")).replace(" ", "")
    if re.search(rf"\|\|{name[0]}\w*\*?\(y|\|\|{name[0]}\w*\*?\(X", task, re.IGNORECASE):
        return matrix.T * matrix, matrix.is_diagonal()
    if len(name) == 1 and not re.search(rf"\^T\*?{name}|'\*?{name}|weight|{name}\^\(?1/2|sqrt\({name}\)", task):
        raise ModelError(f"{name} may stand inside or outside the norm; call it weights or covariance")
    return matrix, matrix.is_diagonal()
