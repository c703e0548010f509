"""A graph as JSON: nodes in topological order and an edge for every use, for other programs.

Up to 2000 nodes every definition and local partial is written out; beyond that
only the operations and their arguments, which is the whole graph as well.
"""

from __future__ import annotations

import json
from typing import Any

from symderiv.formats import FORMATS, Format
from symderiv.nodes.operations import CONSTANT, INPUT

WRITTEN_OUT = 2000


def graph_json(obj: Any) -> str:
    """A graph, or a backward pass with its adjoints and contributions, as JSON text."""
    passed = obj if hasattr(obj, "adjoint") else None
    graph = obj if passed is None else passed.graph
    size = len(graph) if passed is None else passed.output.index + 1
    small = size <= WRITTEN_OUT
    nodes = [_node(graph, passed if small else None, index, small) for index in range(size)]
    record: dict[str, Any] = {"version": 1, "title": graph.title, "nodes": nodes}
    if passed is not None:
        record["output"] = passed.output.name
    if small:
        record["edges"] = _edges(graph, passed, size)
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


def _node(graph: Any, passed: Any, index: int, small: bool) -> dict[str, Any]:
    columns, code, name = graph.columns, graph.columns.code[index], graph.name_of(index)
    if code == CONSTANT:
        return {"name": name, "operation": "constant", "value": str(columns.number(index))}
    record: dict[str, Any] = {"name": name, "operation": "input" if code == INPUT else columns.operation(index)}
    if shape := getattr(graph[name], "shape", ()):
        record["shape"] = list(shape)
    if code != INPUT:
        record["arguments"] = [graph.name_of(argument) for argument in columns.arguments(index)]
        if small:
            record["definition"] = _text(graph.definition(graph[name]))
    if index in graph.labels:
        record["label"] = graph.labels[index]
    if passed is not None:
        record["adjoint"] = _text(passed.adjoint(graph[name]))
    return record


def _edges(graph: Any, passed: Any, size: int) -> list[dict[str, Any]]:
    if passed is None:
        return [{"source": source, "target": target, "slot": slot, "partial": _text(data["partial"])}
                for source, target, slot, data in graph.networkx().edges(keys=True, data=True)]
    live = [edge for index in range(size) if graph.columns.code[index] != CONSTANT
            for edge in passed.edges(graph.name_of(index))]
    return [{"source": edge.source.name, "target": edge.target.name, "slot": edge.slot, "partial": _text(edge.partial),
             "contribution": _text(edge.contribution)} for edge in live]


def _text(value: Any) -> str:
    from symderiv.notation import printing

    return printing.text(value)


FORMATS.add("graph-json", Format("json", ("Graph", "Backward"), graph_json, "nodes and edges for other programs"))
