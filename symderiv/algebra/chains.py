"""Products of arrays: entry by entry, and as chains A B x, with transposes and traces put in one form."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symderiv.expressions import Expr, constant, eye, make, number
from symderiv.shapes import Shape


def spread(shape: Shape) -> Expr:
    """An array of ones, for a term that is a scalar where an array stands."""
    return constant("ones", shape)


def widened(core: Expr, shape: Shape) -> Expr:
    """A part that was broadcast, in the full shape."""
    return core if core.shape == shape else make("mul", constant("ones", shape), core)


def entries(core: Expr) -> list[tuple[Expr, Fraction]]:
    """The factors of an entrywise product with their exponents."""
    factors = core.args if core.op == "mul" else (core,)
    return [_entry(f) for f in factors]


def _entry(f: Expr) -> tuple[Expr, Fraction]:
    if f.op == "pow" and f.args[1].op == "num":
        return f.args[0], f.args[1].data
    return (f.args[0], Fraction(1, 2)) if f.op == "sqrt" else (f, Fraction(1))


def hadamard(a: Expr | None, b: Expr | None) -> Expr | None:
    """The entrywise product of two parts; equal factors become a power, idle ones disappear."""
    if a is None or b is None:
        return b if a is None else a
    powers: dict[Expr, Fraction] = {}
    for base, k in (*entries(a), *entries(b)):
        powers[base] = powers[base] + k if base in powers else k
    shape = make("mul", a, b).shape
    kept = [raised_array(base, k) for base, k in powers.items() if k and not _idle(base)]
    if not kept:
        return constant("ones", shape)
    found = kept[0] if len(kept) == 1 else make("mul", *kept)
    return found if found.shape == shape else make("mul", constant("ones", shape), *kept)


def _idle(base: Expr) -> bool:
    return base.op == "ones" or (base.op == "col" and base.args[0].op == "ones")


def in_order(core: Expr | None, shape: Shape, outer: bool) -> Expr | None:
    """A part in the full shape, its entrywise factors in a fixed order; ``outer``: equal rows and columns as such."""
    if not shape:
        return core
    if core is None:
        return constant("ones", shape)
    if outer and len(shape) == 2:
        core = _broadcast(core, shape)
    return make("mul", *sorted(core.args, key=str)) if core.op == "mul" else core


def _broadcast(core: Expr, shape: Shape) -> Expr:
    """u 1ᵀ is a column that scales; a lone column is written u 1ᵀ, a lone row 1 vᵀ."""
    factors = core.args if core.op == "mul" else (core,)
    if core.op == "outer" and all(a.op == "ones" for a in core.args):
        return constant("ones", shape)
    if len(factors) == 2 and factors[0].op == "ones" and len(factors[1].shape) == 1:
        return make("outer", constant("ones", shape[:1]), factors[1])
    if len(factors) == 2 and factors[0].op == "ones" and factors[1].op == "col":
        return make("outer", factors[1].args[0], constant("ones", shape[1:]))
    full = [f for f in factors if f.shape == shape]
    if core.op != "mul" or len(full) < 2:
        return core
    kept: list[Expr] = []
    for f in factors:
        if f.op == "outer" and f.args[1].op == "ones" and len(full) > 1:
            kept.append(make("col", f.args[0]))
        elif f.op == "outer" and f.args[0].op == "ones" and len(full) > 1:
            kept.append(f.args[1])
        else:
            kept.append(f)
            continue
        full.remove(f)
    return make("mul", *kept)


def raised_array(base: Expr, k: Fraction) -> Expr:
    """base ** k entry by entry; an inverse power stays a power until it is written."""
    if k == Fraction(1, 2):
        return make("sqrt", base)
    return base if k == 1 else make("pow", base, number(k))


def entry_power(core: Expr, k: Fraction) -> Expr:
    """A part raised to a power entry by entry."""
    if core.op == "ones":
        return core
    factors = [raised_array(base, n * k) for base, n in entries(core) if n * k]
    return factors[0] if len(factors) == 1 else make("mul", *factors)


def as_matrix(core: Expr, rows: Shape) -> Expr:
    """A vector that was stretched over the rows of a matrix, as that matrix."""
    return make("outer", constant("ones", rows), core) if len(core.shape) == 1 else core


def flipped(core: Expr) -> Expr:
    """The transpose of a part, carried inwards through products and sums."""
    if len(core.shape) < 2:
        return core
    if core.op == "T":
        return core.args[0]
    if core.op in ("eye", "diag") or (core.op == "sym" and core.data.has("symmetric", "spd", "diagonal")):
        return core
    if core.op in ("ones", "zeros"):
        return constant(core.op, core.shape[::-1])
    if core.op == "matmul" and all(len(a.shape) == 2 for a in core.args):
        return make("matmul", *(flipped(a) for a in reversed(core.args)))
    if core.op == "outer":
        return make("outer", *reversed(core.args))
    if core.op in ("add", "neg", "mul", "div") and all(len(a.shape) in (0, 2) for a in core.args):
        return make(core.op, *(flipped(a) for a in core.args))
    if core.op == "pow" and len(core.args[0].shape) == 2:
        return make("pow", flipped(core.args[0]), core.args[1])
    if core.op == "inv" and flipped(core.args[0]) is core.args[0]:
        return core
    if core.op == "inv" and symmetric(core.args[0]):
        return core
    return make("T", core)


def symmetric(a: Expr) -> bool:
    """Whether a matrix is its own transpose for a reason that stands in it."""
    if a.op == "add":
        return all(symmetric(t) for t in a.args)
    if a.op in ("neg", "inv"):
        return symmetric(a.args[0])
    if a.op == "mul":
        return all(not f.shape or symmetric(f) for f in a.args)
    if a.op == "div":
        return symmetric(a.args[0]) and not a.args[1].shape
    if len(a.shape) < 2:
        return True
    return flipped(a) is a or (a.op == "matmul" and a.args == flipped(a).args)


def chain(cores: Sequence[Expr], *, flip: bool, inner: bool, diagonal: bool) -> tuple[Expr, list[Expr]]:
    """A product of parts as one chain, and the scalars that came loose.

    ``flip`` fixes which way a chain is read, ``inner`` turns an inner product with
    an entrywise factor into a sum, ``diagonal`` takes diag and outer products apart.
    """
    flat: list[Expr] = []
    for k, core in enumerate(cores):
        follows = core.op == "matmul" and (k == 0 or len(core.args[0].shape) == 2 or flip)
        if follows and k and len(core.shape) == 1 and len(core.args[0].shape) == 1:
            core = turned(core)  # x @ (y @ A) reads x @ Aᵀ @ y
        flat += core.args if core.op == "matmul" and follows else [core]
    kept = [a for a in flat if a.op != "eye"]
    if len(kept) > 1 and kept[-1].op == "ones" and kept[-2].op == "diag" and len(kept[-1].shape) == 1:
        kept[-2:] = [kept[-2].args[0]]  # diag(u) 1 = u
    if not kept:
        return flat[0], []
    if flip:
        kept = ends_outside(kept)
    loose: list[Expr] = []
    if diagonal:
        kept, loose = taken_apart(kept)
    if cancelled := without_inverses(kept):
        kept = cancelled
    if len(kept) == 1:
        return kept[0], loose
    found = make("matmul", *kept)
    if flip and len(found.shape) == 1 and len(kept[0].shape) == 1:
        found = turned(found)
    if flip and not found.shape:
        found = min(found, turned(found), key=shortest)
    if inner and len(found.args) == 2 and not found.shape:
        return sum_of(hadamard(found.args[0], found.args[1])), loose
    return found, loose


def turned(core: Expr) -> Expr:
    """A chain read from the other end."""
    return make("matmul", *(flipped(a) for a in reversed(core.args)))


def ends_outside(kept: list[Expr]) -> list[Expr]:
    """(A x)ᵀ (B y) as xᵀ Aᵀ B y: vectors stand at the ends of a chain."""
    for k in range(1, len(kept) - 1):
        if len(kept[k].shape) == 1:
            return [flipped(a) for a in reversed(kept[: k + 1])] + kept[k + 1 :]
    return kept


def without_inverses(kept: list[Expr]) -> list[Expr]:
    """The chain with A⁻¹A left out, unless nothing would remain."""
    for k in range(len(kept) - 1):
        a, b = (t.args[0] for t in kept[k : k + 2]) if kept[k].op == kept[k + 1].op == "T" else kept[k : k + 2]
        if (a.op == "inv" and a.args[0] is b) or (b.op == "inv" and b.args[0] is a):
            rest = kept[:k] + kept[k + 2 :]
            if rest:
                return without_inverses(rest) or rest
            return [make_eye(a)]
    return []


def make_eye(a: Expr) -> Expr:
    return eye(a.shape[0])


def taken_apart(kept: list[Expr]) -> tuple[list[Expr], list[Expr]]:
    """diag(v) x as v ⊙ x, and (u vᵀ) x as u times a scalar."""
    loose: list[Expr] = []
    parts = [outer_ones(a) if a.op == "ones" and len(a.shape) == 2 else a for a in kept]
    changed = True
    while changed and len(parts) > 1:
        changed = False
        for k in range(len(parts) - 1):
            a, b = parts[k], parts[k + 1]
            if a.op == "diag" and b.op == "diag":
                new: list[Expr] = [make("diag", times(a.args[0], b.args[0]))]
            elif a.op == "diag" and len(b.shape) == 1:
                new = [times(a.args[0], b)]
            elif b.op == "diag" and len(a.shape) == 1:
                new = [times(a, b.args[0])]
            elif a.op == "outer" and len(b.shape) == 1:
                new, loose = [a.args[0]], [*loose, sum_of(times(a.args[1], b))]
            elif b.op == "outer" and len(a.shape) == 1:
                new, loose = [b.args[1]], [*loose, sum_of(times(a, b.args[0]))]
            elif a.op == "outer" and b.op == "outer":
                new, loose = [make("outer", a.args[0], b.args[1])], [*loose, sum_of(times(a.args[1], b.args[0]))]
            elif a.op == "outer" and len(b.shape) == 2:
                new = [make("outer", a.args[0], _joined(flipped(b), a.args[1]))]
            elif b.op == "outer" and len(a.shape) == 2:
                new = [make("outer", _joined(a, b.args[0]), b.args[1])]
            else:
                continue
            parts[k : k + 2] = new
            changed = True
            break
    return parts, loose


def outer_ones(a: Expr) -> Expr:
    """A matrix of ones as 1 1ᵀ."""
    return make("outer", constant("ones", a.shape[:1]), constant("ones", a.shape[1:]))


def _joined(a: Expr, v: Expr) -> Expr:
    """A matrix times a vector, as one chain."""
    follows = v.op == "matmul" and len(v.args[0].shape) == 2
    flat = [*(a.args if a.op == "matmul" else (a,)), *(v.args if follows else (v,))]
    kept = without_inverses(flat) or flat
    return kept[0] if len(kept) == 1 else make("matmul", *kept)


def times(a: Expr, b: Expr) -> Expr:
    """An entrywise product of two arrays."""
    found = hadamard(a, b)
    assert found is not None
    return found


def shortest(t: Expr) -> tuple[int, str]:
    """A fixed order in which A stands before Aᵀ."""
    return len(str(t)), str(t)


def sum_of(core: Expr | None) -> Expr:
    """The sum of all entries; factors in a fixed order."""
    assert core is not None
    if core.op == "mul":
        core = make("mul", *sorted(core.args, key=str))
    return make("sum", core)
