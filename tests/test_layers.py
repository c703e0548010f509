"""The order of the modules: each imports only from those that stand above it.

``ORDER`` is the package read from top to bottom. ``formats`` is the door of a folder (its
``__init__``), ``formats/`` the files behind it; those may use each other, without a circle.
"""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "symderiv"
LONGEST = 300

ORDER = """
errors exact registry usercode formats escaping _paths elementwise shapes symbols operators naming sympy_latex typst_names
typst_math printing expressions latex_words mathml document writing_order mathematics labels reading scope operations columns
handles functions limits networks matching forms laws positivity inline blocktree numbering
indexed denominators factoring atoms matrices determinants substitution derivatives gaussian closed_forms
moments trees lowering claims openings clearing index_text jets fields outcomes array_functions numeric
instances domains form_values refuting sympy_claims certify problem judging statements exams papers embedding
typesetting pictures widths rows rendering fragments marks arrows svg_marks drawing layout spine_routes
spine expansion series building_blocks pullbacks reverse terms chains linear_maps tidying calculus patterns
differentiating rewriting averaging moment_lines resolving fractions rules rules/ derivation inverting searching deriving scalar_facts
scalar_course optimum partials rolling naming_nodes from_sympy graph_views backward kernel_program kernel_errors
kernel_source loop_source numpy_source kernel_runner kernels adjoints matrix_nodes matrix_moments matrix_forms
matrix_pullbacks matrix_values matrix_backward matrix_views matrix_steps matrix_graph lifting tracing graph
merged skeleton clipping progress models models/ families families/ solving latex_log layout_worker picture
matrix_labels graph_drawing plotting schematics tree_drawing search_drawing typesetters seeing writing documents
omml slides formats/ problems crosscheck backprop_steps backprop_meaning backprop_numbers backprop_proofs
problems/ freshness tasks workers parallel assembling building slide_files journal claimfile claimscript
checking checkreport commands cli_build cli_check cli_completion cli_doctor cli_graph cli_list cli_new report
cli_report cli_solve cli __main__ nearest testing pytest_plugin
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
    return f"{module.split('.')[0]}/" if "." in module else module


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
