"""``symderiv solve FILE``: answer the questions of a file."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace

from symderiv.commands import OK, WRONG_USE


def arguments(parser: ArgumentParser) -> None:
    """Declare the file and the form of the answers."""
    parser.add_argument("file", metavar="FILE", help="JSON: a list of questions with id, family and given")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the answers are printed (text)")
    parser.add_argument("--seconds", type=float, default=60.0, help="limit of one question (60)")
    parser.add_argument("--workers", type=int, default=0, help="processes; 0: this one (0)")


def run(options: Namespace) -> int:
    """Solve, print, and say by the exit code whether every question had an answer."""
    from symderiv.errors import ProblemError
    from symderiv.solving import solve_file

    if options.seconds <= 0 or options.workers < 0:
        raise ProblemError("--seconds must be positive and --workers not negative")
    solved = solve_file(options.file, workers=options.workers, seconds=options.seconds)
    if options.format == "json":
        print(json.dumps(solved, indent=1))
    else:
        for result in solved["results"]:
            print(f"{result['id']}: {result.get('error', '')}".rstrip())
            for name, value in result.get("answer", {}).items():
                print(f"  {name} = {shown(value)}")
            if "unread" in result:
                print(f"  (did not look at: {', '.join(result['unread'])})")
    unsolved = [str(result["id"]) for result in solved["results"] if "error" in result]
    if unsolved:
        sys.stderr.write(f"symderiv: without an answer: {', '.join(unsolved)}\n")
    return WRONG_USE if unsolved else OK


def shown(value: object) -> str:
    """An answer as a reader writes it: ``{"expr": "w + 1"}`` is w + 1."""
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
