"""Problem 6: attention that picks the value of the best key, and what argmax does to training."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symderiv.derivation import Derivation
from symderiv.document import Blank, Figure, Formula, Formulas, Math, Prose, Table, chain
from symderiv.exact import read_vector
from symderiv.models.attention import attend
from symderiv.models.attention_gradients import argmax_radius
from symderiv.models.transformer import FrozenShare
from symderiv.problem import Answer, Part, Problem
from symderiv.problems.eecs182_fa22.attention_case import (
    WIDTH,
    attended,
    derivations,
    shares,
    tied_query,
    training_answers,
    written,
)
from symderiv.problems.eecs182_fa22.attention_layer import figure
from symderiv.scope import Scope, declare

EXAMPLE = (1, 3, 2)  # the scores by which the paper explains argmax
NUMBERS: dict[str, Any] = {}  # official values of this part are plain numbers


def problem() -> Problem:
    """The problem with its computed answers."""
    scope = declare(
        q="vector(d)", K="matrix(n, d)", V="matrix(n, m)", e="vector(n)", s="vector(n)", o="vector(m)", u="vector(m)"
    )
    return Problem(
        number=6,
        title="Attention with argmax",
        scope=scope,
        points=10,
        intro=(
            Prose(
                "Attention compares a query with every key, turns the scores into weights by a softmax, and returns "
                "the weighted sum of the values. Here the softmax is replaced by argmax: the value of the key with "
                "the largest inner product with the query is returned, and nothing else."
            ),
        ),
        parts=(_output(), _training(scope)),
    )


def _output() -> Part:
    result = attended()
    keys, values = sp.Matrix(result.keys), sp.Matrix(result.values)
    scores, weights, output = (sp.Matrix(v) for v in (result.scores, result.weights, result.output))
    query = sp.Matrix(result.query)
    example = attend([sp.Integer(1)], [[s] for s in read_vector(EXAMPLE)], [[sp.Integer(0)]] * len(EXAMPLE), "argmax")
    best = result.winners[0]
    return Part(
        "a",
        (
            Prose("Here are four keys, their values, and a query:"),
            Table(
                ("", "Key", "Value"),
                tuple(
                    (str(i + 1), Math(sp.Tuple(*result.keys[i])), Math(sp.Tuple(*result.values[i])))
                    for i in range(keys.rows)
                ),
                "ccc",
            ),
            Formula(("q", "=", sp.Tuple(*result.query))),
            Prose(
                f"Compute the scores, the weights and the output of the layer. Argmax puts a one at the largest score "
                f"and zeros elsewhere; the scores {EXAMPLE} would give {example.weights}."
            ),
            Blank("Your work", height=5),
            Formula(("o", "=", Blank(width=4, answer=sp.Tuple(*output)))),
        ),
        (
            Prose("With the keys as the rows of $K$, the scores are their inner products with the query:"),
            Formula(("s", "=", "K@q", "=", sp.MatMul(keys, query, evaluate=False), "=", scores)),
            Prose(
                f"Key {best + 1} wins by {result.margin}, so that the weights $e$ select value {best + 1}, a row of "
                "$V$; the others are multiplied by zero:"
            ),
            Formula(("o", "=", "V.T@e", "=", sp.MatMul(values.T, weights, evaluate=False), "=", output)),
        ),
        points=6,
        answers=(
            Answer("6a.example", example.weights, "argmax of the scores in the explanation", scope=NUMBERS),
            Answer("6a.scores", result.scores, "inner products of the query with the keys", scope=NUMBERS),
            Answer("6a.argmax", result.weights, "the weights", scope=NUMBERS),
            Answer(
                "6a.zeroed",
                tuple(i + 1 for i, w in enumerate(result.weights or ()) if w) == (best + 1,),
                "only the value of the key with the largest score is not multiplied by zero",
                evidence=f"score {result.scores[best]}, the next one is lower by {result.margin}",
            ),
            Answer("6a", result.output, "the output of the layer", scope=NUMBERS),
        ),
    )


def _training(scope: Scope) -> Part:
    shown = derivations(scope)
    layer = shares()[4]
    radius = argmax_radius(attended())
    return Part(
        "b",
        (
            Prose(
                "Could a model with this kind of attention be trained by gradient descent? Say what the gradients with "
                "respect to the query, the keys and the values are, and which weights of a transformer layer can learn."
            ),
            Blank("Your answer", height=5),
        ),
        (
            Prose(
                "**Not usefully: the query and the keys get no gradient.** Let $u$ be the gradient of the loss with "
                "respect to the output. **With a softmax** the scores $s$ get a gradient, through them the query and "
                "every key, and every value gets one too:"
            ),
            chain(shown["softmax s"], numbered=False),
            Formulas(tuple(_result(shown[f"softmax {x}"]) for x in "qKV")),
            Prose(
                "**With argmax** the weights $e$ do not change when query and keys change a little, and only the value "
                "that was picked gets a gradient:"
            ),
            Formulas(tuple(_result(shown[f"argmax {x}"]) for x in "qKV")),
            _compared(),
            Prose(f"In part (a) the same key wins as long as the query moves by less than ${radius}$."),
            _at_a_tie(),
            Figure(
                figure(),
                "A layer and its weights. No gradient comes back along the dashed edges.",
                alt="The weights of a transformer layer; those of query and keys get no gradient.",
                label="frozen",
            ),
            Prose(
                "So the functions that make queries and keys never learn where to look (@{frozen}). They are not most "
                f"of a layer, though: {layer.fraction} of its weights where the feed-forward part is four times as "
                f"wide as the layer, {shares()[0].fraction} where there is none. The rest is trained, on whatever the "
                "untrained queries and keys happen to pick."
            ),
            _counted(layer),
        ),
        points=4,
        answers=training_answers(shown),
    )


def _result(line: Derivation) -> Formula:
    return Formula((line.start, "=", line.end))


def _compared() -> Table:
    """The scores of part (a) under both poolings."""
    hard, soft = attended(), attended("softmax")
    rows = tuple(
        (str(i + 1), Math(hard.scores[i]), Math((hard.weights or ())[i]), f"{float((soft.weights or ())[i]):.4f}")
        for i in range(len(hard.scores))
    )
    return Table(("Key", "Score", "Argmax", "Softmax"), rows, "rrrr", caption="The weights in part (a).")


def _at_a_tie() -> Prose:
    query = tied_query()
    result = attended(query=query, ties="undefined")
    first, second = (result.values[i] for i in result.winners)
    return Prose(
        f"Where two keys tie, for instance at $q$ = {written(query)}, the output jumps between the values "
        f"{written(first)} and {written(second)}, and there is no gradient at all; such queries lie on planes, which a "
        "random query misses."
    )


def _counted(layer: FrozenShare) -> Table:
    rows = (
        *(
            (Math(sp.Symbol(group.name)), f"{group.count:,}".replace(",", " "), "none" if group.frozen else "yes")
            for group in layer.groups
        ),
        ("all", f"{layer.total:,}".replace(",", " "), f"none for {layer.fraction}"),
    )
    caption = f"A layer of width {WIDTH} with {4 * WIDTH} hidden units."
    return Table(("Weight", "Entries", "Gradient"), rows, "lrl", caption)
