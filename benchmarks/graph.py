"""Building a graph and its gradient graph, beside SymPy, symengine, CasADi, PyTorch and JAX in the same run.

    python benchmarks/graph.py [--quick] [--rounds 3] [--json FILE]

Every time is from nothing to the recorded gradient by all weights: for symderiv the
filled columns of the backward pass, for CasADi the expression of ``gradient``, for
symengine and SymPy one expression per adjoint over a DAG differentiated by hand, for
JAX the jaxpr of ``grad``, for PyTorch the recorded tape and one backward call.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from harness import installed, interleaved, options, report, slope, table

PEERS = {"casadi": "casadi", "symengine": "symengine", "torch": "torch", "jax": "jax", "sympy": "sympy"}
LARGEST = {"jax": 30_000, "sympy": 3_000}


def ours(steps: int) -> Any:
    from symderiv.graph import Graph

    g = Graph("RNN")
    w, u = g.inputs(f"w u[{steps}]")
    h = u[0]
    for value in u[1:]:
        h = w * (value + h)
    return g.backward(h), u


def ours_sharing(steps: int) -> int:
    from symderiv.graph import Graph

    g = Graph("sharing")
    (h,) = g.inputs("x")
    for _ in range(steps):
        h = h * h + h
    return len(g.backward(h))


def ours_wide(width: int) -> int:
    from symderiv.functions import tanh
    from symderiv.graph import Graph

    g = Graph("wide tanh network")
    w, x = g.inputs(f"w[{2 * width * 32}] x[32]")
    hidden = [tanh(_dot(w[32 * k : 32 * k + 32], x)) for k in range(width)]
    return len(g.backward(_dot(w[32 * width : 33 * width], hidden)))


def _dot(left: Any, right: Any) -> Any:
    total = left[0] * right[0]
    for a, b in zip(left[1:], right[1:], strict=False):
        total = total + a * b
    return total


def casadi(steps: int) -> Any:
    import casadi as ca

    w, u = ca.SX.sym("w"), [ca.SX.sym(f"u_{t}") for t in range(steps)]
    h = u[0]
    for value in u[1:]:
        h = w * (value + h)
    return ca.gradient(h, ca.vertcat(w, *u))


def casadi_sharing(steps: int) -> Any:
    import casadi as ca

    x = h = ca.SX.sym("x")
    for _ in range(steps):
        h = h * h + h
    return ca.gradient(h, x)


def casadi_wide(width: int) -> Any:
    import casadi as ca

    w, x = [ca.SX.sym(f"w_{k}") for k in range(2 * width * 32)], [ca.SX.sym(f"x_{k}") for k in range(32)]
    hidden = [ca.tanh(_dot(w[32 * k : 32 * k + 32], x)) for k in range(width)]
    return ca.gradient(_dot(w[32 * width : 33 * width], hidden), ca.vertcat(*w, *x))


def _by_hand(module: Any, steps: int) -> Any:
    """The recurrence and its adjoints as expressions over one symbol per node."""
    w = module.Symbol("w")
    u = [module.Symbol(f"u_{t}") for t in range(steps)]
    r = [module.Symbol(f"r_{t}") for t in range(steps)]
    a = [module.Symbol(f"a_{t}") for t in range(steps)]
    h = [module.Symbol(f"h_{t}") for t in range(steps)]
    nodes = [(u[t] + h[t - 1], w * r[t]) for t in range(1, steps)]
    adjoints = [(a[t] * (w * r[t]).diff(r[t]), a[t] * (w * r[t]).diff(w)) for t in range(steps - 1, 0, -1)]
    return nodes, adjoints


def symengine(steps: int) -> Any:
    import symengine as module

    return _by_hand(module, steps)


def sympy(steps: int) -> Any:
    import sympy as module

    return _by_hand(module, steps)


def torch(steps: int) -> Any:
    import torch as module

    w, u = module.tensor(0.5, requires_grad=True), [module.tensor(0.5, requires_grad=True) for _ in range(steps)]
    h = u[0]
    for value in u[1:]:
        h = w * (value + h)
    h.backward()
    return w.grad


def jax(steps: int) -> Any:
    import jax as module

    def loss(w: Any, u: list[Any]) -> Any:
        h = u[0]
        for value in u[1:]:
            h = w * (value + h)
        return h

    return module.make_jaxpr(module.grad(loss, (0, 1)))(0.5, [0.5] * steps)


RNN: dict[str, Callable[[int], Any]] = {
    "symderiv": ours, "casadi": casadi, "symengine": symengine, "torch": torch, "jax": jax, "sympy": sympy,
}  # fmt: skip
OTHERS = {
    "heavy sharing": {"symderiv": ours_sharing, "casadi": casadi_sharing},
    "wide tanh network": {"symderiv": ours_wide, "casadi": casadi_wide},
}


def memory_per_step(peer: str, steps: int) -> float:
    """Resident bytes a step that a fresh process holds with graph and gradient, beyond those of ten steps (Linux)."""
    code = (
        "import os, sys, graph\n"
        "def resident(): return int(open('/proc/self/statm').read().split()[1]) * os.sysconf('SC_PAGE_SIZE')\n"
        "f = graph.RNN[sys.argv[1]]; f(10); before = resident(); kept = f(int(sys.argv[2])); print(resident() - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, peer, str(steps)], capture_output=True, text=True, check=True, cwd=sys.path[0]
    )
    return int(done.stdout) / steps


def main() -> None:
    """Measure, print the tables, write the numbers."""
    chosen = options(__doc__)
    sizes = [300, 3_000] if chosen.quick else [300, 3_000, 30_000, 100_000]
    peers = {"symderiv": ours, **{p: RNN[p] for p, module in PEERS.items() if installed(module)}}
    missing = [p for p, module in PEERS.items() if not installed(module)]
    for name in peers:
        peers[name](5)  # imports, and SymPy's partials of the templates, once
    times: dict[str, dict[int, float]] = {name: {} for name in peers}
    for size in sizes:
        tasks = {name: (lambda f=f, size=size: f(size)) for name, f in peers.items() if size <= LARGEST.get(name, size)}
        gc.collect()
        for name, seconds in interleaved(tasks, chosen.rounds).items():
            times[name][size] = seconds
    rows = [
        [name, *(found.get(s, "-") for s in sizes), slope(list(found), list(found.values()))]
        for name, found in times.items()
    ]
    print("unrolled RNN: seconds for graph and gradient by everything, and the growth exponent")
    print(table(["peer", *(f"T={s}" for s in sizes), "slope"], rows))
    for name in (n for n in times if n != "symderiv"):
        last = max(times[name])
        print(f"  symderiv is {times[name][last] / times['symderiv'][last]:.2f} times as fast as {name} at T={last}")
    own_sizes = [3_000, 10_000] if chosen.quick else [5_000, 50_000, 500_000]
    own = [interleaved({"own": lambda s=s: ours(s)}, chosen.rounds)["own"] for s in own_sizes]
    print(f"symderiv from {2 * own_sizes[0]} to {2 * own_sizes[-1]} operations: exponent {slope(own_sizes, own):.3f}")
    others: dict[str, Any] = {}
    for title, tasks in OTHERS.items():
        size = {"heavy sharing": 100_000, "wide tanh network": 3_000}[title] // (10 if chosen.quick else 1)
        found = {n: (lambda f=f, size=size: f(size)) for n, f in tasks.items() if n == "symderiv" or installed(n)}
        others[title] = interleaved(found, chosen.rounds)
        print(f"{title}, {size}: " + ", ".join(f"{n} {s:.3g} s" for n, s in others[title].items()))
    measured = [n for n in ("symderiv", "casadi") if n in peers and os.path.exists("/proc")]
    memory = {n: memory_per_step(n, sizes[-1]) for n in measured}
    print("memory a step: " + ", ".join(f"{n} {b:.0f} bytes" for n, b in memory.items()))
    print(f"not installed, so not measured: {', '.join(missing) or 'none'}")
    report({"seconds": times, "own": dict(zip(own_sizes, own, strict=True)), "others": others, "memory": memory,
            "missing": missing}, chosen.json)  # fmt: skip


if __name__ == "__main__":
    main()
