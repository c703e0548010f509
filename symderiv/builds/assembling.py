"""The slow part of a build: problems to fragments, fragments to papers, papers to PDF."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path

from symderiv.builds import freshness
from symderiv.document import Document, PageBreak, Prose
from symderiv.errors import SymderivError
from symderiv.paper.exams import closing, meta, opening, subtitle
from symderiv.paper.fragments import Fragment, Task, compute
from symderiv.paper.languages import LANGUAGES
from symderiv.paper.papers import Source, number_of, paper_of
from symderiv.paper.rendering import Rendered, Rendering
from symderiv.paper.typesetters import IncompleteTexError, PlacedError, have_latex, latex_pdf, typst_pdf
from symderiv.problem import Paper
from symderiv.running.parallel import run_tasks
from symderiv.running.progress import Progress
from symderiv.writing import write_all

SECONDS = 600.0
AUDIENCE_OF = {"exam": "student", "solutions": "staff", "checks": "checks"}
_PRELOAD = ("sympy", "symderiv.paper.rendering", "symderiv.notation.typst_math")


@dataclass(frozen=True)
class Assembled:
    """Everything a build writes, by relative path, and what it has to say."""

    files: dict[str, bytes]
    failed: dict[str, str]
    warnings: tuple[str, ...]
    computed: tuple[str, ...]
    lacked: str = ""  # the file TeX did not find, so that Typst set the papers


def assemble(
    source: Source, stems: Sequence[str], papers: Sequence[str], formats: Sequence[str], folder: Path, code: str,
    out: Path, executor: Executor | None = None, force: bool = False,
) -> Assembled:  # fmt: skip
    """Compute what changed, then make every paper in every format; by Typst where TeX is missing or incomplete."""
    asked = (source, stems, papers, formats, folder, code, out, executor, force)
    if not have_latex():
        return _assembled("typst", *asked)
    try:
        return _assembled("latex", *asked)
    except IncompleteTexError as incomplete:
        made = _assembled("typst", *asked)
        return replace(made, warnings=(incomplete.replaced(), *made.warnings), lacked=incomplete.missing)


def _assembled(
    engine: str, source: Source, stems: Sequence[str], papers: Sequence[str], formats: Sequence[str], folder: Path,
    code: str, out: Path, executor: Executor | None, force: bool,
) -> Assembled:  # fmt: skip
    """The build with one of the two typesetters."""
    suffixes = {name: language.suffix for name, language in LANGUAGES.items()}
    needed = {name for name, suffix in suffixes.items() if suffix in formats}
    languages = tuple(sorted(needed | ({engine} if "pdf" in formats else set())))
    fragments, failed, computed = _fragments(source, stems, languages, folder, code, out, executor, force)
    paper = paper_of(source)
    files: dict[str, bytes] = {}
    warnings: list[str] = []
    for name in papers:
        audience = AUDIENCE_OF[name]
        if audience == "checks" and not any(f.texts["checks"][languages[0]] for f in fragments):
            continue
        texts = {language: _page(paper, fragments, failed, audience, language) for language in languages}
        for language, rendered in texts.items():
            if suffixes[language] in formats:
                files[f"{name}.{suffixes[language]}"] = rendered.encode()
                files |= rendered.files
        if "pdf" in formats:
            data, said = _pdf(paper, fragments, failed, audience, engine)
            files[f"{name}.pdf"] = data
            warnings += [f"{name}.pdf: {line}" for line in said]
    for fragment in fragments:
        files |= {f"figures/{figure}": data for figure, data in fragment.figures.items()}
    return Assembled(files, failed, tuple(warnings), computed)


def _fragments(
    source: Source, stems: Sequence[str], languages: tuple[str, ...], folder: Path, code: str, out: Path,
    executor: Executor | None, force: bool,
) -> tuple[list[Fragment], dict[str, str], tuple[str, ...]]:  # fmt: skip
    """The problems in print, from the last build where nothing changed; the others over processes."""
    kept: dict[str, Fragment] = {}
    keys = {}
    for stem in stems:
        version = freshness.folder_version(source.folder, stem, source.stems, out)
        keys[stem] = freshness.key(code, version, stem, languages)[:24]
        try:
            if not force:
                kept[stem] = Fragment.from_json((folder / ".build" / f"{stem}-{keys[stem]}.json").read_text("utf-8"))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    todo = [stem for stem in stems if stem not in kept]
    with Progress(len(todo), "problems") as progress:
        outcomes = run_tasks(
            compute, [Task(source, stem, languages) for stem in todo], executor=executor, seconds=SECONDS,
            workers=None if len(todo) > 1 else 0, preload=_PRELOAD,
            on_result=lambda index, outcome: progress.advance(todo[index]),
        )  # fmt: skip
    failed: dict[str, str] = {}
    for stem, outcome in zip(todo, outcomes, strict=True):
        if outcome.ok:
            kept[stem] = outcome.value
            _keep(folder, stem, keys[stem], outcome.value)
        else:
            failed[stem] = _told(outcome.error) if outcome.error is not None else f"stopped after {SECONDS:g} s"
    return [kept[stem] for stem in stems if stem in kept], failed, tuple(todo)


def _keep(folder: Path, stem: str, key: str, fragment: Fragment) -> None:
    write_all(folder / ".build", {f"{stem}-{key}.json": fragment.to_json().encode()})
    for old in (folder / ".build").glob(f"{stem}-*.json"):
        if old.name != f"{stem}-{key}.json" and len(old.stem) == len(stem) + 1 + len(key):
            old.unlink(missing_ok=True)


def _told(error: BaseException) -> str:
    message = " ".join(str(error).split())
    return message if isinstance(error, SymderivError) else f"{type(error).__name__}: {message}"


def _page(
    paper: Paper, fragments: Sequence[Fragment], failed: dict[str, str], audience: str, language: str
) -> Rendered:
    """One paper in one language, from the fragments' texts."""
    rendering = Rendering(language)
    body = str(rendering.blocks(opening(paper, audience, [(f.number, f.worth) for f in fragments])))
    files = dict(rendering.files)
    for stem in failed:
        note = Prose(f"**Problem {number_of(stem) or stem} could not be built and is missing here.**")
        body += str(rendering.block(note))
    for position, fragment in enumerate(fragments):
        if audience == "student" and fragment.new_page and position:
            body += str(rendering.block(PageBreak()))
        body += fragment.texts[audience][language]
        # only what this paper shows: a students' paper must not carry the figures of the solutions
        files |= {path: data for path, data in fragment.files.items() if path in fragment.texts[audience][language]}
    body += str(rendering.blocks(closing(paper, audience)))
    files |= rendering.files
    document = Document(paper.title, (), subtitle(paper, audience), meta(paper, audience))
    return Rendered(rendering.page(document, body), files)


def _pdf(
    paper: Paper, fragments: Sequence[Fragment], failed: dict[str, str], audience: str, engine: str
) -> tuple[bytes, list[str]]:
    """Typeset a paper; a problem whose own LaTeX does not compile is left out and named."""
    while True:
        rendered = _page(paper, fragments, failed, audience, engine)
        try:
            return latex_pdf(rendered) if engine == "latex" else (typst_pdf(rendered), [])
        except PlacedError as bad:
            guilty = [f for f in fragments if f"problem {f.number}" in bad.problems]
            if not guilty:
                raise
            failed |= {f.stem: str(bad) for f in guilty}
            fragments = [f for f in fragments if f not in guilty]

