"""One verb makes files: whole or not at all."""

import errno
import os

import pytest
from paper_samples import DEMO, exam_problem

from symderiv.document import Document, Prose
from symderiv.errors import FormatError, UnknownNameError
from symderiv.writing import write, write_all

NOTE = Document("Note", (Prose("Hello."),))


@pytest.mark.parametrize("suffix", ["tex", "typ", "md", "html", "json"])
def test_the_suffix_decides(tmp_path, suffix):
    path = write(DEMO, tmp_path / f"demo.{suffix}")
    assert "demonstration" in path.read_text()
    assert (tmp_path / "figures").is_dir() == (suffix in ("tex", "typ", "md"))


def test_a_problem_is_a_document(tmp_path):
    assert "hidden solution" in write(exam_problem(), tmp_path / "p.md").read_text()


def test_an_unknown_suffix_and_none(tmp_path):
    with pytest.raises(UnknownNameError, match="'docs'"):
        write(NOTE, tmp_path / "x.docs")
    with pytest.raises(FormatError, match="no suffix"):
        write(NOTE, tmp_path / "x")


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(FormatError, match="cannot write .*not a folder"):
        write(NOTE, tmp_path / "file" / "x.md")
    (tmp_path / "x.md").mkdir()
    with pytest.raises(FormatError, match="it is a folder"):
        write(NOTE, tmp_path / "x.md")


@pytest.mark.parametrize("stop", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
def test_the_earlier_files_are_kept_when_writing_stops(tmp_path, monkeypatch, stop):
    write_all(tmp_path, {"a": b"old", "b": b"old"})
    opened = os.fdopen
    calls = []

    def full(handle, *rest):
        calls.append(handle)
        if len(calls) == 2:
            os.close(handle)
            raise stop
        return opened(handle, *rest)

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises((FormatError, KeyboardInterrupt)):
        write_all(tmp_path, {"a": b"new", "b": b"new"})
    assert sorted(f.name for f in tmp_path.iterdir()) == ["a", "b"]
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == b"old"
