"""PDF by latexmk where TeX is installed, by the typst wheel elsewhere.

Both run in a folder of their own, with a time limit and without any way to start
programs or to read outside it, and give the same bytes for the same source.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from symderiv.errors import FormatError, LimitError, ToolError, shorten
from symderiv.paper.latex_log import errors, overfull, unwrapped
from symderiv.paper.pictures import typst_package
from symderiv.paper.rendering import Rendered

SECONDS = 120.0
_FLAGS = [
    "-pdf", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error", "-no-shell-escape", "-quiet", "-norc",
]  # fmt: skip
_WAY_OUT = "install texlive-latex-extra and lmodern"
# what a TeX lacks: a package or what it loads, or the metric of a font; files of the document end otherwise
_MISSING = re.compile(
    r"(?:File|find file) [`'](?P<file>[^']+\.(?:sty|cls|clo|fd|def|cfg|ldf|code\.tex))'"
    r"|Font [^=\n]+=(?P<font>\S+)[^\n]* not loadable"
)  # fmt: skip


class PlacedError(FormatError):
    """An error in the source whose place is known; ``problems`` names the problems it is in."""

    problems: frozenset[str] = frozenset()


class IncompleteTexError(ToolError):
    """TeX is there and lacks a file of a package or a font: ``missing`` is its name."""

    def __init__(self, missing: str) -> None:
        super().__init__(f"this TeX has no {missing}; {_WAY_OUT}, or set SYMDERIV_TEX=0 to print without TeX")
        self.missing = missing

    def replaced(self) -> str:
        """What to tell where Typst has set the pages instead."""
        return f"this TeX has no {self.missing}, so the PDF is set by Typst; for TeX {_WAY_OUT}"


def have_latex() -> bool:
    """Whether PDF is made by latexmk; SYMDERIV_TEX=0 says no."""
    return os.environ.get("SYMDERIV_TEX", "1") != "0" and all(shutil.which(name) for name in ("latexmk", "pdflatex"))


def latex_pdf(rendered: Rendered, seconds: float = SECONDS) -> tuple[bytes, list[str]]:
    """PDF of a LaTeX source, and the boxes that stand out of the page.

    Raises FormatError with problem, part and line for an error in the source, LimitError
    when TeX does not end, ToolError when it is not installed, IncompleteTexError when a package is missing.
    """
    latexmk = shutil.which("latexmk")
    if latexmk is None:
        raise ToolError("latexmk is not installed; PDFs can be made without TeX by the typst wheel")
    with tempfile.TemporaryDirectory(prefix="symderiv-") as folder:
        lay_out(rendered, Path(folder), "main.tex")
        environment = os.environ | {
            "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", "0"), "FORCE_SOURCE_DATE": "1",
            "openin_any": "p", "openout_any": "p", "shell_escape": "f", "TEXMFOUTPUT": folder, "max_print_line": "1000",
        }  # fmt: skip
        code = _run([latexmk, *_FLAGS, "main.tex"], folder, environment, seconds)
        log_file = Path(folder, "main.log")
        log = log_file.read_text("utf-8", "replace") if log_file.is_file() else ""
        made = Path(folder, "main.pdf")
        if code or not made.is_file():
            raise _failure(log, rendered)
        return made.read_bytes(), [str(box) for box in overfull(log, rendered)]


def in_tex(file: str) -> bool:
    """Whether TeX finds a file of its own."""
    finder = shutil.which("kpsewhich")
    if finder is None:
        return False
    return not subprocess.run([finder, file], capture_output=True, check=False, timeout=SECONDS).returncode


def document_pdf(render: Callable[[str], Rendered]) -> tuple[bytes, list[str]]:
    """PDF of what is rendered in either language, by TeX where it is complete, else by Typst; and what to tell.

    Raises what ``latex_pdf`` and ``typst_pdf`` raise; FormatError also for raw LaTeX that only TeX can set.
    """
    if have_latex():
        try:
            return latex_pdf(render("latex"))
        except IncompleteTexError as incomplete:
            return typst_pdf(render("typst")), [incomplete.replaced()]
    return typst_pdf(render("typst")), []


def typst_pdf(rendered: Rendered) -> bytes:
    """PDF of a Typst source: tagged (PDF/UA-1), fonts embedded.

    Raises FormatError with Typst's message.
    """
    return typst_output(rendered, "pdf")[0]


def typst_pages(rendered: Rendered, ppi: float = 110) -> list[bytes]:
    """The pages of a Typst source as PNG."""
    return typst_output(rendered, "png", ppi)


def typst_output(rendered: Rendered, kind: str, ppi: float | None = None) -> list[bytes]:
    """What Typst makes of a source: one PDF, or an image per page."""
    typst = typst_package()
    with tempfile.TemporaryDirectory(prefix="symderiv-") as folder:
        lay_out(rendered, Path(folder), "main.typ")
        settings = {"pdf_standards": ["ua-1"]} if kind == "pdf" else {"ppi": ppi}
        try:
            main = str(Path(folder, "main.typ"))
            made = typst.compile(main, root=folder, format=kind, ignore_system_fonts=True, timestamp=0, **settings)
        except typst.TypstError as bad:
            raise FormatError(f"Typst cannot set the document: {shorten(_diagnostic(bad), 600)}") from None
    return [bytes(page) for page in made] if isinstance(made, list) else [bytes(made)]


def lay_out(rendered: Rendered, folder: Path, name: str) -> None:
    """Write a source and the files it needs into a folder."""
    (folder / name).write_text(rendered, "utf-8")
    for path, data in rendered.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def _diagnostic(bad: BaseException) -> str:
    message = str(getattr(bad, "diagnostic", "") or bad)
    return " ".join(message.replace("\u2502", "|").split())


def _run(command: list[str], folder: str, environment: dict[str, str], seconds: float) -> int:
    """Run a program in its own process group, so that a time limit ends its children too."""
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise LimitError(f"LaTeX did not end within {seconds:g} s; is there a loop in raw LaTeX?") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _failure(log: str, source: str) -> FormatError | ToolError:
    missing = _MISSING.search(unwrapped(log))  # TeX names the line of what follows from it, not of this
    if missing:
        return IncompleteTexError(missing["file"] or f"{missing['font']}.tfm")
    found = errors(log, source)
    if not found:
        return FormatError("LaTeX made no PDF and names no error; the last line of its log is: " + shorten(
            (log.strip().splitlines() or ["(empty)"])[-1], 200))
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    placed = PlacedError(f"{found[0]}{more}")
    placed.problems = frozenset(e.place.split(", ")[0] for e in found if e.place.startswith("problem"))
    return placed
