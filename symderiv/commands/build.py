"""``symderiv build``: papers, figures and solutions of exams, folders and problem files."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from symderiv.commands import NOT_TRUE, OK

AUDIENCES = ("student", "staff")


def arguments(parser: ArgumentParser) -> None:
    """Declare what is built, for whom, and where to."""
    parser.add_argument("targets", nargs="*", metavar="EXAM|FOLDER|FILE.py", help="what to build (every exam there is)")
    parser.add_argument("--problem", action="append", metavar="N", help="only this problem (repeatable)")
    parser.add_argument("--audience", choices=AUDIENCES, help="student: the exam; staff: the solutions (both)")
    parser.add_argument("-o", "--out", metavar="DIR", help="where the files go (output/)")
    parser.add_argument("--files", default="pdf,tex", metavar="SUFFIXES", help="pdf, tex, typ, html, md (pdf,tex)")
    parser.add_argument("--force", action="store_true", help="also what has not changed")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the answer is printed (text)")


def run(options: Namespace) -> int:
    """Build, print the files, and say by the exit code whether every line of them is proved."""
    from symderiv.builds.building import build

    suffixes = [suffix.strip().lstrip(".") for suffix in options.files.split(",")]
    built = build(
        options.targets,
        problem=options.problem,
        audience=options.audience,
        out=options.out,
        formats=suffixes,
        force=options.force,
    )
    return tell(built.record(), options.format)


def tell(record: dict[str, Any], form: str) -> int:
    """Print a build's record: ``files`` on stdout, ``failed`` problems on stderr."""
    if form == "json":
        print(json.dumps(record, indent=1))
    else:
        print("\n".join(str(file) for file in record["files"]))
    for name, message in record["failed"].items():
        sys.stderr.write(f"symderiv: {name} failed: {message}\n")
    return NOT_TRUE if record["failed"] else OK
