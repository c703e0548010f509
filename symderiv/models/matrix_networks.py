"""Losses whose nodes are vectors and matrices of symbolic size, as graphs: autoencoder, dropout, Tikhonov, networks.

Each returns a ``Graph`` with a scope; ``graph.backward(graph.output)`` differentiates it
edge by edge for all sizes.
"""

from __future__ import annotations

from symderiv.errors import ModelError, UnknownNameError
from symderiv.graph import Graph
from symderiv.operators import members
from symderiv.scope import declare

MAX_LAYERS = 20
MAX_TIME_STEPS = 20


def autoencoder_graph(penalty: bool = False) -> Graph:
    """‖X - W₂W₁X‖²/n for X (m, n) with a point in each column, encoder W₁ (k, m), decoder W₂ (m, k).

    With ``penalty`` the squares of both weights are added, λ times: the output is L_lam.

    >>> g = autoencoder_graph()
    >>> str(g.backward(g.output).total("W_1"))
    '-2*W_2.T@(X - W_2@W_1@X)@X.T/n'
    """
    scope = declare(W_1="matrix(k, m)", W_2="matrix(m, k)", X="matrix(m, n)", lam="scalar, positive")
    g = Graph("linear autoencoder with weight decay" if penalty else "linear autoencoder", scope)
    w1, w2, x = g.inputs("W_1 W_2 X")
    hidden = g.node("H", w1 @ x)
    rebuilt = g.node("X_hat", w2 @ hidden)
    g.node("D", x - rebuilt)
    loss = g.node("L", "norm(D)**2/n")
    if penalty:
        decay = g.node("P", "lam*(norm(W_1)**2 + norm(W_2)**2)")
        g.node("L_lam", loss + decay)
    return g


def dropout_loss_graph() -> Graph:
    """E‖y - (R ⊙ X)w‖² for X (n, d) and a mask R of independent Bernoulli(p) entries; w is called w_check.

    >>> g = dropout_loss_graph()
    >>> b = g.backward(g.output)
    >>> print(b.adjoint("w_check"), b.certificate("w_check").verdict)
    -2*E(M.T@r) proved
    """
    scope = declare(
        X="matrix(n, d)", y="vector(n)", w_check="vector(d)", p="scalar, in (0, 1)", R="matrix(n, d) ~ bernoulli(p)"
    )
    g = Graph("least squares with dropout", scope)
    x, y, w, mask = g.inputs("X y w_check R")
    masked = g.node("M", mask * x)
    g.node("r", y - g.node("z", masked @ w))
    g.node("s", "norm(r)**2")
    g.node("L", "E(s)")
    return g


def tikhonov_graph(transformed: bool = False) -> Graph:
    """‖y - Xw‖² + ‖Γw‖² for X (n, d), invertible Γ (d, d); or after the change of variables w̃ = Γw.

    The transformed loss is ‖y - X̃w̃‖² + ‖w̃‖² with X̃ = XΓ⁻¹, a ridge regression.
    """
    scope = declare(
        X="matrix(n, d)", y="vector(n)", w="vector(d)", w_tilde="vector(d)", Gamma="matrix(d, d), invertible"
    )
    g = Graph("ridge regression in new variables" if transformed else "Tikhonov-regularised least squares", scope)
    if transformed:
        x, y, gamma, w = g.inputs("X y Gamma w_tilde")
        data = g.node("X_tilde", "X@inv(Gamma)")
        g.node("r", y - g.node("z", data @ w))
        g.node("L", "norm(r)**2 + norm(w_tilde)**2")
    else:
        x, y, gamma, w = g.inputs("X y Gamma w")
        g.node("r", y - g.node("z", x @ w))
        g.node("u", gamma @ w)
        g.node("L", "norm(r)**2 + norm(u)**2")
    return g


def softmax_network_graph(layers: int = 2, activation: str = "relu") -> Graph:
    """Cross-entropy of a softmax network on a batch X (n, d) with label rows Y (n, q) that sum to one.

    Layer l computes A_l = H_{l-1} W_l + b_l and H_l = activation(A_l); the last one P = softmax(Z), and the loss is
    -Σ Y log P / n.  Raises ModelError for no layer or too many, UnknownNameError for an activation that is no
    elementwise map of the grammar.

    >>> g = softmax_network_graph()
    >>> str(g.backward(g.output).adjoint("Z"))
    '(P - Y)/n'
    """
    _counted("layers of a network", layers, MAX_LAYERS)
    _elementwise(activation)
    sizes = ["d", *(f"k_{layer}" for layer in range(1, layers)), "q"]
    weights = {f"W_{k}": f"matrix({a}, {b})" for k, (a, b) in enumerate(zip(sizes, sizes[1:], strict=False), 1)}
    biases = {f"b_{k}": f"vector({size})" for k, size in enumerate(sizes[1:], 1)}
    g = Graph("softmax network", declare(X="matrix(n, d)", Y="matrix(n, q), simplex", **weights, **biases))
    g.inputs(["X", *(name for pair in zip(weights, biases, strict=True) for name in pair), "Y"])
    hidden = "X"
    for k in range(1, layers):
        g.node(f"A_{k}", f"{hidden}@W_{k} + b_{k}")
        hidden = g.node(f"H_{k}", f"{activation}(A_{k})").name
    g.node("Z", f"{hidden}@W_{layers} + b_{layers}")
    g.node("P", "softmax(Z)")
    g.node("L", "-sum(Y*log(P))/n")
    return g


def matrix_rnn_graph(time_steps: int = 3, activation: str = "tanh") -> Graph:
    """An unrolled recurrent network h_t = activation(W h_{t-1} + U x_t + b) with the loss ‖h_T - y‖²/2.

    W (k, k), U (k, d) and b (k) are shared by all time steps.  Raises ModelError for no time step or too many,
    UnknownNameError for an activation that is no elementwise map of the grammar.

    >>> g = matrix_rnn_graph(2)
    >>> [str(edge.partial) for edge in g.backward(g.output).edges("W")]
    ['outer(a_1_bar, h_0)', 'outer(a_2_bar, h_1)']
    """
    _counted("time steps of a network", time_steps, MAX_TIME_STEPS)
    _elementwise(activation)
    steps = range(1, time_steps + 1)
    scope = declare(
        W="matrix(k, k)", U="matrix(k, d)", b="vector(k)", h_0="vector(k)", y="vector(k)",
        **{f"x_{t}": "vector(d)" for t in steps},
    )  # fmt: skip
    g = Graph("unrolled recurrent network", scope)
    g.inputs(["W", "U", "b", "h_0", *(f"x_{t}" for t in steps), "y"])
    for t in steps:
        g.node(f"a_{t}", f"W@h_{t - 1} + U@x_{t} + b")
        g.node(f"h_{t}", f"{activation}(a_{t})")
    g.node("L", f"norm(h_{time_steps} - y)**2/2")
    return g


def _counted(what: str, count: int, most: int) -> None:
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= most:
        raise ModelError(f"the number of {what} is {count!r}; it must be an integer between 1 and {most}")


def _elementwise(name: str) -> None:
    if name not in members("map"):
        raise UnknownNameError("activation", name, members("map"))
