"""``symderiv report EXAM``: every answer and remark of the official solutions, compared with what is computed."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from symderiv.commands import NOT_TRUE, OK

Record = dict[str, Any]
STATUSES = ("confirmed", "imprecise", "refuted", "underdetermined")


def arguments(parser: ArgumentParser) -> None:
    """Declare the exam and where its official statements are."""
    parser.add_argument("exam", metavar="EXAM", help="name of an exam (see symderiv list) or its folder")
    parser.add_argument("--official", metavar="FILE", help="the official statements, instead of those that come along")
    parser.add_argument("--format", choices=sorted(REPORTS), default="text", help="how the records are printed (text)")
    parser.add_argument("--only", choices=STATUSES, action="append", help="only records of this status (repeatable)")


def run(options: Namespace) -> int:
    """Print the records; the exit code is 1 where a statement is not confirmed."""
    from symderiv.report import report

    records: Sequence[Record] = report(options.exam, official=options.official)
    code = OK if all(record["status"] in ("confirmed", "underdetermined") for record in records) else NOT_TRUE
    if options.only:
        records = [record for record in records if record["status"] in options.only]
    sys.stdout.write(REPORTS[options.format](records))
    return code


def text(records: Sequence[Record]) -> str:
    """Each statement, what is computed where they differ, and a summary."""
    lines = []
    for record in records:
        lines.append(f"{record['status']:<15} {record['id']:<16} {_line(record['claim'])}")
        if record["status"] != "confirmed":
            lines.append(f"{'':<16}official: {_line(record['official'])}")
            lines.append(f"{'':<16}computed: {_line(record['computed'])}")
            lines.append(f"{'':<16}{record['verdict']}: {_line(record['evidence'])}")
        if record.get("assumed"):
            lines.append(f"{'':<16}assumed: {_line(record['assumed'])}")
    return "\n".join([*lines, summary(records)]) + "\n"


def markdown(records: Sequence[Record]) -> str:
    """The records as one table, with a summary above it."""
    columns = ("id", "status", "claim", "official", "computed", "verdict", "evidence", "assumed")
    rows = ["| " + " | ".join(_cell(record.get(column)) for column in columns) + " |" for record in records]
    head = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    return "\n".join([summary(records), "", *head, *rows]) + "\n"


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


def _cell(value: object) -> str:
    return "" if value is None else _line(value).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


REPORTS: dict[str, Callable[[Sequence[Record]], str]] = {"json": json_text, "md": markdown, "text": text}
