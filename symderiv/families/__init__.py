"""Families of exam questions, answered from data by the models.

Each file of this folder registers one function ``answer(given) -> dict`` in ``FAMILIES``: it reads the
exact numbers of a question and returns every answer the family's usual questions ask for, under the
usual names.  Names nobody asked for do no harm.  ``given["task"]``, where present, is the question's
prose: a family may take from it a setting that the data leave out, never an answer.  Bad data raise
ModelError, ReadingError or UnknownNameError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from symderiv.registry import Registry

Answer = Callable[[Mapping[str, Any]], dict[str, Any]]

FAMILIES: Registry[Answer] = Registry("family", "symderiv.families")
