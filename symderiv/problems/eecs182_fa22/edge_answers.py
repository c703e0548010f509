"""The answers of problem 7 (b): they depend on which sides are padded, and on pictures that are not in the text."""

from __future__ import annotations

import sympy as sp

from symderiv.problem import Answer, Case, Cases
from symderiv.problems.eecs182_fa22 import edge_network as net

INSIDE, BORDER = "and the given line is not at the border", "and the given line is at the border"
LOST = "the pictures of x_1, x_2 and of the fourth image are not in the text"


def shift_answers() -> tuple[Answer, ...]:
    """Invariance, the features of the two images, and whether they are shifts of the given ones."""
    invariant = {padding: net.invariant(padding) for padding in net.PADS}
    return (
        Answer(
            "7b.invariance",
            Cases(tuple(Case(padding, holds, _told(padding)) for padding, holds in invariant.items())),
            "the network is invariant under circular shifts",
            assumed="circular padding of 1 is described by copies before the first row and column; "
            "whether a copy stands behind the last ones too, as a padding of 1 does in part (a), is not said",
        ),
        Answer(
            "7b.shift",
            Cases(
                (
                    Case("the given image is one column of ones", all(map(_reached, range(net.COLUMNS)))),
                    Case("the given image is a step from zeros to ones", net.shifted_to(step(), _asked())),
                ),
                open=True,
            ),
            "the images asked about are circular shifts of the given ones",
            assumed=LOST,
        ),
        Answer("7b.g3", Cases(_features(invariant), open=True), "the features of x_3", scope={}, assumed=LOST),
        Answer(
            "7b.g4",
            Cases(
                tuple(
                    Case(case.when, case.value == net.GIVEN["vertical"], case.evidence) for case in _features(invariant)
                ),
                open=True,
            ),
            "a shifted image has the features of the given one",
            assumed=LOST + "; decided for lines in columns, and rows are like columns",
        ),
    )


def step() -> net.Image:
    """An image with a vertical edge of another kind: zeros at the left, ones from the middle on."""
    return [[[int(2 * j >= net.COLUMNS) for j in range(net.COLUMNS)] for _ in range(net.ROWS)]]


def _asked() -> net.Image:
    return net.vertical(net.LINE_3)


def _reached(column: int) -> bool:
    return net.shifted_to(net.vertical(column), _asked())


def _told(padding: str) -> str:
    before, after = ("×".join(map(str, net.sizes(padding)[i][:2])) for i in (0, -3))
    if net.invariant(padding):
        return f"activations stay {after}, every layer turns with the image: for all weights and all shifts"
    border, place = net.border()[-1], net.LINE_3 + 1
    _, found = net.at_the_border(border)
    return (
        f"activations grow from {before} to {after} and repeat cells of the border; a network with features "
        f"{_list(net.GIVEN['vertical'])} for a line in column {border + 1} has {_list(found)} for column {place}"
    )


def _features(invariant: dict[str, bool]) -> tuple[Case, ...]:
    """The features of x_3, where x_2 is a column of ones with the given features."""
    given = net.GIVEN["vertical"]
    cases = [Case(padding, given, "invariant for all weights") for padding, holds in invariant.items() if holds]
    inside = net.alike(net.EVERY, 1, net.LINE_3)
    places = f"columns {inside[0] + 1} to {inside[-1] + 1} of {net.COLUMNS} give the same features for all weights"
    cases.append(Case(f"{net.EVERY} {INSIDE}", given, places))
    other = net.at_the_border(net.border()[-1])[1]
    weights = "for a network that compares neighbours"
    return (*cases, Case(f"{net.EVERY} {BORDER}", other, weights))


def _list(features: net.Features) -> str:
    return f"({', '.join(str(sp.nsimplify(x)) for x in features)})"
