"""Vector-Jacobian products of single nodes.

``local_pullback`` is the transposed local Jacobian of one use, applied to the
adjoint of the node; the calculus makes it and the kernel proves it.
"""

from __future__ import annotations

from functools import lru_cache

from symderiv.algebra.building_blocks import total
from symderiv.calculus import vjp
from symderiv.certify import Certificate, certify
from symderiv.expressions import Expr, combine, make
from symderiv.matrix_graphs.forms import presented
from symderiv.matrix_graphs.nodes import node_symbol, replaced
from symderiv.trees import held_parts


@lru_cache(maxsize=10_000)
def local_pullback(definition: Expr, slot: Expr, adjoint: Expr) -> Expr:
    """The adjoint of a node pulled back through one of its slots; parts that are ``held`` are constants.

    The expectation of a node hands its adjoint on as it is.

    Raises LimitError for an operator without a derivative rule.
    """
    if definition.op == "E":
        return adjoint
    fixed = {part: node_symbol(f"held{k}", part.shape) for k, part in enumerate(held_parts(definition))}
    pulled = vjp(replaced(definition, fixed), slot, adjoint)
    return presented(replaced(pulled, {name: part for part, name in fixed.items()}))


def pullback_certificate(definition: Expr, slot: Expr, adjoint: Expr) -> Certificate:
    """The pulled-back adjoint against the derivative of ⟨adjoint, node⟩ by the kernel's own law.

    For an expectation the claim is about its integrand: derivative and expectation change places.
    """
    inner = definition.args[0] if definition.op == "E" else definition
    pairing = total(combine("mul", adjoint, inner), None)
    return certify(local_pullback(definition, slot, adjoint), make("grad", pairing, slot))
