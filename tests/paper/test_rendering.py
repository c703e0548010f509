"""Every kind of block in every language, against golden files that a person has read."""

import re

import pytest
from golden_files import assert_golden
from paper_samples import BLOCKS, DEMO, NAMES, W

from symderiv.document import Block, Bullets, Document, Formula, Formulas, Heading, Meta, Prose, Question, TickBoxes
from symderiv.errors import FormatError, ProblemError, UnknownNameError
from symderiv.notation.printing import latex, typst
from symderiv.paper.blocktree import with_scope
from symderiv.paper.languages import LANGUAGES
from symderiv.paper.numbering import numbered
from symderiv.paper.rendering import Rendering, render
from symderiv.scope import declare

ABC = declare(a="scalar", b="scalar")


@pytest.mark.parametrize("name", sorted(BLOCKS))
@pytest.mark.parametrize("language", ["latex", "typst"])
def test_golden(language, name):
    needed = (BLOCKS["formula"], BLOCKS[name]) if name == "prose" else (BLOCKS[name],)
    blocks = numbered(with_scope(needed, NAMES))
    text = str(Rendering(language).block(blocks[-1])).strip() + "\n"
    assert_golden(f"blocks/{name}.{LANGUAGES[language].suffix}", text)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_has_every_block(language):
    made = render(DEMO, language)
    assert made.startswith(("\\documentclass", "#set", "<!DOCTYPE", "# "))
    assert all(path.startswith("figures/") for path in made.files)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_same_document_gives_the_same_text(language):
    first, second = render(DEMO, language), render(DEMO, language)
    assert first == second and first.files == second.files


def test_latex_is_readable():
    source = render(DEMO, "latex")
    assert "\n\n\n" not in source.replace("\n\n\n\\section", "") or source.count("\n\n\n\n") == 0
    assert re.search(r"\\begin\{equation\*\}\n  ?.*\n\\end\{equation\*\}", source)
    assert "% part (b)" in source


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_template_that_does_not_exist_is_named(language):
    with pytest.raises(UnknownNameError, match=f"{language} template 'fancy'.*document"):
        render(Document("t", (), meta=Meta(template="fancy")), language)
    with pytest.raises(UnknownNameError, match=f"{language} template 'documnet'; did you mean document"):
        render(Document("t", (), meta=Meta(template="documnet")), language)


@pytest.mark.parametrize("inner", ["inline", "blocks", "../latex/document"])
def test_a_file_of_macros_is_no_template_to_choose(inner, tmp_path):
    with pytest.raises(UnknownNameError, match="latex template"):
        render(Document("t", (), meta=Meta(template=inner)), "latex", (tmp_path,))


def test_own_templates_go_first(tmp_path):
    (tmp_path / "latex").mkdir()
    (tmp_path / "latex" / "mine.tex").write_text("<< document.title >>: << body >>")
    made = render(Document("50%", (Prose("a"),), meta=Meta(template="mine")), "latex", (tmp_path,))
    assert made.startswith(r"50\%: ") and "a" in made


def test_an_unknown_language_is_named():
    with pytest.raises(UnknownNameError, match="did you mean latex"):
        Rendering("latx")


def test_a_block_without_layout_is_named():
    class Strange(Block):
        pass

    with pytest.raises(FormatError, match="no layout for Strange"):
        Rendering("latex").block(Strange())


def test_errors_say_in_which_problem_and_part():
    with pytest.raises(ProblemError, match=r"problem 5, part \(b\): mathematics \$zz\$"):
        Rendering("latex", place="problem 5").block(Question("b", (Prose("$zz$"),)))


def test_html_is_one_page_and_valid_tags():
    made = render(DEMO, "html")
    assert "<script" not in made and "http://" not in made.replace("http://www.w3.org", "")
    assert made.count("<math") == made.count("</math>") and made.count("<section") == made.count("</section>")


def test_a_formula_of_markup_stays_text_in_html():
    made = render(Document("<b>", (Prose("a < b & $w$", {"w": W}),)), "html")
    assert "<title>&lt;b&gt;" in made and "a &lt; b &amp; <math" in made


@pytest.mark.parametrize(("language", "kept"), [("typst", "#kept["), ("latex", "\\nopagebreak")])
def test_a_paragraph_stays_with_what_it_introduces(language, kept):
    rendering = Rendering(language)
    assert kept in rendering.blocks((Prose("so that"), Formula("a = b", scope=ABC)))
    assert kept in rendering.blocks((Prose("What is it?"), Prose("The sequence: _____")))
    assert kept not in rendering.blocks((Prose("so that"), Prose("another paragraph")))
    assert kept not in rendering.blocks((Formula("a = b", scope=ABC), Prose("the last one")))


def test_a_letter_stands_on_the_first_line_of_its_part():
    rendering = Rendering("typst")
    text = str(rendering.block(Question("a", (Prose("First."), Prose("Second.")), 4)))
    assert "#hanging[(a)]#points([4]) First" in text and text.count("#hanging") == 1
    # before anything but text it is a paragraph of its own, which is not left behind on the page
    text = str(rendering.block(Question("b", (Formula("a = b", scope=ABC),))))
    assert "#kept[#hanging[(b)]]" in text
    assert "#kept" not in rendering.block(Question("", (Formula("a = b", scope=ABC),)))


def test_items_with_displays_stand_apart():
    tall = Bullets(((Prose("one"), Formula("a = b", scope=ABC)), "two"))
    assert "spacing" in Rendering("typst").block(tall)
    assert "spacing" not in Rendering("typst").block(Bullets(("one", "two")))


def test_a_bracket_in_a_title_does_not_end_the_short_title():
    text = str(Rendering("latex").block(Heading(1, "Sets ]0, 1] and \U0001f600", 2)))
    assert "\\section[{Sets ]0, 1] and [U+1F600]}]{" in text


def test_what_is_held_keeps_its_parentheses():
    scope = declare(X="matrix(n, d)", A="matrix(n, d)", B="matrix(d, k)")
    held = scope.read("held(X - A)@B")
    assert latex(held) == r"\left(\underline{X - A}\right) B"
    assert typst(held).startswith("lr((underline(")


def test_a_short_derivation_stays_together_and_boxes_may_be_parted():
    assert "\\display{2}" in Rendering("latex").block(Formulas((Formula("a = b", scope=ABC),) * 2))
    ticks = str(Rendering("latex").block(TickBoxes(("yes", "no"))))
    assert ticks.index("\\end{samepage}") < ticks.index("\\penalty0")
