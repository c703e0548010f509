"""``symderiv report EXAM``: every answer and remark of the official solutions, compared with what is computed.

Text and Markdown end with the errata: what is refuted, then what is imprecise.  These make the exit code 1; a
statement that a missing figure leaves open (underdetermined) does not.
"""

from __future__ import annotations

import json
import sys
import textwrap
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from symderiv.commands import NOT_TRUE, OK

Record = dict[str, Any]
STATUSES = ("confirmed", "imprecise", "refuted", "underdetermined")
ERRATA = ("refuted", "imprecise")
MARKDOWN = str.maketrans({"\\": "\\\\", "|": "\\|", "*": "\\*", "<": "&lt;"})
LABEL, WIDTH = 16, 118  # columns: of a status, of a line


def arguments(parser: ArgumentParser) -> None:
    """Declare the exam and where its official statements are."""
    parser.add_argument("exam", metavar="EXAM", help="name of an exam (see symderiv list) or its folder")
    parser.add_argument("--official", metavar="FILE", help="the official statements, instead of those that come along")
    parser.add_argument("--format", choices=sorted(REPORTS), default="text", help="how the records are printed (text)")
    parser.add_argument("--only", choices=STATUSES, action="append", help="only records of this status (repeatable)")
    parser.epilog = (
        "exit code: 0 where no statement is refuted or imprecise, 1 where one is (with or without --only), "
        "2 where the official statements cannot be read or compared"
    )


def run(options: Namespace) -> int:
    """Print the records; the exit code is 1 where a statement is refuted or imprecise."""
    from symderiv.report import report

    records: Sequence[Record] = report(options.exam, official=options.official)
    code = NOT_TRUE if any(record["status"] in ERRATA for record in records) else OK
    if options.only:
        records = [record for record in records if record["status"] in options.only]
    sys.stdout.write(REPORTS[options.format](records))
    return code


def text(records: Sequence[Record]) -> str:
    """Each statement, what is computed where they differ, a summary and the errata."""
    wide = max((len(record["id"]) for record in records), default=0)
    lines = []
    for record in records:
        lines += _wrapped(f"{record['status']:<{LABEL}}{record['id']:<{wide}} ", _line(record["claim"]))
        if record["status"] != "confirmed":
            lines += _wrapped(f"{'':<{LABEL}}official: ", _line(record["official"]))
            lines += _wrapped(f"{'':<{LABEL}}computed: ", _line(record["computed"]))
            lines += _wrapped(f"{'':<{LABEL}}{record['verdict']}: ", _line(record["evidence"]))
        if record.get("assumed"):
            lines += _wrapped(f"{'':<{LABEL}}assumed: ", _line(record["assumed"]))
    lines += ["", summary(records)]
    if wrong := errata(records):
        lines += ["", "Errata", *(line for told in wrong for line in _wrapped("- ", " ".join(told), 2))]
    return "\n".join(lines).lstrip("\n") + "\n"


def markdown(records: Sequence[Record]) -> str:
    """The records as one table, with a summary above it and the errata below."""
    columns = ("id", "status", "claim", "official", "computed", "verdict", "evidence", "assumed")
    rows = ["| " + " | ".join(_cell(record.get(column)) for column in columns) + " |" for record in records]
    head = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines = [summary(records), "", *head, *rows]
    if wrong := errata(records):
        lines += ["", "## Errata", "", *(f"- **{_cell(name)}** {_cell(told)}" for name, told in wrong)]
    return "\n".join(lines) + "\n"


def errata(records: Sequence[Record]) -> list[tuple[str, str]]:
    """The id of every statement that is not right, and what is stated and computed; what is refuted comes first."""
    return [
        (
            record["id"],
            f"({status}) {_line(record['claim'])}. Official: {_line(record['official'])}. "
            f"Computed: {_line(record['computed'])}.",
        )
        for status in ERRATA
        for record in records
        if record["status"] == status
    ]


def json_text(records: Sequence[Record]) -> str:
    """The list of records."""
    return json.dumps(list(records), indent=1, ensure_ascii=False) + "\n"


def summary(records: Sequence[Record]) -> str:
    """How many of which status."""
    counts = Counter(record["status"] for record in records)
    told = ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])
    return f"{len(records)} statements: {told or 'none'}"


def _line(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return " ".join(text.split())


def _wrapped(label: str, words: str, indent: int = LABEL + 2) -> list[str]:
    """A label and words behind it, the lines after the first indented."""
    lines = textwrap.wrap(
        words, WIDTH, initial_indent=label, subsequent_indent=" " * indent, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    return lines or [label.rstrip()]


def _cell(value: object) -> str:
    return "" if value is None else _line(value).translate(MARKDOWN)


REPORTS: dict[str, Callable[[Sequence[Record]], str]] = {"json": json_text, "md": markdown, "text": text}
