"""Questions on Jacobians through depth: residual blocks, one matrix or factor many times, gradient clipping.

``J`` (a multiple of I, ``diag(…)``, a matrix, or a list of multiples: one per block) with ``blocks``, ``alpha`` (scale
of the branch) and ``skip``: gradient, plain_gradient, block_jacobian, skip_guarantees_gradient.  ``W`` or ``w``:
spectral_radius, spectral_norm, product, vanishes, explodes.  ``gradient`` with ``max_norm`` or ``clip_value``: norm,
clipped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from symderiv.errors import ModelError
from symderiv.exact import ANY_NAME, read_exact, read_int, read_matrix, read_vector, sign
from symderiv.families.forms import expr, mat, vec
from symderiv.families.given import need, pick
from symderiv.models.residual import residual_jacobian, spectrum

BRANCHES: Final = ("J", "Js", "J_list", "jacobians", "J_blocks")
CLIPS: Final = ("max_norm", "clip_norm", "clip", "clip_threshold", "clip_value")
DIAGONAL: Final = re.compile(r"diag\((.+)\)")


def residual(given: Mapping[str, Any]) -> dict[str, Any]:
    """The Jacobian of skip·x + alpha·F(x) over all blocks, with J that of F."""
    branch = pick(given, *BRANCHES)
    blocks = read_int(pick(given, "blocks", "layers", "depth", "L", "n_layers", default=1), "blocks", 1, 1000)
    skip = read_exact(pick(given, "skip", default=1), ANY_NAME, "skip")
    scale = read_exact(pick(given, "alpha", "branch_scale", "residual_scale", default=1), ANY_NAME, "branch scale")
    diagonal = DIAGONAL.fullmatch(branch.replace(" ", "")) if isinstance(branch, str) else None
    if diagonal:
        entries = diagonal[1].split(",")
        branch = [[e if i == k else "0" for k in range(len(entries))] for i, e in enumerate(entries)]
    if isinstance(branch, list) and any(isinstance(row, list) for row in branch):
        return _matrix(branch, blocks, skip, scale, pick(given, "upstream", "g"))
    if isinstance(branch, list):
        return _multiples([_multiple(j) * scale for j in branch], skip)
    return _multiples([_multiple(branch) * scale] * blocks, skip)


def _matrix(rows: Any, blocks: int, skip: Any, scale: Any, upstream: Any) -> dict[str, Any]:
    import sympy

    branch = scale * sympy.Matrix(read_matrix(rows, ANY_NAME, "J"))
    result = residual_jacobian(branch.tolist(), blocks, skip)
    answers: dict[str, Any] = {
        "gradient": mat(result.total.tolist()), "block_jacobian": mat(result.one.tolist()),
        "determinant": expr(result.one.det()), "plain_gradient": mat((branch**blocks).tolist()), "paths": 2**blocks,
    }
    if not result.one.free_symbols:
        answers["skip_guarantees_gradient"] = result.keeps_every_gradient
    if upstream is not None:
        answers["d_input"] = vec(result.total.T * sympy.Matrix(read_vector(upstream, ANY_NAME, "upstream")))
    return answers


def _multiple(value: Any) -> Any:
    """c of a branch Jacobian c·I."""
    import sympy

    unit = sympy.Symbol("I")
    read = read_exact(value, ANY_NAME, "J")
    return sympy.expand(read).coeff(unit, 1) if read.has(unit) else read


def _multiples(factors: list[Any], skip: Any) -> dict[str, Any]:
    import sympy

    one = [skip + f for f in factors]
    total, plain = sympy.Mul(*one), sympy.Mul(*factors)
    answers: dict[str, Any] = {
        "gradient": expr(sympy.expand(total) if total.free_symbols else total), "paths": 2 ** len(factors),
        **dict.fromkeys(("plain_gradient", "without_skip"), expr(plain)),
        "block_jacobian": expr(one[0]) if len(set(one)) == 1 else vec(one),
    }
    if not total.free_symbols:
        answers["skip_guarantees_gradient"] = bool(total.is_nonzero)
    return answers


def repeated(given: Mapping[str, Any]) -> dict[str, Any]:
    """Powers of one factor or of one matrix."""
    import sympy

    steps = read_int(pick(given, "steps", "layers", "T", "depth", "L", default=1), "steps", 1, 1000)
    scalar = pick(given, "w", "weight", "spectral_radius", "singular_value", "jacobian_factor")
    if scalar is not None:
        w = read_exact(scalar, ANY_NAME, "factor")
        return {"gradient": expr(w**steps), "product": expr(w**steps), "factor": expr(w**steps),
                **({} if w.free_symbols else {"vanishes": bool(abs(w) < 1), "explodes": bool(abs(w) > 1)})}
    rows = pick(given, "W", "matrix", "A", "jacobian")
    found = spectrum(rows)
    power = sympy.Matrix(read_matrix(rows, what="W")) ** steps
    return {
        "spectral_radius": expr(found.radius), "spectral_norm": expr(found.norm), "eigenvalues": vec(found.eigenvalues),
        "singular_values": vec(found.singular_values), "vanishes": found.vanishes, "explodes": found.explodes,
        "orthogonal": found.orthogonal, "preserves_norm": found.orthogonal, "product": mat(power.tolist()),
        "gradient": mat(power.T.tolist()), "norm_bound": expr(found.norm**steps),
    }


def clipped(given: Mapping[str, Any]) -> dict[str, Any]:
    """A gradient shortened to ``max_norm`` (its direction stays), or with entries cut at ±``clip_value``."""
    import sympy

    entries = read_vector(need(given, "gradient", "g", "grad", "vector"), ANY_NAME, "gradient")
    bound = pick(given, *CLIPS[:-1])
    limit = read_exact(need(given, *CLIPS) if bound is None else bound, ANY_NAME, "clipping bound")
    if not limit.free_symbols and sign(limit) <= 0:
        raise ModelError(f"clipping: the bound is {limit}; it must be positive")
    norm = sympy.sqrt(sympy.Add(*(g**2 for g in entries)))
    factor = sympy.Integer(1) if norm.is_zero else sympy.Min(1, limit / norm)
    made = [sympy.Max(-limit, sympy.Min(limit, g)) for g in entries] if bound is None else [factor * g for g in entries]
    length = sympy.sqrt(sympy.Add(*(g**2 for g in made)))
    return {
        "norm": expr(norm), "clipped": vec(made), "clipped_norm": expr(length),
        **({} if bound is None else dict.fromkeys(("factor", "scale"), expr(factor))),
    }
