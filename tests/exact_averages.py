"""Averages as numbers, by enumeration and quadrature in NumPy: a route that shares nothing with the package.

A text is evaluated as Python, where E, Var and Cov sum over the outcomes of the random symbols in their argument.
"""

from __future__ import annotations

import ast
import itertools
import math
import re

import numpy as np

SIZES = {"n": 3, "d": 2, "k": 2}
KINKED = re.compile(r"\b(relu|sign|step|abs)\(")
SMOOTH = re.compile(r"\b(exp|log|sin|cos|tanh|sigmoid|erf|softmax)\(")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    up = np.exp(x)
    return up / up.sum(axis=-1, keepdims=True)


def total(x, axis=None):
    return np.sum(x, axis=axis)


FUNCTIONS = {
    "norm": lambda a: np.sqrt(np.sum(np.square(a))), "tr": np.trace, "diag": np.diag, "diagonal": np.diagonal,
    "outer": np.outer, "sum": total, "mean": lambda x, axis=None: np.mean(x, axis=axis),
    "var": lambda x, axis=None: np.var(x, axis=axis), "col": lambda v: v[:, None], "inv": np.linalg.inv,
    "logdet": lambda a: np.linalg.slogdet(a)[1], "sqrt": np.sqrt, "exp": np.exp, "log": np.log, "sin": np.sin,
    "cos": np.cos, "tanh": np.tanh, "sigmoid": sigmoid, "softmax": softmax, "relu": lambda x: np.maximum(x, 0),
    "step": lambda x: np.heaviside(x, 0.5), "sign": np.sign, "abs": np.abs, "erf": np.vectorize(math.erf),
    "eye": np.eye, "ones": lambda *s: np.ones(s), "zeros": lambda *s: np.zeros(s), "pi": math.pi,
}  # fmt: skip


class Averages:
    """Fixed values for every symbol that is not random, and outcomes for those that are."""

    def __init__(self, declarations, seed=3):
        self.names = dict(FUNCTIONS, **SIZES, E=self.mean, Var=self.variance, Cov=self.covariance)
        self.laws, self.shapes, self.nodes = {}, {}, 4
        rng = np.random.default_rng(seed)
        for name, text in declarations.items():
            kind, _, law = (part.strip() for part in text.partition("~"))
            shape = re.match(r"(?:vector|matrix)\(([^)]*)\)", kind)
            self.shapes[name] = tuple(SIZES[s.strip()] for s in shape[1].split(",")) if shape else ()
            if law:
                self.laws[name] = law
            else:
                self.names[name] = fixed(rng, self.shapes[name], kind)

    def value(self, text):
        """The value of a text; the nodes of a quadrature are enough for polynomials of degree seven."""
        entries = sum(math.prod(self.shapes[s]) for s in random_names(ast.parse(text), self.laws))
        functions = KINKED.search(text) or SMOOTH.search(text)
        self.nodes = 4 if not functions else 40 if entries <= 2 else 10
        return np.asarray(self._run(ast.parse(text, mode="eval").body), dtype=float)

    def _run(self, tree):
        held = ast.fix_missing_locations(ast.Expression(Held(self.laws).visit(tree)))
        return eval(compile(held, "<average>", "eval"), self.names)  # the texts are those of the test

    def outcomes(self, name):
        """Each value of a random symbol with its probability."""
        call = ast.parse(self.laws[name], mode="eval").body
        args = [self._run(a) for a in call.args]
        given = {k.arg: self._run(k.value) for k in call.keywords}
        return LAWS[call.func.id](self.shapes[name], self.nodes, *args, **given)

    def mean(self, names, f):
        """Σ weight f over the outcomes of the named symbols."""
        result = 0.0
        for picks in itertools.product(*map(self.outcomes, names)):
            self.names.update({name: value for name, (_, value) in zip(names, picks, strict=True)})
            result = result + math.prod(w for w, _ in picks) * np.asarray(f())
        return result

    def variance(self, names, f):
        return self.mean(names, lambda: np.square(f())) - np.square(self.mean(names, f))

    def covariance(self, names, f, *g):
        g = g[0] if g else f
        product = lambda u, v: np.multiply.outer(np.asarray(u), np.asarray(v))  # noqa: E731
        return self.mean(names, lambda: product(f(), g())) - product(self.mean(names, f), self.mean(names, g))


def random_names(tree, laws):
    return sorted({t.id for t in ast.walk(tree) if isinstance(t, ast.Name) and t.id in laws})


class Held(ast.NodeTransformer):
    """E(f) as E(names, lambda: f)."""

    def __init__(self, laws):
        self.laws = laws

    def visit_Call(self, node):
        names = random_names(node, self.laws)
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in ("E", "Var", "Cov"):
            empty = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
            node.args = [ast.Constant(names, kind=None), *(ast.Lambda(empty, a) for a in node.args)]
            node.args[0] = ast.List([ast.Constant(n) for n in names], ast.Load())
        return node


def fixed(rng, shape, kind):
    """A value with the declared structure."""
    if "simplex" in kind:
        return rng.dirichlet(np.ones(shape[-1]), size=shape[:-1] or None)
    if "in (0, 1)" in kind or "positive" in kind:
        return rng.uniform(0.3, 0.9, shape)
    a = rng.normal(size=shape) * 0.7
    if "spd" in kind:
        return a @ a.T + 0.5 * np.eye(len(a))
    if "symmetric" in kind:
        return a + a.T
    return np.diag(np.diagonal(a)) if "diagonal" in kind else a


def independent(shape, scalars):
    """Outcomes of an array from those of each entry, which are given in the shape's order."""
    for picks in itertools.product(*scalars):
        yield math.prod(w for w, _ in picks), np.array([v for _, v in picks], dtype=float).reshape(shape)


def normal(shape, nodes, mean=0.0, std=1.0, cov=None):
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    standard = [list(zip(weights / math.sqrt(2 * math.pi), points, strict=True))] * math.prod(shape)
    root = None if cov is None else np.linalg.cholesky(cov)
    for w, z in independent(shape, standard):
        yield w, mean + (std * z if root is None else root @ z)


def uniform(shape, nodes, low, high):
    points, weights = np.polynomial.legendre.leggauss(nodes)
    entry = list(zip(weights / 2, (low + high) / 2 + points * (high - low) / 2, strict=True))
    return list(independent(shape, [entry] * math.prod(shape)))


def bernoulli(shape, nodes, p):
    return list(independent(shape, [[(1 - q, 0), (q, 1)] for q in np.broadcast_to(p, shape).ravel()]))


def rademacher(shape, nodes):
    return list(independent(shape, [[(0.5, -1), (0.5, 1)]] * math.prod(shape)))


def one_hot(shape, nodes, q):
    rows = np.atleast_2d(q)
    for picks in itertools.product(range(shape[-1]), repeat=len(rows)):
        yield math.prod(row[k] for row, k in zip(rows, picks, strict=True)), np.eye(shape[-1])[list(picks)].reshape(shape)


LAWS = {"normal": normal, "uniform": uniform, "bernoulli": bernoulli, "rademacher": rademacher, "one_hot": one_hot}
