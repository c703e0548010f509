"""The progress line: on terminals only, and never a control character of a name."""

from __future__ import annotations

import io

from symderiv.running.progress import Progress, printable, wants_colour, wants_progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_only_terminals_get_one():
    assert wants_progress(Terminal(), {"TERM": "xterm"})
    assert not wants_progress(io.StringIO(), {"TERM": "xterm"})
    assert not wants_progress(Terminal(), {"TERM": "dumb"})
    assert not wants_progress(Terminal(), {"CI": "true"})
    assert wants_colour(Terminal(), {}) and not wants_colour(Terminal(), {"NO_COLOR": "1"})


def test_it_counts_and_cleans_up():
    stream = Terminal()
    with Progress(2, "claims", stream, shown=True) as progress:
        progress.advance("one\x1b[2J")
        progress.advance("two")
    drawn = stream.getvalue()
    assert "2/2 claims two" in drawn and drawn.endswith("\r\x1b[2K") and "\x1b[2J" not in drawn
    assert printable("a\nb\x07") == "a b "


def test_nothing_is_written_elsewhere():
    stream = io.StringIO()
    with Progress(0, "claims", stream) as progress:
        progress.advance()
    assert stream.getvalue() == ""
