"""Many random instances of one equality, in batches that may run anywhere.

``certify`` looks at a few dozen instances before it says *supported*; a sweep looks at as many as
asked for, at larger sizes, and says what it saw.  It never proves anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from random import Random
from typing import Any

from symderiv.certify import sides
from symderiv.deciding.refuting import Counterexample, compare
from symderiv.errors import LimitError, ReadingError, shorten
from symderiv.evaluation.fields import Undefined
from symderiv.evaluation.instances import dimensions
from symderiv.expressions import Expr, as_expr
from symderiv.indexed import no_random
from symderiv.running.parallel import run_tasks
from symderiv.scope import Symbols

BATCH = 25  # instances of one task
SECONDS = 60.0  # of one batch


@dataclass(frozen=True)
class Sweep:
    """What the instances of an equality said.

    It ``held`` on so many; on ``undefined`` ones a side has no value or is too large to evaluate, and
    ``lost`` were in batches that ran out of time.  ``counterexample`` has the smallest sizes found.
    """

    held: int
    undefined: int
    lost: int
    largest: int
    counterexample: Counterexample | None

    def __str__(self) -> str:
        also = "".join(
            f", {n} {what}" for n, what in ((self.undefined, "undefined"), (self.lost, "out of time")) if n
        )
        seen = f"held on {self.held} instances, sizes up to {self.largest}{also}"
        return f"{seen}\n  {self.counterexample}" if self.counterexample else seen


@dataclass(frozen=True)
class _Batch:
    left: Expr
    right: Expr
    seed: str
    count: int
    largest: int


def sweep(
    left: Any,
    right: Any,
    *,
    symbols: Symbols | None = None,
    where: Mapping[str, str] | None = None,
    instances: int = 1000,
    largest: int = 5,
    seed: int = 0,
    executor: Executor | None = None,
    workers: int | None = 0,
) -> Sweep:
    """Compare two sides at random instances whose sizes go to ``largest``; sides are given as to ``certify``.

    Equal arguments look at equal instances, wherever they run: in this process, in ``workers``
    processes, or in an ``executor``.  Raises LimitError for fewer than one instance or size, and
    what ``certify`` raises.

    >>> from symderiv.scope import declare
    >>> str(sweep("(A@B).T", "B.T@A.T", symbols=declare(A="matrix(n, m)", B="matrix(m, k)"), instances=20))
    'held on 20 instances, sizes up to 5'
    """
    if instances < 1 or largest < 1:
        raise LimitError(f"a sweep needs at least one instance and size, got instances={instances}, largest={largest}")
    for side in (left, right):
        if not isinstance(side, str) and as_expr(side) is None:
            raise ReadingError(f"a sweep takes texts and expressions of a scope, got {shorten(repr(side))}")
    a, b = sides(left, right, symbols, where)
    no_random(a)
    no_random(b)
    starts = range(0, instances, BATCH)
    tasks = [_Batch(a, b, f"{seed}:{k}", min(BATCH, instances - k), largest) for k in starts]
    outcomes = run_tasks(_look, tasks, executor, workers, SECONDS if executor or workers != 0 else None)
    done = [outcome.get() for outcome in outcomes if not outcome.timeout]
    found = [example for _, _, example in done if example]
    return Sweep(
        held=sum(held for held, _, _ in done),
        undefined=sum(undefined for _, undefined, _ in done),
        lost=sum(task.count for task, outcome in zip(tasks, outcomes, strict=True) if outcome.timeout),
        largest=largest,
        counterexample=min(found, key=lambda e: sum(e.sizes.values())) if found else None,
    )


def _look(task: _Batch) -> tuple[int, int, Counterexample | None]:
    """How many instances of a batch held and how many are undefined, up to the first counterexample."""
    rng = Random(task.seed)
    names = dimensions(task.left, task.right)
    undefined = 0
    for k in range(task.count):
        sizes = {name: rng.randint(1, task.largest) for name in names}
        try:
            example, _ = compare(task.left, task.right, sizes, rng)
        except (Undefined, LimitError, ValueError):
            undefined += 1
            continue
        if example is not None:
            return k - undefined, undefined, example
    return task.count - undefined, undefined, None
