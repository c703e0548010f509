"""Is anything to be built?  Content hashes of everything a paper depends on.

Read before any heavy module is imported: the code of the package, the templates, the
exam's folder, the versions of what typesets, and what was asked for.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from symderiv._paths import PACKAGE, templates_dir

_TYPESETTERS = ("jinja2", "latex2mathml", "pygraphviz", "sympy", "typst", "ziafont", "ziamath")
STATE = "state.json"


def code_version() -> str:
    """A hash of the package's code, its templates, and the versions of Python and of what typesets."""
    digest = sha256(repr((sys.version_info[:3], _installed())).encode())
    for folder, pattern in ((PACKAGE, "*.py"), (templates_dir(), "*")):
        _add_files(digest, folder, sorted(folder.rglob(pattern)), PACKAGE / "problems")
    return digest.hexdigest()


def folder_version(folder: Path, only: str | None = None, stems: Iterable[str] = (), out: Path | None = None) -> str:
    """A hash of an exam's files but those in ``out``; with ``only``, of one problem's file and what is no problem."""
    others = {f"{stem}.py" for stem in stems} - {f"{only}.py"} if only else set()
    digest = sha256()
    files = sorted(f for f in folder.rglob("*") if f.parent != folder or f.name not in others)
    _add_files(digest, folder.resolve(), [f.resolve() for f in files], out.resolve() if out else None)
    return digest.hexdigest()


def key(*parts: Any) -> str:
    """One hash of several."""
    return sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def is_fresh(folder: Path, wanted: str) -> bool:
    """Whether a folder's last build had this key and left its files untouched."""
    state = read_state(folder)
    if state.get("key") != wanted:
        return False
    files: Mapping[str, str] = state.get("files", {})
    return all(_hash(folder / name) == digest for name, digest in files.items())


def read_state(folder: Path) -> dict[str, Any]:
    """What the last build noted; empty where there is nothing readable."""
    try:
        state = json.loads((folder / ".build" / STATE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def state_text(wanted: str, files: Mapping[str, bytes], record: Mapping[str, Any]) -> bytes:
    """The note a build leaves: its key, the hashes of its files, and what it reported."""
    hashes = {name: sha256(data).hexdigest() for name, data in sorted(files.items())}
    return json.dumps({"key": wanted, "files": hashes, **record}, indent=1, sort_keys=True).encode()


def _installed() -> list[str]:
    """Folders of the typesetting packages' metadata, whose names carry the versions; quicker than asking for them."""
    names = set()
    for place in sys.path:
        if os.path.isdir(place):
            found = (name for name in os.listdir(place) if name.endswith(".dist-info"))
            names |= {name for name in found if name.split("-")[0].lower() in _TYPESETTERS}
    return sorted(names)


def _add_files(digest: Any, folder: Path, files: Iterable[Path], without: Path | None = None) -> None:
    for file in files:
        if not file.is_relative_to(folder):  # a link to elsewhere
            continue
        parts = file.relative_to(folder).parts
        if "__pycache__" in parts or any(part.startswith(".") for part in parts) or not file.is_file():
            continue
        if without is not None and without in file.parents:
            continue
        digest.update(repr(parts).encode())
        digest.update(sha256(file.read_bytes()).digest())


def _hash(file: Path) -> str:
    try:
        return sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""
