"""The order of the modules: each imports only from those that stand above it.

``ORDER`` is the package read from top to bottom. ``kernel/`` is a folder, whose files may use each other without
a circle; where a folder's ``__init__`` does something, as the door of ``formats/`` does, it stands by itself.
"""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "symderiv"
LONGEST = 300

ORDER = """
# what can be said
errors _paths limits exact registry usercode formats shapes symbols operators notation/ expressions trees reading scope
# many independent tasks
running/
# what holds: the trusted core, and the second route beside it
kernel/ moments indexed evaluation/ numeric deciding/ certify
# how to show it
algebra/ calculus rewriting steps/ rules rules/ derivation finding/ deriving arguments/
# computational graphs
document elementwise nodes/ functions backward codegen/ kernels adjoints matrix_graphs/ graph backprop/
# the field's building blocks, and questions answered by them
models models/ families families/ solving
# pictures
ink/ drawing figures/ slides
# problems and paper
problem paper/ problems problems/ report formats/ writing slide_files
# files of claims, builds
checks/ testing pytest_plugin builds/
# the command line
commands commands/ cli __main__
"""

# A file behind one of these doors is reached through the door only.
CLOSED = ("formats", "problems", "rules")


def units():
    words = [word for line in ORDER.splitlines() if not line.startswith("#") for word in line.split()]
    assert len(words) == len(set(words)), "a module stands twice in ORDER"
    return words


def module_name(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"}


def imports(path):
    """The modules of this package that a file imports anywhere in it, with the line."""
    found = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno}: relative import; write `from symderiv.… import …`"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            head, _, inner = name.partition(".")
            while head == "symderiv" and inner and inner not in MODULES:
                inner = inner.rpartition(".")[0]
            if head == "symderiv" and inner:
                found.setdefault(inner, node.lineno)
    return found


def unit_of(module):
    head, _, inner = module.partition(".")
    return f"{head}/" if inner or (head not in units() and (PACKAGE / head).is_dir()) else head


GRAPH = {name: imports(path) for name, path in MODULES.items()}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_point_up(name):
    place = {unit: number for number, unit in enumerate(units())}
    own = unit_of(name)
    needed = max((place.get(unit_of(used), -1) for used in GRAPH[name] if unit_of(used) != own), default=-1)
    assert own in place, f"{name} is not in ORDER; its place is after {units()[needed] if needed >= 0 else 'the head'}"
    below = {used: line for used, line in GRAPH[name].items() if place.get(unit_of(used), 10**6) > place[own]}
    wrong = [f"{used} (line {line})" for used, line in below.items()]
    assert not wrong, f"{name} imports from below: {', '.join(wrong)}; is a noun missing?"


def test_nothing_runs_in_a_circle():
    try:
        tuple(graphlib.TopologicalSorter({name: set(used) - {name} for name, used in GRAPH.items()}).static_order())
    except graphlib.CycleError as error:
        pytest.fail(f"modules import each other: {' -> '.join(error.args[1])}")


def test_order_names_only_what_is_there():
    present = {unit_of(name) for name in MODULES}
    assert [unit for unit in units() if unit not in present] == []


@pytest.mark.parametrize("name", sorted(MODULES))
def test_files_are_short(name):
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("name", sorted(MODULES))
def test_closed_folders_are_reached_through_their_door(name):
    own = unit_of(name)
    behind = [used for used in GRAPH[name] if used.split(".")[0] in CLOSED and "." in used and unit_of(used) != own]
    assert not behind, f"{name} reaches behind a door: {behind}"


@pytest.mark.parametrize("name", sorted(MODULES))
def test_every_file_says_what_it_is(name):
    assert (ast.get_docstring(ast.parse(MODULES[name].read_text(encoding="utf-8"))) or "").strip()
