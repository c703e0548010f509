"""The pytest plugin: files ``*.claims.json`` and ``*.claims.toml`` are tests, one for each claim.

A claim that does not come out as expected (``expect``, else proved) fails with the same
picture as ``symderiv.testing.assert_equal``.  The plugin loads nothing heavy by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from symderiv.errors import ClaimError

if TYPE_CHECKING:
    from symderiv.checks.claimfile import BadClaim, FileClaim

SUFFIXES = (".claims.json", ".claims.toml")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the limit of one claim to pytest's own options."""
    group = parser.getgroup("symderiv")
    group.addoption("--claim-seconds", type=float, default=10.0, help="limit of one claim of a claim file (10)")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take the files with our endings."""
    if file_path.name.endswith(SUFFIXES):
        collector: ClaimsFile = ClaimsFile.from_parent(parent, path=file_path)
        return collector
    return None


class ClaimFailed(Exception):
    """A claim's verdict is not the expected one; the text is the picture."""


class ClaimsFile(pytest.File):
    """A claim file; each claim is an item."""

    def collect(self) -> Iterable[pytest.Item]:
        """The claims in file order; a file that is none is one collection error."""
        from symderiv.checks.claimfile import read_claims

        try:
            claims = read_claims(self.path)
        except ClaimError as error:
            raise self.CollectError(str(error)) from None
        for claim in claims:
            yield ClaimItem.from_parent(self, name=claim.id, claim=claim)


class ClaimItem(pytest.Item):
    """One claim of a file."""

    def __init__(self, *, claim: FileClaim | BadClaim, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.claim = claim

    def runtest(self) -> None:
        """Decide the claim in this process, under its limit."""
        from symderiv.checks.claimfile import BadClaim
        from symderiv.running.tasks import attempt

        if isinstance(self.claim, BadClaim):
            raise ClaimFailed(self.claim.message)
        seconds = float(self.config.getoption("--claim-seconds"))
        told = attempt(picture, (self.claim, seconds), seconds + 1.0)
        if told.timeout:
            raise ClaimFailed(f"{self.claim.id}: undecided after {seconds:g} s; allow more with --claim-seconds")
        if told.get() is not None:
            raise ClaimFailed(told.get())

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The picture alone, without our own frames."""
        if isinstance(excinfo.value, ClaimFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """File, line and name, as pytest shows them."""
        return self.path, max(self.claim.line - 1, 0), f"claim {self.claim.id}"


def picture(task: tuple[FileClaim, float]) -> str | None:
    """What is wrong with a claim, or None where it comes out as expected."""
    from symderiv.certify import certify
    from symderiv.checks.nearest import Statement
    from symderiv.errors import SymderivError
    from symderiv.scope import declare
    from symderiv.testing import explain

    claim, seconds = task
    head = f"{claim.id} {claim.name}".strip() + f", expected {claim.expect or 'proved'}"
    try:
        statement = Statement(claim.left, claim.right, declare(**claim.symbols), claim.where)
        certificate = statement.certificate(certify, seconds)
    except SymderivError as error:
        return f"{head}\n{error}"
    if certificate.verdict == (claim.expect or "proved"):
        return None
    return f"{head}\n{explain(statement, certificate, certify, place=f'{claim.file}:{claim.line}')}"
