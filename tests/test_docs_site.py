"""The site: every page of it is built, the notebook shows what it shows now."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def shown(cells):
    """What the cells show, without the numbers of pictures' identifiers."""
    return [[out.get("data", {}).get("text/plain", out.get("text")) for out in cell.get("outputs", ())] for cell in cells]


@pytest.mark.slow
def test_the_notebook_is_executed(tmp_path):
    again = tmp_path / "again.ipynb"
    subprocess.run([sys.executable, str(ROOT / "scripts" / "docs_notebook.py"), str(again)], check=True, timeout=300)
    books = [json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "docs" / "notebook.ipynb", again)]
    assert shown(books[0]["cells"]) == shown(books[1]["cells"]), "run scripts/docs_notebook.py"


def test_the_gallery_shows_every_problem():
    made = runpy.run_path(str(ROOT / "scripts" / "docs_gallery.py"))
    pages = made["gallery"]()
    assert {f"## {number}. " in pages["gallery.md"] for number in range(3, 13)} == {True}
    assert all(content for content in pages.values())
    assert "<math" in pages["gallery.md"]


def test_the_notebook_is_a_page_of_the_site():
    page = runpy.run_path(str(ROOT / "scripts" / "docs_gallery.py"))["notebook"](ROOT / "docs" / "notebook.ipynb")
    assert "<svg" in page and "<math" in page and "```python" in page
