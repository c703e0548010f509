"""LaTeX logs: errors with their place, boxes that leave the page."""

from symderiv.paper.latex_log import errors, overfull, place

SOURCE = "\\begin{document}\n% problem 5\ntext\n% part (b)\n$\\foo$\n% problem 6\nmore\n"


def test_an_error_is_told_with_problem_part_and_line():
    log = "stuff\n./main.tex:5: Undefined control sequence.\nl.5 $\\foo\n          $\nmore"
    found = errors(log, SOURCE)
    assert str(found[0]) == r"problem 5, part (b), line 5: Undefined control sequence. in: $\foo"


def test_a_part_ends_with_its_problem():
    assert place(SOURCE.splitlines(), 7) == "problem 6"
    assert place(SOURCE.splitlines(), 1) == ""


def test_wrapped_lines_are_put_together():
    message = "main.tex:5: " + "x" * 67
    log = message + "\n" + "yyy\nl.5 $\n"
    assert errors(log, SOURCE)[0].message.endswith("xyyy")


def test_errors_without_a_line_are_told_too():
    assert errors("! Emergency stop.\n", SOURCE)[0].message == "Emergency stop."


def test_boxes_that_stand_out_are_found_and_tiny_ones_are_not():
    log = "Overfull \\hbox (13.1pt too wide) in paragraph at lines 5--6\nOverfull \\hbox (0.4pt too wide) in x at lines 3--3\n"
    found = overfull(log, SOURCE)
    assert len(found) == 1 and found[0].place == "problem 5, part (b)" and "13.1 pt" in str(found[0])
