"""Soundness by mutation: change one token of true claims and see that none of the false ones is proved.

A mutant that comes out proved is looked at by a route that shares nothing with
the proof: exact rationals or balls at several sizes and points.  If that finds the
sides different, the proof was wrong; the run then ends with exit code 1.

    python -m benchmarks.mutate [COUNT] [SEED]
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

from symderiv.certify import certify
from symderiv.deciding.refuting import search
from symderiv.errors import SymderivError
from symderiv.expressions import Expr
from symderiv.scope import declare

DATA = Path(__file__).resolve().parent.parent / "tests" / "data" / "claims"
TOKEN = re.compile(r"\*\*|[A-Za-z_]\w*|\d+|\.T|[-+*/@]")
SWAPS = {"+": "-", "-": "+", "*": "/", "/": "*", "@": "*", "**": "*", ".T": ""}


def mutate(text: str, names: list[str], rng: Random) -> str:
    """The text with one token changed: a sign, a number, a transpose, a factor or a symbol."""
    tokens = list(TOKEN.finditer(text))
    found = rng.choice(tokens)
    token = found.group()
    if token.isdigit():
        new = str(int(token) + rng.choice((-1, 1, 2)))
    elif token in SWAPS:
        new = SWAPS[token]
    elif token in names:
        new = rng.choice([f"{token}.T", rng.choice(names), f"2*{token}", f"({token}+1)"])
    else:
        new = rng.choice(["sum", "mean", "tr", "norm", "exp", "sqrt", "diag", "softmax", "tanh"])
    return text[: found.start()] + new + text[found.end() :]


def main(count: int = 2000, seed: int = 1) -> int:
    """Certify ``count`` readable mutants; returns the exit code."""
    files = [*sorted(DATA.glob("*.json")), DATA.parent / "claims_true.json"]
    claims = [c for f in files for c in json.loads(f.read_text())["claims"] if c["expect"] == "proved"]
    rng, seen = Random(seed), Counter[str]()
    wrong: list[str] = []
    start = time.perf_counter()
    while sum(seen.values()) - seen["unreadable"] < count:
        claim = rng.choice(claims)
        side = rng.choice(("left", "right"))
        scope = declare(**claim["symbols"])
        names = [n for n in claim["symbols"]]
        changed = mutate(claim[side], names, rng)
        other = "right" if side == "left" else "left"
        try:
            mutant = scope.read(changed, claim.get("where"))
            kept = scope.read(claim[other], claim.get("where"))
            certificate = certify(mutant, kept)
        except SymderivError:
            seen["unreadable"] += 1
            continue
        seen[certificate.verdict] += 1
        if certificate.verdict == "proved" and differs(mutant, kept):
            wrong.append(f"{claim['id']}: {changed} = {claim[other]}")
    seconds = time.perf_counter() - start
    for verdict, number in sorted(seen.items()):
        print(f"{verdict:<12} {number}")
    print(f"proved wrongly {len(wrong)} of {count} mutants, {seconds:.0f} s")
    print("\n".join(wrong))
    return 1 if wrong else 0


def differs(left: Expr, right: Expr) -> bool:
    """Whether some instance separates the sides, at other points than the certifier looked at."""
    return search(left, right, Random(4711))[0] is not None


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
