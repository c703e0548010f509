"""Reading the data of a question: the same thing may stand under several usual names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from symderiv.errors import ModelError, UnknownNameError


def pick(given: Mapping[str, Any], *names: str, default: Any = None) -> Any:
    """The value under the first of ``names`` that is there.

    >>> pick({"eps": 1}, "epsilon", "eps")
    1
    """
    for name in names:
        if given.get(name) is not None:
            return given[name]
    return default


def need(given: Mapping[str, Any], *names: str) -> Any:
    """As ``pick``, but raises ModelError when none is there."""
    value = pick(given, *names)
    if value is None:
        raise ModelError(f"question: {' or '.join(repr(n) for n in names)} is missing; given are {sorted(given)}")
    return value


def choose(value: object, aliases: Mapping[str, str], what: str) -> str:
    """One of a table's words, written in any of its usual ways; raises UnknownNameError for another.

    >>> choose("Hard-Max", {"hardmax": "argmax"}, "pooling")
    'argmax'
    """
    word = re.sub(r"[^a-z0-9]", "", str(value).lower())
    if word not in aliases:
        raise UnknownNameError(what, str(value), aliases)
    return aliases[word]


def flag(given: Mapping[str, Any], *names: str, default: bool = False) -> bool:
    """A yes-or-no setting; raises ModelError for anything but true, false, 0 and 1."""
    value = pick(given, *names, default=default)
    if value not in (True, False):
        raise ModelError(f"question: {names[0]} must be true or false, not {value!r}")
    return bool(value)


def prose(given: Mapping[str, Any]) -> str:
    """The question's prose in lower case, empty where there is none."""
    return str(given.get("task", "")).lower()
