"""Linear autoencoders with their matrices: loss, gradients, one step of gradient descent.

With P = W2 W1 and C = XXᵀ/n the objective is tr((I - P)C(I - P)ᵀ) + λ1‖W1‖² + λ2‖W2‖² + ρ‖P‖², and with
G = -2(I - P)C + 2ρP its gradients are W2ᵀG + 2λ1 W1 and G W1ᵀ + 2λ2 W2 (matrix calculus: d tr(AᵀP)/dP = A).
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from symderiv.errors import ShapeError


@dataclass(frozen=True)
class Autoencoder:
    """W1 (k, m), W2 (m, k), C = XXᵀ/n (m, m) and the penalties on W1, on W2 and on the product."""

    encoder: sp.Matrix
    decoder: sp.Matrix
    covariance: sp.Matrix
    penalty_encoder: sp.Expr
    penalty_decoder: sp.Expr
    ridge: sp.Expr = sp.S.Zero

    def __post_init__(self) -> None:
        (k, m), size = self.encoder.shape, self.covariance.shape
        if self.decoder.shape != (m, k) or size != (m, m):
            found = f"W2 is {self.decoder.rows}×{self.decoder.cols} and the data have {size[0]} features"
            raise ShapeError(f"W1 is {k}×{m}, so W2 must be {m}×{k} and the data have {m} features; {found}")


def reconstruction(net: Autoencoder) -> sp.Expr:
    """(1/n)‖X - W2 W1 X‖².

    >>> one = sp.Matrix([[1]])
    >>> reconstruction(Autoencoder(2 * one, one, 3 * one, sp.S.One, sp.S.One))
    3
    """
    rest = sp.eye(net.covariance.rows) - net.decoder * net.encoder
    return sp.expand((rest * net.covariance * rest.T).trace())


def penalty(net: Autoencoder) -> sp.Expr:
    """What the penalties add to the reconstruction error."""
    product = net.decoder * net.encoder
    parts = (
        (net.penalty_encoder, net.encoder), (net.penalty_decoder, net.decoder), (net.ridge, product)
    )  # fmt: skip
    return sp.expand(sum((strength * (part.T * part).trace() for strength, part in parts), sp.S.Zero))


def gradients(net: Autoencoder) -> tuple[sp.Matrix, sp.Matrix]:
    """The gradients by W1 and by W2."""
    product = net.decoder * net.encoder
    outer = 2 * net.ridge * product - 2 * (sp.eye(product.rows) - product) * net.covariance
    by_encoder = net.decoder.T * outer + 2 * net.penalty_encoder * net.encoder
    by_decoder = outer * net.encoder.T + 2 * net.penalty_decoder * net.decoder
    return by_encoder.applyfunc(sp.expand), by_decoder.applyfunc(sp.expand)


def step(net: Autoencoder, rate: sp.Expr) -> tuple[sp.Matrix, sp.Matrix]:
    """W1 and W2 after one step of gradient descent on both at once."""
    by_encoder, by_decoder = gradients(net)
    return (net.encoder - rate * by_encoder).applyfunc(sp.expand), (net.decoder - rate * by_decoder).applyfunc(
        sp.expand
    )
