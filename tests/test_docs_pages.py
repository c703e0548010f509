"""The generated pages of the docs are what the script writes now."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = runpy.run_path(str(ROOT / "scripts" / "docs_pages.py"))["PAGES"]


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_up_to_date(name):
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == PAGES[name](), "run scripts/docs_pages.py"
