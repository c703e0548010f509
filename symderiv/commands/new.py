"""``symderiv new FOLDER``: start an exam of your own from the small example in the templates."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from symderiv.commands import OK
from symderiv.errors import ProblemError


def arguments(parser: ArgumentParser) -> None:
    """Declare the folder."""
    parser.add_argument("folder", metavar="FOLDER", help="a folder that does not exist yet, or is empty")


def run(options: Namespace) -> int:
    """Make the folder and print what is in it."""
    folder = new_exam(Path(options.folder))
    print("\n".join(str(file) for file in sorted(folder.rglob("*")) if file.is_file()))
    return OK


def new_exam(folder: Path) -> Path:
    """Copy the example exam to ``folder``, all or nothing; raises ProblemError where something is in the way."""
    import shutil
    import tempfile

    from symderiv._paths import templates_dir

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProblemError(f"{folder} is already there and not empty; choose a new folder")
    parent = folder.absolute().parent
    parent.mkdir(parents=True, exist_ok=True)
    # made beside its place and moved there whole, so that a full disk leaves no half exam
    with tempfile.TemporaryDirectory(dir=parent, prefix=f".{folder.name}.") as working:
        copy = Path(working) / "exam"
        shutil.copytree(templates_dir() / "new", copy, ignore=shutil.ignore_patterns("__pycache__"))
        os.replace(copy, folder)
    return folder
