"""``build``: exams and folders of problems become papers, solutions, sources and figures.

Find the exam; stop if nothing changed; compute its problems over processes, keeping
what did not change; put each paper together; typeset; write everything at once.  A
problem that fails is left out, named in its paper and in the result, and spoils nothing else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from symderiv.builds import freshness
from symderiv.errors import FormatError, ProblemError
from symderiv.paper.papers import Source, find, packaged, select

FORMATS = ("pdf", "tex")
LANGUAGE_OF = {"tex": "latex", "typ": "typst", "html": "html", "md": "markdown"}
PAPERS = {"student": ("exam",), "staff": ("solutions", "checks"), None: ("exam", "solutions", "checks")}


@dataclass(frozen=True)
class BuildResult:
    """What a build left: files, failed problems with their messages, warnings, and whether anything was done."""

    files: tuple[Path, ...]
    failed: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    rebuilt: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every problem was built."""
        return not self.failed

    def record(self) -> dict[str, Any]:
        """The result as plain data."""
        return {"files": [str(f) for f in self.files], "failed": dict(self.failed), "warnings": list(self.warnings),
                "rebuilt": list(self.rebuilt)}


def build(
    targets: Sequence[str | Path] = (),
    problem: Sequence[str | int] | str | int | None = None,
    audience: str | None = None,
    out: str | Path | None = None,
    formats: Sequence[str] = FORMATS,
    executor: Executor | None = None,
    force: bool = False,
) -> BuildResult:
    """Build exams by name, folders or problem files (default: every exam of the package) into ``out/<name>/``.

    ``problem`` selects by number or file name and then builds into ``out/<name>/problem-<n>/``; ``audience`` is
    ``student``, ``staff`` or both.  Raises ProblemError or UnknownNameError for what cannot be found, FormatError
    for a folder that cannot be written; a problem that fails does not raise but stands in ``failed``.
    """
    if audience not in PAPERS:
        raise ProblemError(f"the audience is student or staff, not {audience!r}")
    unknown = [suffix for suffix in formats if suffix not in (*LANGUAGE_OF, "pdf")]
    if unknown:
        raise FormatError(f"papers are built as {', '.join(('pdf', *LANGUAGE_OF))}, not {unknown[0]}")
    some = problem if isinstance(problem, (list, tuple)) else [problem]
    wanted = None if problem is None else [str(item) for item in some]
    results = []
    for target in targets or packaged():
        source = find(target)
        results.append(_build_one(source, wanted, audience, Path(out or "output"), tuple(formats), executor, force))
    return BuildResult(
        tuple(f for r in results for f in r.files), {k: v for r in results for k, v in r.failed.items()},
        tuple(w for r in results for w in r.warnings), tuple(n for r in results for n in r.rebuilt),
    )  # fmt: skip


def _build_one(
    source: Source, wanted: list[str] | None, audience: str | None, out: Path, formats: tuple[str, ...],
    executor: Executor | None, force: bool,
) -> BuildResult:  # fmt: skip
    from symderiv.paper.typesetters import have_latex, in_tex

    folder = out / source.name
    if wanted:
        folder = folder / ("problem-" + "-".join(wanted))
    code = freshness.code_version()
    target = freshness.key(
        code, freshness.folder_version(source.folder, out=out), source.stems, wanted, audience, formats, have_latex(),
        os.environ.get("SOURCE_DATE_EPOCH", ""),
    )  # fmt: skip
    before = freshness.read_state(folder)
    lacked = before.get("lacked")
    if not force and freshness.is_fresh(folder, target) and not (lacked and in_tex(str(lacked))):
        return BuildResult(tuple(folder / name for name in before["files"]), {}, tuple(before.get("warnings", ())))
    from symderiv.builds.assembling import assemble
    from symderiv.writing import write_all

    sys.stderr.write(f"building {source.name} into {folder}\n")
    made = assemble(source, select_stems(source, wanted), PAPERS[audience], formats, folder, code, out, executor, force)
    state = freshness.state_text(target if not made.failed else "", made.files,
                                 {"warnings": list(made.warnings), "lacked": made.lacked})
    stale = set(before.get("files", {})) - set(made.files)
    write_all(folder, {**made.files, f".build/{freshness.STATE}": state})
    if not made.failed:
        for name in stale:
            (folder / name).unlink(missing_ok=True)
    for warning in made.warnings:
        sys.stderr.write(f"{source.name}: {warning}\n")
    return BuildResult(tuple(folder / name for name in sorted(made.files)), made.failed, made.warnings, made.computed)


def select_stems(source: Source, wanted: list[str] | None) -> tuple[str, ...]:
    """The problem files to build, in the order of the paper."""
    from symderiv.paper.papers import paper_of

    return select(source, wanted, paper_of(source))
