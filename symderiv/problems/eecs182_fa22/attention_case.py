"""What problem 6 computes: the paper's attention, its gradients, its nearest tie, and the answers of part (b)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from symderiv.derivation import Derivation, begin
from symderiv.errors import ModelError
from symderiv.exact import read_matrix, read_vector
from symderiv.models.attention import Attention, attend, dot
from symderiv.models.attention_gradients import argmax_radius, gradients
from symderiv.models.transformer import FrozenShare, frozen_share
from symderiv.problem import Answer, Case, Cases
from symderiv.scope import Scope

KEYS = ((1, 2, 0), (0, 3, 4), (5, 0, 0), (0, 0, 1))
VALUES = ((2, 0, 1), (1, 4, 3), (0, -1, 4), (1, 0, -1))
QUERY = (1, 1, 2)
WIDTH = 512  # of the layer whose parameters are counted; its feed-forward part is four times as wide
ZERO_AWAY, TIE = "one key wins", "two keys with different values tie"


def attended(pooling: str = "argmax", query: Any = QUERY, ties: str = "first") -> Attention:
    """Attention over the keys and values of the paper."""
    return attend(read_vector(query), read_matrix(KEYS), read_matrix(VALUES), pooling, ties=ties)


def tied_query() -> tuple[sp.Expr, ...]:
    """The query nearest to the given one at which the best key ties with the next one it would lose to."""
    result = attended()
    best = result.winners[0]
    gaps = {i: [a - b for a, b in zip(result.keys[best], key, strict=True)] for i, key in enumerate(result.keys)}
    away = {i: (result.raw[best] - result.raw[i]) ** 2 / dot(g, g) for i, g in gaps.items() if i != best}
    nearest = min(away, key=lambda i: away[i])
    gap = gaps[nearest]
    step = dot(result.query, gap) / dot(gap, gap)
    return tuple(q - step * g for q, g in zip(result.query, gap, strict=True))


def frozen_gradients(result: Attention) -> bool:
    """Whether the derivatives by query and keys exist and are all zero."""
    try:
        found = gradients(result)
    except ModelError:
        return False
    return not any(entry for rows in (found.by_query, *found.by_keys) for row in rows for entry in row)


def reached_values(result: Attention) -> tuple[int, ...]:
    """The positions of the values that a gradient reaches."""
    by_values = gradients(result).by_values
    return tuple(i for i, rows in enumerate(by_values) if any(entry for row in rows for entry in row))


def shares(width: int = WIDTH) -> dict[int, FrozenShare]:
    """Frozen parameters of a layer with a feed-forward part of 0, 1, 2 and 4 times its width."""
    return {times: frozen_share(width, times * width) for times in (0, 1, 2, 4)}


def derivations(scope: Scope) -> dict[str, Derivation]:
    """The gradients of a loss by query, keys and values; ``u`` is the gradient that arrives at the output."""
    soft, hard, weights = "u@(V.T@softmax(K@q))", "u@(V.T@e)", "softmax(s)"
    centred = "({p})*(V@u - u@(V.T@({p}))*ones(n))"
    by_scores = centred.format(p="softmax(K@q)")

    def start(name: str, loss: str, by: str) -> Derivation:
        return begin(name, f"grad({loss}, {by})", scope)

    constant = "e stays the same nearby"
    return {
        "softmax s": start("softmax s", f"u@(V.T@{weights})", "s")
        .to(f"jacobian({weights}, s).T@(V@u)", why="chain rule")
        .to(f"(diag({weights}) - outer({weights}, {weights}))@(V@u)", why="derivative of the softmax")
        .to(centred.format(p=weights), why="multiplied out"),
        "softmax q": start("softmax q", soft, "q").to(f"K.T@({by_scores})", why="the scores are K q"),
        "softmax K": start("softmax K", soft, "K").to(f"outer({by_scores}, q)", why="the scores are K q"),
        "softmax V": start("softmax V", soft, "V").to("outer(softmax(K@q), u)", why="the output is linear in V"),
        "argmax q": start("argmax q", hard, "q").to("zeros(d)", why=constant),
        "argmax K": start("argmax K", hard, "K").to("zeros(n, d)", why=constant),
        "argmax V": start("argmax V", hard, "V").to("outer(e, u)", why="only the row of the winner is not zero"),
    }


def written(entries: Any) -> str:
    """A vector in a line of text; its entries are decimals that end."""
    return f"({', '.join(f'{float(x):g}' for x in entries)})".replace("-", "−")


def training_answers(shown: Mapping[str, Derivation]) -> tuple[Answer, ...]:
    """The answers of part (b): the gradients, and what the official text says about them."""
    result, tie = attended(), attended(query=tied_query(), ties="undefined")
    radius, margin = argmax_radius(result), result.margin
    assert radius is not None and margin is not None  # several keys, all different
    room = margin / (2 * sp.sqrt(dot(result.query, result.query)))
    told = ", ".join(f"{share.fraction} where d_ff / d = {times}" for times, share in shares().items())
    jump = " and ".join(written(tie.values[i]) for i in tie.winners)
    return (
        *(
            Answer(f"6b.{name.replace(' ', '.')}", line.end, f"gradient, {name}", derivation=line)
            for name, line in shown.items()
        ),
        Answer(
            "6b.selected",
            reached_values(result) == result.winners,
            "gradients reach the value picked by argmax and no other",
            evidence="the derivative by the winner's value is the identity, by every other value, key and the query 0",
            assumed="one key wins; what is said is about the pooling, not about the residual path around it",
        ),
        Answer(
            "6b.most",
            any(2 * share.frozen > share.total for share in shares().values()),
            "more than half of the weights of a transformer layer get no gradient",
            evidence=f"frozen are {' and '.join(shares()[4].names)}, a share of {told}",
            assumed="a layer has W_Q, W_K, W_V, W_O with values as wide as keys, and two feed-forward matrices",
        ),
        Answer(
            "6b.insensitive",
            bool(radius > 0 and room > 0),
            "away from ties small changes of query and keys leave the winner as it is",
            evidence=f"the winner stays while the query moves by less than {radius}, or every key by less than {room}; "
            "queries at which two different keys tie lie on hyperplanes",
        ),
        Answer(
            "6b.zero",
            Cases(
                (
                    Case(ZERO_AWAY, frozen_gradients(result), f"weights constant within {radius} around the query"),
                    Case(
                        TIE,
                        frozen_gradients(tie),
                        f"at the query {written(tie.query)} the output jumps between {jump}: no gradient exists",
                    ),
                )
            ),
            "the gradients with respect to keys and queries are zero",
        ),
        Answer(
            "6b.functions",
            shares()[4].names,
            "the weights that never get a gradient",
            evidence="the weights of the values, of the output and of the feed-forward part get one",
            assumed="plain gradient steps, no weight decay",
        ),
    )
