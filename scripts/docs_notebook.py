"""Run the example notebook again and keep what it shows: ``python scripts/docs_notebook.py [FILE]``."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parent.parent / "docs" / "notebook.ipynb"


def executed(path: Path = NOTEBOOK) -> nbformat.NotebookNode:
    """The notebook after a run from its first cell, without times and other traces of the machine."""
    book = nbformat.read(path, as_version=4)
    book.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    kernel = AsyncKernelManager(kernel_name="python3", transport="ipc")
    NotebookClient(book, km=kernel, timeout=300, record_timing=False).execute()
    book.metadata.pop("language_info", None)
    return book


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else NOTEBOOK
    target.write_text(nbformat.writes(executed()) + "\n", encoding="utf-8")
