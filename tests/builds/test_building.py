"""Builds: incremental, reproducible, atomic; a failed problem spoils nothing; students get no answers."""

import io
import os
import shutil

import pytest
from paper_samples import SECRETS
from pypdf import PdfReader

from symderiv._paths import templates_dir
from symderiv.builds.building import build
from symderiv.errors import FormatError, ProblemError, UnknownNameError
from symderiv.paper.papers import find, number_of, select

GOOD = """
from symderiv.document import Blank, Prose
from symderiv.problem import Answer, Part, Problem

def problem():
    return Problem({n}, "Problem {n}", (Prose("Some text."),),
                   (Part("a", (Blank("Answer:", width=4, answer="forty-two"),), (Prose("hidden solution"),), 2),))
"""


@pytest.fixture
def exam(tmp_path, monkeypatch):
    monkeypatch.setenv("SYMDERIV_TEX", "0")
    folder = tmp_path / "exam"
    folder.mkdir()
    for n in (1, 2):
        (folder / f"problem_{n}.py").write_text(GOOD.format(n=n))
    return folder


def stamps(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_nothing_changed_nothing_is_built(exam, tmp_path):
    first = build([exam], out=tmp_path / "out")
    before = stamps(tmp_path / "out")
    second = build([exam], out=tmp_path / "out")
    assert first.ok and first.rebuilt == ("problem_1", "problem_2")
    assert second.rebuilt == () and second.files == first.files and stamps(tmp_path / "out") == before


def test_one_change_computes_one_problem(exam, tmp_path):
    build([exam], out=tmp_path / "out")
    (exam / "problem_2.py").write_text(GOOD.format(n=2).replace("Some text", "Other text"))
    assert build([exam], out=tmp_path / "out").rebuilt == ("problem_2",)


def test_a_removed_output_comes_back(exam, tmp_path):
    made = build([exam], out=tmp_path / "out").files
    made[0].unlink()
    build([exam], out=tmp_path / "out")
    assert made[0].is_file()


def test_the_same_input_gives_the_same_bytes(exam, tmp_path):
    one, two = (build([exam], out=tmp_path / name).files for name in ("one", "two"))
    assert [f.read_bytes() for f in one] == [f.read_bytes() for f in two]


def test_a_failed_problem_is_named_and_spoils_nothing(exam, tmp_path):
    (exam / "problem_2.py").write_text("def problem():\n    return 1 / 0\n")
    made = build([exam], out=tmp_path / "out")
    assert list(made.failed) == ["problem_2"] and "line 2, in problem: ZeroDivisionError" in made.failed["problem_2"]
    source = (tmp_path / "out" / "exam" / "exam.tex").read_text()
    assert "Problem 1" in source and "Problem 2 could not be built" in source
    (exam / "problem_2.py").write_text(GOOD.format(n=2))
    assert build([exam], out=tmp_path / "out").ok


def test_students_papers_hold_no_answers(exam, tmp_path):
    made = build([exam], out=tmp_path / "out", audience="student").files
    assert made and not [f for f in made if "solutions" in f.name]
    reader = PdfReader(io.BytesIO(next(f for f in made if f.suffix == ".pdf").read_bytes()))
    text = "".join(page.extract_text() for page in reader.pages) + str(reader.metadata)
    everything = text + "".join(f.read_text() for f in made if f.suffix == ".tex")
    assert "Some text" in everything and not [s for s in SECRETS if s in everything]
    assert not reader.attachments


def test_a_selection_has_a_folder_of_its_own(exam, tmp_path):
    made = build([exam], problem=2, out=tmp_path / "out").files
    assert all("problem-2" in f.parts for f in made)
    with pytest.raises(UnknownNameError, match="'9'"):
        build([exam], problem=9, out=tmp_path / "out")


def test_wrong_use_is_one_clear_error(exam, tmp_path):
    with pytest.raises(ProblemError, match="student or staff"):
        build([exam], audience="teacher")
    with pytest.raises(FormatError, match="doc"):
        build([exam], formats=("doc",))
    with pytest.raises(UnknownNameError, match="exam"):
        build(["no_such_exam"])
    with pytest.raises(ProblemError, match="no file with a function problem"):
        build([tmp_path])


@pytest.mark.exe("latexmk", "pdflatex")
def test_an_error_in_raw_latex_loses_one_problem(exam, tmp_path, monkeypatch):
    monkeypatch.delenv("SYMDERIV_TEX")
    bad = (
        GOOD.format(n=2)
        .replace('Prose("Some text.")', "Prose((Raw(r'\\undefinedthing'),))")
        .replace("Blank, ", "Blank, Raw, ")
    )
    (exam / "problem_2.py").write_text(bad)
    made = build([exam], out=tmp_path / "out")
    assert "problem 2, line" in made.failed["problem_2"] and "Undefined control sequence" in made.failed["problem_2"]
    assert (tmp_path / "out" / "exam" / "exam.pdf").is_file()


@pytest.fixture
def incomplete_tex(tmp_path, monkeypatch):
    """A TeX in which a file is missing that one of its packages loads."""
    monkeypatch.delenv("SYMDERIV_TEX", raising=False)
    broken = tmp_path / "texmf"
    broken.mkdir()
    (broken / "fancyhdr.sty").write_text("\\RequirePackage{nowhereatall}\n")
    monkeypatch.setenv("TEXINPUTS", f"{broken}:")
    return broken


@pytest.mark.exe("latexmk", "pdflatex")
def test_an_incomplete_tex_is_replaced_and_what_it_lacks_is_named(exam, tmp_path, incomplete_tex, monkeypatch, capfd):
    made = build([exam], out=tmp_path / "out")
    assert made.ok and "nowhereatall.sty" in made.warnings[0] and "Typst" in made.warnings[0]
    assert capfd.readouterr().err.count("nowhereatall.sty") == 1
    assert b"Typst" in (tmp_path / "out" / "exam" / "exam.pdf").read_bytes()
    before = stamps(tmp_path / "out")
    assert not build([exam], out=tmp_path / "out").rebuilt and stamps(tmp_path / "out") == before
    (incomplete_tex / "nowhereatall.sty").write_text("\\input{fancyhdr-of-old.sty}\n")  # it is there now: TeX is asked again
    assert "fancyhdr-of-old.sty" in build([exam], out=tmp_path / "out").warnings[0]


@pytest.mark.exe("latexmk", "pdflatex")
def test_without_the_whole_tex_only_raw_latex_is_lost(exam, tmp_path, incomplete_tex):
    raw = GOOD.format(n=2).replace('Prose("Some text.")', "Prose((Raw(r'\\foo{x}'),))").replace("Blank, ", "Blank, Raw, ")
    (exam / "problem_2.py").write_text(raw)
    made = build([exam], out=tmp_path / "out")
    assert "only TeX knows" in made.failed["problem_2"] and "nowhereatall.sty" in made.warnings[0]
    assert (tmp_path / "out" / "exam" / "exam.pdf").is_file()


def test_the_scaffold_builds(tmp_path, monkeypatch):
    monkeypatch.setenv("SYMDERIV_TEX", "0")
    shutil.copytree(templates_dir() / "new", tmp_path / "mine", ignore=shutil.ignore_patterns("__pycache__"))
    made = build([tmp_path / "mine"], out=tmp_path / "out")
    assert made.ok, made.failed
    assert {"exam.pdf", "solutions.pdf", "exam.tex"} <= {f.name for f in made.files}
    assert any(f.parent.name == "figures" for f in made.files)


def test_files_are_found_without_running_them(exam):
    (exam / "helpers.py").write_text("raise SystemExit\n")
    (exam / "_draft.py").write_text("def problem(): ...\n")
    source = find(exam)
    assert source.stems == ("problem_1", "problem_2")
    assert select(source, ["2", "problem_1"]) == ("problem_2", "problem_1")
    assert number_of("p03_x") == "3" and os.sep not in source.package


def test_a_template_that_does_not_exist_ends_the_build_and_writes_nothing(exam, tmp_path):
    (exam / "paper.py").write_text('from symderiv.problem import Paper\ndef paper(): return Paper("T", template="fancy")\n')
    with pytest.raises(UnknownNameError, match="template 'fancy'; known: document"):
        build([exam], out=tmp_path / "out")
    assert not [path for path in stamps(tmp_path / "out") if ".build" not in path.parts]  # computed problems are kept
