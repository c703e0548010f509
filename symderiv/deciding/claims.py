"""Claims and verdicts: what may be said, before anyone decides it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symderiv.notation.printing import text

PROVED = "proved"  # an exact decision, for all sizes, in the decider's stated scope
SUPPORTED = "supported"  # held on random instances
ASSUMED = "assumed"  # a cited theorem
UNDECIDED = "undecided"
REFUTED = "refuted"  # with a counterexample
VERDICTS = (PROVED, SUPPORTED, ASSUMED, UNDECIDED, REFUTED)  # strongest first


def weakest(verdicts: list[str]) -> str:
    """The verdict of a chain: a refuted link refutes it, else its least certain link decides.

    >>> weakest(["proved", "supported"])
    'supported'
    """
    return max(verdicts, key=VERDICTS.index, default=PROVED)


@dataclass(frozen=True)
class Claim:
    """``left relation right`` under ``given``; may be false."""

    left: Any
    relation: str
    right: Any
    given: tuple[str, ...] = ()

    def __str__(self) -> str:
        suffix = f"  given {', '.join(self.given)}" if self.given else ""
        return f"{text(self.left)} {self.relation} {text(self.right)}{suffix}"
