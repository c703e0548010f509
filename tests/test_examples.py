"""README and docs: every Python block runs, every command and file named in them is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from symderiv.commands import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
WITH_PYTHON = [page for page in PAGES if "```python" in page.read_text(encoding="utf-8")]
BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def python_of(text):
    """The page with everything but its Python blocks blanked, so that line numbers in errors are the page's own."""
    lines = [""] * (text.count("\n") + 1)
    for block in BLOCK.finditer(text):
        if block[1] == "python":
            first = text.count("\n", 0, block.start(2))
            for offset, line in enumerate(block[2].splitlines()):
                lines[first + offset] = line
    return "\n".join(lines) + "\n"


def page_id(page):
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", WITH_PYTHON, ids=page_id)
def test_python_blocks_run(page, tmp_path):
    script = tmp_path / f"page_{page.stem}.py"
    script.write_text(python_of(page.read_text(encoding="utf-8")), encoding="utf-8")
    command = [sys.executable, "-W", "error", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_what_a_page_names_is_there(page):
    text = page.read_text(encoding="utf-8")
    shell = "\n".join(block[2] for block in BLOCK.finditer(text) if block[1] in ("console", "sh", "bash"))
    code = shell + "\n" + "\n".join(re.findall(r"`([^`\n]+)`", text))
    verbs = set(re.findall(r"\bsymderiv ([a-z]+)\b", code))
    assert verbs <= set(COMMANDS), f"no such command: {sorted(verbs - set(COMMANDS))}"
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", code))
    assert named <= targets, f"no such target: {sorted(named - targets)}"
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_page_runner_keeps_line_numbers():
    assert python_of("a\n```python\nx = 1\n```\nb\n").splitlines()[2] == "x = 1"
