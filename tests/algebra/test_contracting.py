"""Networks summed point by point, against einsum."""

import numpy as np
import pytest
from exact_averages import FUNCTIONS

from symderiv.algebra.contracting import Network
from symderiv.errors import LimitError
from symderiv.scope import declare

C = declare(A="matrix(n, n)", B="matrix(n, n)", S="matrix(n, n), symmetric", u="vector(n)", v="vector(n)")
RNG = np.random.default_rng(5)
VALUES = {"A": RNG.normal(size=(3, 3)), "B": RNG.normal(size=(3, 3)), "u": RNG.normal(size=3), "v": RNG.normal(size=3)}
VALUES["S"] = VALUES["A"] + VALUES["A"].T

NETS = [  # factors with their indices, and the indices that stay
    ("u:a v:a", ""), ("u:a", ""), ("u:a u:a", ""), ("u:a A:ab v:b", ""), ("A:ab B:ba", ""), ("A:ab B:ab", ""), ("A:aa", ""),
    ("A:ab A:ab", ""), ("A:ab S:bc A:cd S:da", ""), ("A:ia v:a", "i"), ("A:ai v:a", "i"), ("A:ia S:ab A:ib", "i"),
    ("A:ia B:ia v:a", "i"), ("A:ia B:ja", "ij"), ("A:ia u:a B:aj", "ij"), ("u:i A:ij v:j", "ij"), ("u:i v:j", "ij"),
    ("A:ij B:ji", "ij"), ("u:j A:ij", "ij"), ("u:i A:ij", "ij"), ("A:ab B:ab S:ab", ""), ("A:ia B:ib S:ab v:b", "i"),
    ("A:ab", ""), ("A:ia", "i"), ("u:a A:ab B:cb v:c u:c", ""), ("A:ab B:bc v:a A:ca", ""),
]  # fmt: skip


@pytest.mark.parametrize(("net", "kept"), NETS)
def test_a_network_has_the_value_of_einsum(net, kept):
    factors = [part.split(":") for part in net.split()]
    letters = sorted({i for _, idx in factors for i in idx})
    points = {i: ("n", -1 - kept.index(i) if i in kept else k) for k, i in enumerate(letters)}
    network = Network()
    for name, idx in factors:
        network.put(C[name], tuple(points[i] for i in idx))
    network.sum_over(p for i, p in points.items() if i not in kept)
    found = str(network.written([points[i] for i in kept])) if kept else "1"
    for base, e in network.scalars.items():
        found += f"*({base})**({e})"
    wanted = np.einsum(",".join(idx for _, idx in factors) + "->" + kept, *(VALUES[name] for name, _ in factors))
    # the text is the printer's own, and its grammar is NumPy's: Python evaluates it, which the package never does
    assert np.allclose(eval(found, {**FUNCTIONS, **VALUES, "n": 3}), wanted), found


def test_three_matrices_at_each_point_are_refused():
    network = Network()
    points = [("n", k) for k in range(4)]
    for i, first in enumerate(points):
        for second in points[i + 1 :]:
            network.put(C.A, (first, second))
    with pytest.raises(LimitError, match="three matrices share an index"):
        network.sum_over(points)


def test_an_index_too_many_is_refused():
    with pytest.raises(LimitError, match="more than two indices"):
        Network().put(C.A, (("n", 0), ("n", 1), ("n", 2)))
