"""Small graphs that several tests draw."""

from __future__ import annotations

from symderiv.graph import Graph

NASTY = [
    r"\write18{touch pwned}", '#{}%&_^~"<>', "x" * 10_000, r"$a$ \input{/etc/passwd}", "日本 é `ls` $(id) |x|",
    r"\N\l\r\G",
    "<script>alert(1)</script>", "a\x00b\nc\td", "", "}" * 50, r"\end{tikzpicture}", "]]>", "-- ; rank=same",
]  # fmt: skip


def rnn() -> Graph:
    """h_t = w (u_t + h_{t-1}) over three time steps, with a name for every intermediate value."""
    graph = Graph("unrolled RNN")
    w, u1, u2, u3 = graph.inputs("w u_1 u_2 u_3")
    p = graph.node("p", u1)
    q = graph.node("q", w * p)
    r = graph.node("r", u2 + q)
    s = graph.node("s", w * r)
    t = graph.node("t", u3 + s)
    graph.node("y", w * t)
    return graph


def recurrence(steps: int) -> Graph:
    """The same recurrence with an initial state, any number of time steps long."""
    graph = Graph(f"{steps} steps")
    w, h = graph.inputs("w h_0")
    for k in range(1, steps + 1):
        (u,) = graph.inputs([f"u_{k}"])
        h = graph.node(f"h_{k}", w * (u + h))
    return graph
