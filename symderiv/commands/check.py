"""``symderiv check FILE…``: decide the claims of files."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace

FORMATS = ("text", "json", "junit", "github")


def arguments(parser: ArgumentParser) -> None:
    """Declare files, format and limits."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="claims in .json, .toml or .py")
    parser.add_argument("--format", choices=FORMATS, default="text", help="how the results are printed (text)")
    parser.add_argument("--seconds", type=float, default=10.0, help="limit of one claim; past it: undecided (10)")
    parser.add_argument("--workers", type=int, default=None, help="processes; 0: this one (one for each core)")
    parser.add_argument("--journal", metavar="FILE", help="note finished claims here; a killed run goes on from it")
    parser.add_argument("--quiet", action="store_true", help="text: only what is not as expected, and the summary")


def run(options: Namespace) -> int:
    """Check, print, and tell by the exit code."""
    # one process for each core: threads inside the linear algebra would only stand in each other's way
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from symderiv.checks.checking import Result, check_files
    from symderiv.checks.checkreport import REPORTS, text
    from symderiv.errors import ClaimError
    from symderiv.running.progress import Progress

    if options.seconds <= 0 or (options.workers is not None and options.workers < 0):
        raise ClaimError("--seconds must be positive and --workers not negative")
    with Progress(0, "claims") as progress:

        def count(total: int) -> None:
            progress.total = total

        def advance(result: Result) -> None:
            progress.advance(result.id)

        check = check_files(
            options.files,
            workers=options.workers,
            seconds=options.seconds,
            journal=options.journal,
            on_result=advance,
            on_total=count,
        )
    quiet = options.quiet and options.format == "text"
    sys.stdout.write(text(check, quiet=True) if quiet else REPORTS[options.format](check))
    return check.exit_code
