"""Derivatives: what is done to a derivative as a whole."""

from __future__ import annotations

from symderiv.algebra.differentiating import (
    coefficient,
    constants_out,
    hessian_as_jacobian,
    inner_product,
    of_a_constant,
    product_rule,
    under_the_expectation,
)
from symderiv.rewriting import rule

V = {"x": "vector(n)", "a": "vector(n)", "B": "matrix(n, n)", "R": "vector(n) ~ bernoulli(p)", "p": "scalar, in (0, 1)"}

rule("product-rule", "grad(x@B@x, x)", "grad(x@B@held(x) + held(x)@B@x, x)",
     "product rule: one factor varies, the others are held (underlined)", V, change=product_rule)
rule("inner-product-with-the-variable", "grad(x@B@a, x)", "grad((B@a)@x, x)",
     "linear now: an inner product with the variable", V, change=inner_product)
rule("derivative-of-a-linear-function", "grad(a@x, x)", "a",
     "the derivative of a linear function is its coefficient", V, change=coefficient)
rule("constants-out-of-a-jacobian", "jacobian(B@x, x)", "B@jacobian(x, x)", "a constant matrix comes out of a derivative",
     V, change=constants_out)
rule("derivative-of-a-constant", "grad(a@B@a, x)", "0*x", "a constant has derivative zero",
     V, change=of_a_constant)
rule("derivative-under-the-expectation", "grad(E(R@x), x)", "E(grad(R@x, x))",
     "differentiation and expectation change places", V, change=under_the_expectation)
rule("hessian-as-jacobian", "hessian(x@B@x, x)", "jacobian(grad(x@B@x, x), x)",
     "the Hessian is the Jacobian of the gradient", V, change=hessian_as_jacobian)
