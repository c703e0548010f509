"""Every kind of block in every language, against golden files that a person has read."""

import re

import pytest
from golden_files import assert_golden
from paper_samples import BLOCKS, DEMO, NAMES, W

from symderiv.document import Block, Document, Meta, Prose, Question
from symderiv.errors import FormatError, ProblemError, UnknownNameError
from symderiv.paper.blocktree import with_scope
from symderiv.paper.numbering import numbered
from symderiv.paper.rendering import LANGUAGES, Rendering, render


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


def test_a_template_that_does_not_exist_is_named():
    with pytest.raises(UnknownNameError, match="latex template 'fancy'.*document"):
        render(Document("t", (), meta=Meta(template="fancy")), "latex")


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
