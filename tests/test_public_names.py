"""The public names: one sorted table, each name found where the table says, none hidden by a module."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from types import ModuleType

import pytest

import symderiv

SOURCE = Path(symderiv.__file__)


def test_the_table_is_sorted_and_is_all():
    assert list(symderiv._HOME) == sorted(symderiv._HOME)
    assert symderiv.__all__ == sorted(symderiv._HOME)
    assert set(symderiv.__all__) <= set(dir(symderiv))


@pytest.mark.parametrize("name", symderiv.__all__)
def test_each_name_is_where_the_table_says(name):
    home = importlib.import_module(f"symderiv.{symderiv._HOME[name]}")
    value = getattr(symderiv, name)
    assert value is getattr(home, name)
    assert not isinstance(value, ModuleType)
    assert (value.__doc__ or "").strip(), f"{name} has no docstring"


def test_a_module_does_not_hide_a_name():
    importlib.import_module("symderiv.certify")
    assert callable(symderiv.certify)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no public name 'nothing'"):
        _ = symderiv.nothing
    assert not hasattr(symderiv, "nothing")


def test_the_package_itself_imports_nothing_but_the_standard_library():
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    heads = {alias.name.split(".")[0] for node in imported for alias in node.names}
    assert heads <= {"importlib", "sys"}
