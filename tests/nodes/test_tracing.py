"""From a plain Python function to a graph: its local names name the nodes."""

import pytest

from symderiv.errors import GraphError
from symderiv.functions import tanh
from symderiv.graph import trace


def test_trace_names_nodes_after_local_names():
    def forward(w, u_1, u_2, u_3):
        q = w * u_1
        r = u_2 + q
        s = w * r
        t = u_3 + s
        y = w * t
        return y

    g = trace(forward, inputs="w u_1 u_2 u_3")
    assert [g.names[i] for i in range(4, len(g))] == ["q", "r", "s", "t", "y"]
    assert g.output.name == "y" and "u_{1}" in g.latex


def test_trace_numbers_names_bound_in_loops_and_lists():
    def rnn(w, h_0, x):
        h = h_0
        seen = []
        for value in x:
            h = tanh(w * h + value)
            seen.append(h * 2)
        return h

    g = trace(rnn, inputs="w h_0 x[3]")
    named = {name for name in g.named if name not in g.input_names}
    assert named == {"h_1", "h_2", "h_3", "seen_1", "seen_2", "seen_3"} and g.output.name == "h_3"
    assert g.latex is None or "rnn" in g.latex


def test_trace_takes_the_functions_own_arguments_and_names_the_output():
    g = trace(lambda a, b: a * b + a)
    assert g.input_names == ["a", "b"] and g.output.name == "y"


def test_trace_stops_at_a_branch_and_names_the_line():
    def branching(x):
        if x > 0:
            return x
        return -x

    line = branching.__code__.co_firstlineno + 1
    with pytest.raises(GraphError, match=rf"'x' has no order .*line {line}, in branching"):
        trace(branching)


@pytest.mark.parametrize("function", [lambda x: 3, lambda x: (x, "text"), lambda *x: x])
def test_trace_refuses_what_is_no_function_of_nodes(function):
    with pytest.raises(GraphError):
        trace(function)
