"""What all tests share: marks, and the programs a test may need."""

from __future__ import annotations

import shutil

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-slow", action="store_true", help="leave out the tests marked slow")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs a program that is not here, and what is slow when asked; both count as deselected."""
    quick = config.getoption("--no-slow")
    out = [item for item in items if _missing(item) or (quick and item.get_closest_marker("slow"))]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in set(out)]


def _missing(item: pytest.Item) -> bool:
    return any(shutil.which(program) is None for mark in item.iter_markers("exe") for program in mark.args)
