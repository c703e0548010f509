"""Graphs as JSON."""

from __future__ import annotations

import json

from figure_samples import recurrence, rnn

from symderiv.formats import format_for
from symderiv.formats.graph_json import WRITTEN_OUT, graph_json
from symderiv.graph import Graph


def test_nodes_and_edges_of_a_graph():
    record = json.loads(graph_json(rnn()))
    assert [node["name"] for node in record["nodes"]] == [rnn().name_of(i) for i in range(len(rnn()))]
    assert record["nodes"][0] == {"name": "w", "operation": "input"}
    q = next(node for node in record["nodes"] if node["name"] == "q")
    assert sorted(q["arguments"]) == ["p", "w"]
    assert {(e["source"], e["target"], e["partial"]) for e in record["edges"] if e["target"] == "q"} == {
        ("w", "q", "p"), ("p", "q", "w")}
    assert format_for(rnn(), "json").render is graph_json


def test_a_backward_pass_adds_adjoints_and_contributions():
    passed = rnn().backward("y")
    record = json.loads(graph_json(passed))
    assert record["output"] == "y"
    assert next(node["adjoint"] for node in record["nodes"] if node["name"] == "p") == str(passed.adjoint("p"))
    uses = [e for e in record["edges"] if e["source"] == "w"]
    assert [e["contribution"] for e in uses] == [str(e.contribution) for e in passed.edges("w")]


def test_constants_and_labels():
    graph = Graph("c")
    (x,) = graph.inputs("x")
    graph.node("y", 3 * x, label="three times")
    record = json.loads(graph_json(graph))
    assert {"operation": "constant", "value": "3"}.items() <= record["nodes"][1].items()
    assert record["nodes"][-1]["label"] == "three times"


def test_a_large_graph_is_written_without_expressions():
    record = json.loads(graph_json(recurrence(1000)))
    assert len(record["nodes"]) > WRITTEN_OUT
    assert "edges" not in record
    assert all("definition" not in node for node in record["nodes"])
