"""Labels of bound indices never meet the slots, whichever slots a product has."""

import pytest

from symderiv.certify import certify
from symderiv.indexed import lower
from symderiv.kernel.forms import next_label
from symderiv.kernel.networks import NETS, ONE, slot
from symderiv.scope import declare


def test_a_new_label_is_no_slot():
    ((net, _),) = next(iter(lower(declare(x="vector(n)").x).terms))
    h = NETS[net].factors[0][0]
    assert next_label([]) == next_label([(h, (ONE,), 1)]) == 0
    assert next_label([(h, (slot(1, "n"),), 1)]) == 0
    assert next_label([(h, (slot(1, "n"),), 1), (h, (("n", 4),), 1)]) == 5


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("hessian(sqrt(1 + q**2), x)", "2*q/h*eye(n) + 4*outer(x + b, x + b)/h**3"),
        ("hessian(log(1 + q**2), x)", "4*q/h**2*eye(n) + 8*(1 - q**2)/h**4*outer(x + b, x + b)"),
    ],
)
def test_a_denominator_is_cleared_beside_the_second_slot_alone(left, right):
    c = declare(x="vector(n)", b="scalar")
    where = {"q": "norm(x + b)**2", "h": "sqrt(1 + q**2)"}
    assert certify(left, right, symbols=c, where=where).verdict == "proved"
    assert certify(left, f"1.001*({right})", symbols=c, where=where).verdict == "refuted"
