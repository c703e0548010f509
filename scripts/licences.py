"""Write LICENSES.md: every package of the lock with the licence its own metadata names.

``--check`` compares instead of writing. Versions are left out, so that the list is the
same for each Python; a package that this Python does not need keeps its line.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "LICENSES.md"
COPYLEFT = re.compile(r"\b(A?GPL|LGPL|MPL|EPL)|General Public|Mozilla Public|Eclipse Public")

# The metadata of a wheel tells the licence of the package, not always of the libraries inside the wheel.
INSIDE = {
    "numpy": "OpenBLAS (BSD-3-Clause), libgfortran and libquadmath (GPL-3.0 with the runtime exception, LGPL-2.1)",
    "scipy": "OpenBLAS (BSD-3-Clause), libgfortran and libquadmath (GPL-3.0 with the runtime exception, LGPL-2.1)",
    "python-flint": "FLINT and MPFR (LGPL-3.0-or-later), GMP (LGPL-3.0-or-later or GPL-2.0-or-later)",
    "pygraphviz": "Graphviz (EPL-1.0), cairo (LGPL-2.1 or MPL-1.1), Pango, FriBidi, libthai and libltdl (LGPL-2.1)",
}

HEAD = """\
# Licences of what symderiv uses

symderiv itself is under the MIT licence (`LICENSE`); it contains no code of others. The packages below are
installed beside it, from wheels, and are not part of it. `make licences` writes this page from the lock file.

| package | licence | copyleft |
| --- | --- | --- |
"""

TAIL = """
Weak copyleft (MPL, LGPL, EPL) binds changes to those packages themselves; using them from a program under
another licence is allowed. None of the packages is under the GPL without an exception.

## Libraries inside wheels

| wheel | libraries and their licences |
| --- | --- |
"""


def locked() -> list[str]:
    """The names in the lock file."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return sorted(set(re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)))


def licence(name: str) -> str | None:
    """The licence a package names in its metadata, or None where it is not installed."""
    try:
        metadata = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return None
    lines = [line for line in metadata.get_all("Classifier") or [] if "License ::" in line]
    classifiers = [line.rpartition("::")[2].strip() for line in lines]
    stated = (metadata.get("License") or "").strip()
    short = stated if "\n" not in stated and len(stated) < 60 and stated not in ("UNKNOWN", "Dual License") else ""
    return metadata.get("License-Expression") or " or ".join(classifiers) or short or "see the package"


def page(previous: str) -> str:
    """The whole page."""
    rows = []
    for name in locked():
        found = licence(name)
        old = re.search(rf"^\| {re.escape(name)} \| .*$", previous, re.MULTILINE)
        if found is not None:
            rows.append(f"| {name} | {found} | {'weak' if COPYLEFT.search(found) else ''} |".replace("|  |", "| |"))
        elif old:
            rows.append(old[0])
        else:
            rows.append(f"| {name} | not needed on Linux with this Python | |")
    inside = [f"| {name} | {libraries} |" for name, libraries in INSIDE.items()]
    return HEAD + "\n".join(rows) + "\n" + TAIL + "\n".join(inside) + "\n"


def main() -> None:
    """Write the page, or say that it is not up to date."""
    previous = TARGET.read_text(encoding="utf-8") if TARGET.is_file() else ""
    made = page(previous)
    if "--check" in sys.argv:
        sys.exit(0 if made == previous else "LICENSES.md is not up to date; run `make licences`")
    TARGET.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
