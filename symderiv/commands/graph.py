"""``symderiv graph FILE.py:function``: the computational graph of a plain Python function, as a picture."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from symderiv.commands import OK
from symderiv.errors import GraphError, UnknownNameError

STYLES = ("forward", "backward", "contributions")


def arguments(parser: ArgumentParser) -> None:
    """Declare the function, the picture and its style."""
    parser.add_argument("function", metavar="FILE.py:FUNCTION", help="the function to trace")
    parser.add_argument("--inputs", help="names of the inputs, separated by blanks (the function's own arguments)")
    parser.add_argument("--style", choices=STYLES, default="forward", help="what the edges say (forward)")
    parser.add_argument("-o", "--out", action="append", metavar="PICTURE", help="file, by suffix (FUNCTION.svg)")
    parser.add_argument("--fold", action="store_true", help="leave out the middle of a graph too large to draw")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the answer is printed (text)")


def run(options: Namespace) -> int:
    """Trace, draw, and print which files were written."""
    path, colon, name = options.function.rpartition(":")
    if not colon or not name.isidentifier():
        raise GraphError(f"{options.function!r} names no function; write FILE.py:function")
    if not Path(path).is_file():
        raise GraphError(f"{path}: there is no such file")
    from symderiv.checks.claimscript import load_script, told_on_stderr
    from symderiv.figures.graph_drawing import draw
    from symderiv.graph import trace
    from symderiv.usercode import running
    from symderiv.writing import write

    module = load_script(path)
    function = getattr(module, name, None)
    if not callable(function):
        known = [key for key, item in vars(module).items() if callable(item) and not key.startswith("_")]
        raise UnknownNameError("function", name, known, path)
    with told_on_stderr(), running(path):
        graph = trace(function, inputs=options.inputs)
    outs = [Path(out) for out in options.out or [f"{name}.svg"]]
    for out in outs:
        # a picture has a style; the data of the graph itself has none
        write(graph if out.suffix == ".json" else draw(graph, options.style, fold=options.fold), out)
    if options.format == "json":
        record = {"nodes": len(graph), "inputs": graph.input_names, "output": str(graph.expression(graph.output))}
        print(json.dumps(record | {"files": [str(out) for out in outs]}))
    else:
        print("\n".join(map(str, outs)))
    return OK
