"""Folders of frames."""

from __future__ import annotations

import pytest
from figure_samples import rnn

from symderiv.errors import UnknownNameError
from symderiv.slide_files import write_frames
from symderiv.slides import backward_deck


def test_every_slide_in_every_format(tmp_path):
    passed = rnn().backward("y")
    written = write_frames(passed, tmp_path / "frames", ("svg", "tex"))
    count = len(backward_deck(passed).slides)
    assert sorted(path.name for path in written) == sorted(
        f"frame_{k:02d}.{suffix}" for k in range(1, count + 1) for suffix in ("svg", "tex"))
    assert all(path.stat().st_size for path in written)


def test_unknown_suffix_writes_nothing(tmp_path):
    with pytest.raises(UnknownNameError, match="output format"):
        write_frames(rnn().backward("y"), tmp_path / "frames", ("svg", "bmp"))
    assert not (tmp_path / "frames").exists()
