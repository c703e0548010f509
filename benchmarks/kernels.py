"""Value and full gradient of unrolled RNNs at many points, beside other ways to compute them in the same run.

    python benchmarks/kernels.py [--quick] [--rounds 5] [--json FILE]

Two recurrences: h = w (u + h), and tanh of it.  Peers: lambdify(cse=True), JAX (jit, unrolled and scan), CasADi
(mapped function), PyTorch, and for the first a fused C loop compiled on the spot, which does nothing but the
arithmetic.  JAX and PyTorch use all cores, the others one where nothing else is said.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from harness import installed, interleaved, options, report, table

C_LOOP = r"""
#define B 256
void rnn(const double *X, double *Y, long T, long N, double *R) {
  for (long lo = 0; lo < N; lo += B) {
    long n = N - lo < B ? N - lo : B;
    const double *w = X + lo;
    double h[B], a[B], sum[B];
    for (long j = 0; j < n; j++) h[j] = 0;
    for (long t = 0; t < T; t++) {
      const double *u = X + (t + 1) * N + lo; double *r = R + t * B;
      for (long j = 0; j < n; j++) { r[j] = u[j] + h[j]; h[j] = w[j] * r[j]; }
    }
    for (long j = 0; j < n; j++) { Y[lo + j] = h[j]; a[j] = 1; sum[j] = 0; }
    for (long t = T - 1; t >= 0; t--) {
      double *g = Y + (t + 2) * N + lo; const double *r = R + t * B;
      for (long j = 0; j < n; j++) { sum[j] += a[j] * r[j]; a[j] *= w[j]; g[j] = a[j]; }
    }
    for (long j = 0; j < n; j++) Y[N + lo + j] = sum[j];
  }
}
"""

Run = Callable[[Any], Any]


def _plain(w: Any, u: Any, h: Any, _: Any) -> Any:
    return w * u if h is None else w * (u + h)


def _tanh(w: Any, u: Any, h: Any, library: Any) -> Any:
    return library.tanh(_plain(w, u, h, library))


Step = Callable[[Any, Any, Any, Any], Any]
STEPS: dict[str, Step] = {"": _plain, "tanh ": _tanh}


def _loss(step: Step, library: Any, w: Any, u: Any) -> Any:
    h = None
    for value in u:
        h = step(w, value, h, library)
    return h


def _graph(step: Step, steps: int) -> tuple[Any, Any, list[Any]]:
    from symderiv import functions
    from symderiv.graph import Graph

    g = Graph("RNN")
    w, u = g.inputs(f"w u[{steps}]")
    return g, _loss(step, functions, w, u), [w, *u]


def into_one_array(batch: Callable[..., Any], rows: int) -> Run:
    """Results go into an array that is made once, as in a loop over batches; peers recycle theirs in an allocator."""
    kept: dict[int, Any] = {}

    def run(x: Any) -> Any:
        if x.shape[1] not in kept:
            kept.clear()
            kept[x.shape[1]] = np.empty((rows, x.shape[1]))
        return batch(x, out=kept[x.shape[1]])

    return run


def ours(step: Step, steps: int) -> Run:
    g, h, wrt = _graph(step, steps)
    return into_one_array(g.kernel(h, wrt=wrt).batch, steps + 2)


def ours_fresh(step: Step, steps: int) -> Run:
    g, h, wrt = _graph(step, steps)
    return g.kernel(h, wrt=wrt).batch


def ours_threads(step: Step, steps: int) -> Run:
    g, h, wrt = _graph(step, steps)
    return into_one_array(g.kernel(h, wrt=wrt, threads=2).batch, steps + 2)


def ours_numba(step: Step, steps: int, threads: int = 1) -> Run:
    g, h, wrt = _graph(step, steps)
    run = g.kernel(h, wrt=wrt, backend="numba", threads=threads).batch
    run(np.full((steps + 1, 2), 0.5))
    return into_one_array(run, steps + 2)


def ours_numba_threads(step: Step, steps: int) -> Run:
    return ours_numba(step, steps, threads=2)


def lambdify(step: Step, steps: int) -> Run:
    import sympy as sp

    w, u = sp.Symbol("w"), sp.symbols(f"u_1:{steps + 1}")
    h = _loss(step, sp, w, u)
    function = sp.lambdify([w, *u], [h, *(sp.diff(h, s) for s in (w, *u))], modules="numpy", cse=True)
    return lambda x: function(*x)


def jax_unrolled(step: Step, steps: int) -> Run:
    import jax

    jax.config.update("jax_enable_x64", True)
    loss = jax.value_and_grad(lambda x: _loss(step, jax.numpy, x[0], x[1:]))
    run = jax.jit(jax.vmap(loss, in_axes=1, out_axes=(0, 1)))
    return lambda x: jax.block_until_ready(run(x))


def jax_scan(step: Step, steps: int) -> Run:
    import jax

    jax.config.update("jax_enable_x64", True)

    def loss(x: Any) -> Any:
        first = step(x[0], x[1], None, jax.numpy)
        return jax.lax.scan(lambda h, u: (step(x[0], u, h, jax.numpy), None), first, x[2:])[0]

    run = jax.jit(jax.vmap(jax.value_and_grad(loss), in_axes=1, out_axes=(0, 1)))
    return lambda x: jax.block_until_ready(run(x))


def casadi(step: Step, steps: int) -> Run:
    import casadi as ca

    x = ca.SX.sym("x", steps + 1)
    h = _loss(step, ca, x[0], [x[k] for k in range(1, steps + 1)])
    function = ca.Function("f", [x], [h, ca.gradient(h, x)])
    return lambda points: function(points)


def torch(step: Step, steps: int) -> Run:
    import torch as module

    def run(x: Any) -> Any:
        rows = [module.from_numpy(row).requires_grad_() for row in x]
        value = _loss(step, module, rows[0], rows[1:])
        return value, module.autograd.grad(value.sum(), rows)

    return run


def fused_c(steps: int) -> Run:
    folder = Path(tempfile.mkdtemp())
    (folder / "rnn.c").write_text(C_LOOP)
    flags = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, "rnn.c", "-o", "rnn.so"], check=True, cwd=folder)
    library = ctypes.CDLL(str(folder / "rnn.so"))
    shutil.rmtree(folder)
    stack = np.empty((steps, 256))

    def pointer(array: Any) -> Any:
        return array.ctypes.data_as(ctypes.c_void_p)

    def batch(x: Any, out: Any) -> Any:
        library.rnn(pointer(x), pointer(out), ctypes.c_long(steps), ctypes.c_long(x.shape[1]), pointer(stack))
        return out

    return into_one_array(batch, steps + 2)


MAKERS: dict[str, tuple[str, Callable[[Step, int], Run]]] = {
    "symderiv": ("numpy", ours),
    "symderiv, without out": ("numpy", ours_fresh),
    "symderiv, 2 threads": ("numpy", ours_threads),
    "symderiv numba": ("numba", ours_numba),
    "symderiv numba, 2 threads": ("numba", ours_numba_threads),
    "lambdify cse": ("sympy", lambdify),
    "jax unrolled": ("jax", jax_unrolled),
    "jax scan": ("jax", jax_scan),
    "casadi": ("casadi", casadi),
    "torch": ("torch", torch),
}
CASES = [
    ("", 30, [10_000]), ("", 30, [1_000_000]), ("", 300, [10_000, 100_000]),
    ("tanh ", 30, [10_000]), ("tanh ", 300, [100_000]),
]  # fmt: skip
LARGEST = {"lambdify cse": 30, "jax unrolled": 300}  # beyond it compiling alone takes minutes


def compile_times(rounds: int, sizes: list[int]) -> dict[int, float]:
    """Seconds from a built graph to a kernel that can be called."""
    found = {}
    for steps in sizes:
        g, h, wrt = _graph(_plain, steps)
        found[steps] = interleaved({"own": lambda g=g, h=h, w=wrt[0]: g.kernel(h, wrt=[w])}, rounds)["own"]
    return found


def measure(recurrence: str, steps: int, sizes: list[int], rounds: int) -> dict[str, dict[str, float]]:
    """Million points a second of every peer, for each size of batch."""
    runs: dict[str, Run] = {}
    for name, (module, make) in MAKERS.items():
        if installed(module) and steps <= LARGEST.get(name, steps):
            start = time.perf_counter()
            runs[name] = make(STEPS[recurrence], steps)
            print(f"{recurrence}T={steps} {name}: made in {time.perf_counter() - start:.2f} s", flush=True)
    if not recurrence and shutil.which("gcc"):
        runs["fused C"] = fused_c(steps)
    speed = {}
    for points in sizes:
        x = np.random.default_rng(0).uniform(0.5, 1.0, (steps + 1, points))
        for run in runs.values():
            run(x)
        times = interleaved({name: (lambda run=run, x=x: run(x)) for name, run in runs.items()}, rounds)
        speed[f"{recurrence}T={steps} N={points}"] = {name: points / t / 1e6 for name, t in times.items()}
    return speed


def main() -> None:
    """Measure, print the tables, write the numbers."""
    chosen = options(__doc__)
    cases = CASES[:1] if chosen.quick else CASES
    missing = [name for name, (module, _) in MAKERS.items() if not installed(module)]
    missing += [] if shutil.which("gcc") else ["fused C"]
    speed: dict[str, dict[str, float]] = {}
    for recurrence, steps, sizes in cases:
        speed |= measure(recurrence, steps, sizes, chosen.rounds)
    names = [*MAKERS, "fused C"]
    print("million points a second, value and full gradient")
    print(table(["peer", *speed], [[n, *(column.get(n, "-") for column in speed.values())] for n in names]))
    for case, column in speed.items():
        for own in (name for name in ("symderiv", "symderiv numba", "symderiv numba, 2 threads") if name in column):
            ratios = (f"{column[own] / s:.2f} x {n}" for n, s in column.items() if not n.startswith("symderiv"))
            print(f"  {case}: {own} is {', '.join(ratios)}")
    compiling = compile_times(chosen.rounds, [300, 3_000] if chosen.quick else [300, 3_000, 30_000, 100_000])
    print("seconds to compile: " + ", ".join(f"T={t} {s:.3g}" for t, s in compiling.items()))
    print(f"not installed, so not measured: {', '.join(missing) or 'none'}")
    report({"million points a second": speed, "compile": compiling, "missing": missing}, chosen.json)


if __name__ == "__main__":
    main()
