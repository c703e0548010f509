"""``symderiv list``: what there is, read from the folders without running their files."""

from __future__ import annotations

import ast
import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from symderiv._paths import PACKAGE
from symderiv.commands import OK

# The doors: one file in a folder is one thing of its kind.
FOLDERS = {"problems": "problems", "models": "models", "formats": "formats", "rules": "rules", "families": "families"}
HOLDS = {"problems": "problem"}  # what a file of the kind defines


def arguments(parser: ArgumentParser) -> None:
    """Declare the kind."""
    parser.add_argument("kind", nargs="?", choices=sorted(FOLDERS), help="only things of this kind (all)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the list is printed (text)")


def run(options: Namespace) -> int:
    """Print the names with one line on each."""
    kinds = [options.kind] if options.kind else list(FOLDERS)
    found = {kind: things(PACKAGE / FOLDERS[kind], HOLDS.get(kind, "")) for kind in kinds}
    if options.format == "json":
        print(json.dumps(found, indent=1, ensure_ascii=False))
        return OK
    width = max((len(name) for names in found.values() for name in names), default=0)
    for kind, names in found.items():
        print(f"{kind}:" if names else f"{kind}: none")
        for name, meaning in names.items():
            print(f"  {name:<{width}}  {meaning}".rstrip())
    return OK


def things(folder: Path, holds: str = "") -> dict[str, str]:
    """Name (with inner folders) and first docstring line of every Python file below ``folder``, sorted.

    Files that do not define the function ``holds`` only help others and are left out.
    """
    found = {}
    for file in sorted(folder.rglob("*.py")):
        inner = file.relative_to(folder).with_suffix("")
        if inner.name == "__init__" and inner.parent != Path("."):
            found[f"{inner.parent.as_posix()}/"] = first_line(file)
        elif not inner.name.startswith("_") and (not holds or f"\ndef {holds}(" in file.read_text(encoding="utf-8")):
            found[inner.as_posix()] = first_line(file)
    return dict(sorted(found.items()))


def first_line(file: Path) -> str:
    """What a Python file says of itself in its first line."""
    return (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").partition("\n")[0]
