"""A door: a table of named things that refuses duplicates and suggests near names.

Rules, formats, models and problems register themselves here when their file is
imported; ``Registry.load`` imports every file of the folder once.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Generic, TypeVar

from symderiv.errors import DeclarationError, UnknownNameError

T = TypeVar("T")


class Registry(Generic[T]):
    """Named things of one kind, filled by the files of one folder.

    >>> colours: Registry[int] = Registry("colour")
    >>> colours.add("red", 1)
    1
    >>> colours["red"]
    1
    """

    def __init__(self, kind: str, package: str | None = None) -> None:
        self.kind = kind
        self._package = package
        self._loaded = package is None
        self._items: dict[str, T] = {}

    def add(self, name: str, item: T) -> T:
        """Register ``item``; raises DeclarationError if the name is taken."""
        if name in self._items:
            raise DeclarationError(f"{self.kind} {name!r} is registered twice; choose another name")
        self._items[name] = item
        return item

    def load(self) -> None:
        """Import every module of the folder, so that each registers its things."""
        if self._loaded or self._package is None:
            return
        self._loaded = True
        package = importlib.import_module(self._package)
        for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
            importlib.import_module(f"{self._package}.{module}")

    def __getitem__(self, name: str) -> T:
        if name not in self._items:
            self.load()
        if name not in self._items:
            raise UnknownNameError(self.kind, name, self._items)
        return self._items[name]

    def __contains__(self, name: object) -> bool:
        self.load()
        return name in self._items

    def __iter__(self) -> Iterator[str]:
        self.load()
        return iter(sorted(self._items))

    def __len__(self) -> int:
        self.load()
        return len(self._items)

    def items(self) -> list[tuple[str, T]]:
        """All (name, thing) pairs, sorted by name."""
        return [(name, self._items[name]) for name in self]
