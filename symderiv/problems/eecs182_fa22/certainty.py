"""What a certificate says, as a truth value and in a few words for the record of a statement."""

from __future__ import annotations

from symderiv.certify import Certificate


def holds(certificate: Certificate) -> bool:
    """Whether the claim is proved; what is merely supported does not count."""
    return certificate.verdict == "proved"


def told(certificate: Certificate) -> str:
    """Verdict and method, with the counterexample where there is one."""
    example = f" ({certificate.counterexample})" if certificate.counterexample else ""
    return f"{certificate.verdict} by {certificate.method}{example}"
