"""Numbers in a graph with shapes: the value of every node at arrays for its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symderiv import numeric
from symderiv.errors import GraphError, ShapeError, UnknownNameError
from symderiv.evaluation.fields import FLOAT, Point
from symderiv.expressions import Expr
from symderiv.nodes.operations import INPUT
from symderiv.shapes import show
from symderiv.trees import involved


def node_values(graph: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every node by name, scalars as floats; random nodes only where their draws are given.

    An expectation is taken over the laws of the random inputs, whatever draws are given.
    Raises ShapeError where arrays contradict each other in a size, GraphError for a missing input.
    """
    columns = graph.columns
    wanted = {name: graph.scope[name] for name in graph.input_names} | _parameters(graph)
    for name in values:
        if name not in wanted:
            raise UnknownNameError("input", name, wanted, f"the graph {graph.title!r}")
    sizes = _sizes(wanted, values)
    fixed = {wanted[name]: _batched(value) for name, value in values.items()}
    fixed = {leaf: value for leaf, value in fixed.items() if not leaf.data.random}
    found: dict[int, Any] = {}
    for index in range(len(graph)):
        name = graph.name_of(index)
        definition = columns.definitions[index]
        if graph.code[index] == INPUT:
            if name in values:
                found[index] = _batched(values[name])
            elif not columns.random[index]:
                raise GraphError(f"the input {name!r}, {show(definition.shape)}, has no value; give one")
        elif definition.op == "E":
            found[index] = numeric.evaluate(graph.expression(graph.handle(index)), Point(sizes, fixed, FLOAT))
        elif all(a in found for a in columns.sources[index]):
            slots = {s: found[a] for s, a in zip(columns.slots[index], columns.sources[index], strict=True)}
            found[index] = numeric.evaluate(definition, Point(sizes, slots, FLOAT))
    at = Point(sizes, {}, FLOAT)
    shapes = {index: at.shape(columns.definitions[index].shape) for index in found}
    return {graph.name_of(index): _plain(value, shapes[index]) for index, value in found.items()}


def _parameters(graph: Any) -> dict[str, Expr]:
    """The symbols on which the laws of random inputs depend."""
    random = [graph.scope[name] for name in graph.input_names if graph.scope[name].data.random]
    return {leaf.data.name: leaf for drawn in random for leaf in involved(drawn) if leaf is not drawn}


def _batched(value: Any) -> Any:
    return np.asarray(value, dtype=float)[None]


def _plain(value: Any, shape: tuple[int, ...]) -> Any:
    array = np.asarray(value).reshape(shape)
    return array if shape else float(array)


def _sizes(wanted: Mapping[str, Expr], values: Mapping[str, Any]) -> dict[str, int]:
    """What every size is, from the arrays; each array must fit what the others said."""
    sizes: dict[str, int] = {}
    first: dict[str, str] = {}
    for name, value in values.items():
        shape = wanted[name].shape
        real = np.shape(value)
        expected = tuple(d if isinstance(d, int) else sizes.get(d, n) for d, n in zip(shape, real, strict=False))
        if len(real) != len(shape) or expected != real:
            known = ", ".join(f"{d} = {sizes[d]} from {first[d]}" for d in shape if d in sizes)
            told = f" with {known}" if known else ""
            raise ShapeError(f"the value of {name!r} has the shape {real}, but {name} is {show(shape)}{told}")
        for d, n in zip(shape, real, strict=True):
            if isinstance(d, str) and d not in sizes:
                sizes[d], first[d] = n, name
    return sizes
