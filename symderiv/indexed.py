"""Matrix notation → index notation: one row per operator.

``lower`` gives the form of an expression, remembered per tree.  The rows are
the definitions of the operators; everything the kernel proves rests on them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from weakref import WeakKeyDictionary

from symderiv.errors import RandomnessError, ReadingError
from symderiv.expressions import Expr, dimension, leaf, make
from symderiv.kernel import atoms
from symderiv.kernel.arithmetic import add, chain, contract, multiply, place, scale, subtract, tensor
from symderiv.kernel.derivatives import differentiate
from symderiv.kernel.determinants import det, logdet
from symderiv.kernel.forms import Form, number_form
from symderiv.kernel.matrices import identity, inverse, transposed
from symderiv.kernel.networks import ONE, Index, head, slot
from symderiv.kernel.substitution import substitute
from symderiv.moments import covariance, expectation
from symderiv.shapes import Dim, Shape
from symderiv.symbols import Symbol
from symderiv.trees import DERIVATIVES, held_parts, is_random, leaves, replace_leaf, swap

_FORMS: WeakKeyDictionary[Expr, Form] = WeakKeyDictionary()


def lower(e: Expr) -> Form:
    """The canonical form of an expression, over one free slot per axis.

    Raises LimitError when it grows beyond the kernel's limits and ReadingError
    where a part is undefined for all values.
    """
    found = _FORMS.get(e)
    if found is None:
        found = _LOWER[e.op](e)
        found = Form(found.terms, e.shape)
        _FORMS[e] = found
    return found


def symbol_form(s: Symbol) -> Form:
    """The form of a declared symbol, with the laws its properties give."""
    here = frozenset({s})
    positive = s.has("positive", "in (0, 1)")
    if s.has("diagonal"):
        h = head("sym", s, s.shape[:1], here, positive=positive)
        return multiply(identity(s.shape[0]), tensor(h), s.shape)
    kind = "orthogonal" if s.has("orthogonal") else "simplex" if s.has("simplex") else "sym"
    h = head(kind, s, s.shape, here, symmetric=s.has("symmetric", "spd"), positive=positive, unit=s.has("in (0, 1)"))
    return tensor(h)


def size_form(size: Dim) -> Form:
    """A dimension as a scalar form."""
    return number_form(size) if isinstance(size, int) else tensor(head("dim", size, positive=True))


def broadcast_to(form: Form, shape: Shape) -> Form:
    """Align axes from the last one; an axis of size 1 stretches."""
    offset = len(shape) - len(form.dims)
    return place(form, [slot(offset + k, d) for k, d in enumerate(form.dims)], shape)


def _elementwise(fold: Callable[[Form, Form], Form]) -> Callable[[Expr], Form]:
    return lambda e: reduce(fold, (broadcast_to(lower(a), e.shape) for a in e.args))


def _matmul(e: Expr) -> Form:
    return reduce(_product, (lower(a) for a in e.args))


def _product(left: Form, right: Form) -> Form:
    size = left.dims[-1]
    inner: Index = ONE if size == 1 else (size, 0)
    dims = left.dims[:-1] + right.dims[1:]
    first = [slot(k, d) for k, d in enumerate(left.dims[:-1])] + [inner]
    second = [inner] + [slot(len(left.dims) - 1 + k, d) for k, d in enumerate(right.dims[1:])]
    return chain(left, right, first, second, dims)


def _power(e: Expr) -> Form:
    base, exponent = lower(e.args[0]), lower(e.args[1])
    value = exponent.constant
    if value is not None:
        return atoms.power(base, Fraction(value))
    return atoms.exp(multiply(exponent, atoms.log(base), e.shape))


def total(form: Form, axis: int | None) -> Form:
    """Sum over one axis or all."""
    n = len(form.dims)
    if axis is None:
        return contract(form, range(n), ())
    kept = tuple(d for k, d in enumerate(form.dims) if k != axis)
    # the summed axis goes last, so that the others stand in their final places
    moved = place(
        form,
        [slot(k - (k > axis) if k != axis else n - 1, d) for k, d in enumerate(form.dims)],
        (*kept, form.dims[axis]),
    )
    return contract(moved, [n - 1], kept)


def mean(form: Form, axis: int | None) -> Form:
    """Mean over one axis or all."""
    sizes = form.dims if axis is None else (form.dims[axis],)
    result = total(form, axis)
    for size in sizes:
        result = multiply(result, atoms.power(size_form(size), -1), result.dims)
    return result


def _variance(e: Expr) -> Form:
    x = lower(e.args[0])
    average = mean(x, e.data)
    return subtract(mean(multiply(x, x, x.dims), e.data), multiply(average, average, average.dims))


def _softmax(e: Expr) -> Form:
    up = atoms.exp(lower(e.args[0]))
    down = atoms.power(total(up, len(e.shape) - 1), -1)
    wide = place(down, [slot(k, d) for k, d in enumerate(down.dims)], e.shape)
    return multiply(up, wide, e.shape)


def _norm(e: Expr) -> Form:
    x = lower(e.args[0])
    return atoms.power(total(multiply(x, x), None), Fraction(1, 2))


def absolute(x: Form) -> Form:
    """|x| = x·sign(x)."""
    return x if x.is_zero else multiply(x, atoms.sign(x), x.dims)


def _sigmoid(x: Form) -> Form:
    one = Form(number_form(1).terms, x.dims)
    return subtract(one, atoms.power(add(one, atoms.exp(x)), -1))


def _tanh(x: Form) -> Form:
    return subtract(scale(_sigmoid(scale(x, 2)), 2), Form(number_form(1).terms, x.dims))


def _relu(x: Form) -> Form:
    return x if x.is_zero else multiply(x, atoms.step(x), x.dims)


def _softplus(x: Form) -> Form:
    return atoms.log(add(Form(number_form(1).terms, x.dims), atoms.exp(x)))


def _diagonal_of(form: Form) -> Form:
    i = slot(0, form.dims[0])
    return place(form, (i, i), form.dims[:1])


def _outer(e: Expr) -> Form:
    u, v = (lower(a) for a in e.args)
    return multiply(place(u, (slot(0, e.shape[0]),), e.shape), place(v, (slot(1, e.shape[1]),), e.shape), e.shape)


def variable(e: Expr) -> Symbol:
    """The symbol an expression is differentiated by; raises ReadingError for anything else."""
    if e.op != "sym" or e.data.random:
        raise ReadingError(f"differentiate by a declared, non-random symbol, not by {e}")
    return e.data


STRUCTURE = frozenset({"symmetric", "spd", "orthogonal", "diagonal", "simplex", "invertible"})


def derivative(f: Expr, x: Expr, order: int = 1) -> Form:
    """∂f/∂x, or ∂²f/∂x∂x, with the entries of x independent; the declared structure of x is used afterwards."""
    s = variable(x)
    free = replace(s, properties=s.properties - STRUCTURE, law=(("unstructured", True),))
    image = leaf("sym", free, s.shape) if s.properties & STRUCTURE else x
    form = _partial(replace_leaf(f, x, image), image)
    for _ in range(order - 1):
        form = differentiate(form, variable(image))
    if image is x:
        return form
    drawn = {r: replace_leaf(r, x, image).data for r in leaves(f) if r.data.random}  # x may be a parameter of a law
    back = {new: symbol_form(r.data) for r, new in drawn.items() if new is not r.data}
    return substitute(form, {free: symbol_form(s), **back})


def _partial(f: Expr, x: Expr) -> Form:
    """∂f/∂x of a symbol without structure; what is held is a constant, and itself again afterwards."""
    f = swap(f, lambda t: t if t.op in DERIVATIVES or x not in leaves(t) else _by_its_differential(t))
    constants = {part: Symbol(f"held{k}", part.shape, law=(("held", part),)) for k, part in enumerate(held_parts(f))}
    for part, record in constants.items():
        f = replace_leaf(f, part, leaf("sym", record, part.shape))
    form = differentiate(lower(f), variable(x))
    return substitute(form, {record: lower(part) for part, record in constants.items()}) if constants else form


def _by_its_differential(t: Expr) -> Expr | None:
    """A determinant with its value and its differential, d log|det F| = tr(F⁻¹ dF), in terms of F itself.

    What the determinant lemmas make of it has an inverse of another matrix, which only Woodbury's identity leads back.
    """
    if t.op not in ("det", "logdet") or t.args[0].op != "add" or is_random(t):  # an average takes all of it
        return None
    first = make("tr", make("matmul", make("held", make("inv", t.args[0])), t.args[0])) - dimension(t.args[0].shape[0])
    value = make("held", t)
    return value + first if t.op == "logdet" else value * (1 + first)


def _differential(e: Expr) -> Form:
    f, x = e.args[0], e.args[1]
    partial = derivative(f, x)
    s = variable(x)
    direction = lower(e.args[2]) if len(e.args) == 3 else symbol_form(Symbol(f"d{s.name}", s.shape))
    n = len(f.shape)
    bound = [ONE if d == 1 else (d, k) for k, d in enumerate(x.shape)]
    return chain(partial, direction, [*(slot(k, d) for k, d in enumerate(f.shape)), *bound], bound, f.shape[:n])


def no_random(e: Expr) -> None:
    """Raise RandomnessError if a random symbol stands outside E, Var and Cov."""
    loose = sorted(s.name for s in lower(e).symbols if s.random)
    if loose:
        raise RandomnessError(f"{', '.join(loose)} is random and must stand inside E, Var or Cov, not in {e}")


_MAPS: dict[str, Callable[[Form], Form]] = {
    "sqrt": lambda x: atoms.power(x, Fraction(1, 2)),
    "exp": atoms.exp,
    "log": atoms.log,
    "sin": atoms.sine,
    "cos": atoms.cosine,
    "tanh": _tanh,
    "sigmoid": _sigmoid,
    "relu": _relu,
    "softplus": _softplus,
    "step": atoms.step,
    "sign": atoms.sign,
    "abs": absolute,
    "erf": atoms.erf,
    "inv": inverse,
    "det": det,
    "logdet": logdet,
    "T": lambda x: transposed(x) if len(x.dims) == 2 else x,
    "neg": lambda x: scale(x, -1),
    "held": lambda x: x,
    "E": lambda x: expectation(x, lower),
    "norm1": lambda x: total(absolute(x), None),
}


def _unary(function: Callable[[Form], Form]) -> Callable[[Expr], Form]:
    return lambda e: function(lower(e.args[0]))


_LOWER: dict[str, Callable[[Expr], Form]] = {
    "sym": lambda e: symbol_form(e.data),
    "num": lambda e: number_form(e.data),
    "dim": lambda e: size_form(e.data),
    "pi": lambda e: tensor(head("pi", None, positive=True)),
    "eye": lambda e: identity(e.shape[0]),
    "ones": lambda e: number_form(1),
    "zeros": lambda e: number_form(0),
    "add": _elementwise(add),
    "mul": _elementwise(multiply),
    "div": lambda e: multiply(
        broadcast_to(lower(e.args[0]), e.shape), atoms.power(broadcast_to(lower(e.args[1]), e.shape), -1), e.shape
    ),
    "pow": _power,
    "matmul": _matmul,
    "tr": lambda e: total(_diagonal_of(lower(e.args[0])), None),
    "norm": _norm,
    "diag": lambda e: multiply(identity(e.shape[0]), lower(e.args[0]), e.shape),
    "diagonal": _unary(_diagonal_of),
    "outer": _outer,
    "col": lambda e: Form(lower(e.args[0]).terms, e.shape),
    "sum": lambda e: total(lower(e.args[0]), e.data),
    "mean": lambda e: mean(lower(e.args[0]), e.data),
    "var": _variance,
    "softmax": _softmax,
    "logsumexp": lambda e: atoms.log(total(atoms.exp(lower(e.args[0])), len(e.args[0].shape) - 1)),
    "Var": lambda e: covariance(lower(e.args[0]), lower(e.args[0]), lower, diagonal=True),
    "Cov": lambda e: covariance(lower(e.args[0]), lower(e.args[-1]), lower, diagonal=False),
    "grad": lambda e: derivative(e.args[0], e.args[1]),
    "jacobian": lambda e: derivative(e.args[0], e.args[1]),
    "diff": lambda e: derivative(e.args[0], e.args[1]),
    "hessian": lambda e: derivative(e.args[0], e.args[1], order=2),
    "differential": _differential,
}
_LOWER.update({name: _unary(function) for name, function in _MAPS.items()})
