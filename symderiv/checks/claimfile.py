"""Files of claims, version 1, in JSON or TOML.

A file is ``{"version": 1, "claims": [{"id", "name", "symbols", "where", "left", "right", "expect"}]}``;
``name``, ``symbols``, ``where`` and ``expect`` may be left out.  A file that is not of this kind is
refused as a whole; a claim that is not becomes a ``BadClaim`` in its place, and the others stand.
Reading decides nothing and knows no mathematics.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from symderiv.errors import ClaimError, UnknownNameError, shorten

VERSION = 1
VERDICTS = ("proved", "supported", "assumed", "undecided", "refuted")
MOST_CHARACTERS = 100_000  # of one expression; people write hundreds
_TEXTS = ("id", "name", "left", "right", "expect")
_TABLES = ("symbols", "where")
_NEEDED = ("id", "left", "right")


@dataclass(frozen=True)
class FileClaim:
    """A claim as its file writes it, and the place where it stands."""

    id: str
    left: str
    right: str
    name: str = ""
    symbols: dict[str, str] = field(default_factory=dict)
    where: dict[str, str] = field(default_factory=dict)
    expect: str | None = None
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class BadClaim:
    """A claim that cannot be judged, and why."""

    id: str
    message: str
    file: str = ""
    line: int = 0


def read_claims(path: str | os.PathLike[str]) -> list[FileClaim | BadClaim]:
    """The claims of a JSON or TOML file, in file order.

    Raises ClaimError when the file as a whole is not a claim file of version 1.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ClaimError(f"{file}: not UTF-8 text (byte {error.start}); save the file as UTF-8") from None
    except OSError as error:
        raise ClaimError(f"{file}: cannot be read ({error.strerror})") from None
    return parse_claims(text, file.suffix, str(file))


def parse_claims(text: str, suffix: str = ".json", file: str = "claims") -> list[FileClaim | BadClaim]:
    """The claims of a text; ``suffix`` says which language it is in.

    >>> parse_claims('{"version": 1, "claims": [{"id": "a", "left": "x", "right": "x"}]}')[0].id
    'a'
    """
    content = _parse(text, suffix, file)
    if not isinstance(content, dict) or not isinstance(content.get("claims"), list):
        raise ClaimError(f'{file}: not a claim file; it must be {{"version": {VERSION}, "claims": [...]}}')
    if content.get("version") != VERSION or isinstance(content.get("version"), bool):
        found = shorten(repr(content["version"])) if "version" in content else "none"
        raise ClaimError(f"{file}: version {found} where {VERSION} is read; write it in the form of version {VERSION}")
    extra = sorted(set(content) - {"version", "claims"})
    if extra:
        raise UnknownNameError("key", extra[0], ("version", "claims"), file)
    lines = _lines(text, content["claims"])
    claims: list[FileClaim | BadClaim] = []
    first: dict[str, int] = {}
    for number, (entry, line) in enumerate(zip(content["claims"], lines, strict=True), start=1):
        claim = claim_of(entry, number, file, line)
        if claim.id in first:
            message = f"id {shorten(claim.id)!r} is already used by claim {first[claim.id]}; each needs its own"
            claim = BadClaim(claim.id, f"{file}, claim {number}: {message}", file, line)
        first.setdefault(claim.id, number)
        claims.append(claim)
    return claims


def claim_of(entry: Any, number: int, file: str, line: int = 0) -> FileClaim | BadClaim:
    """One claim from its table of texts; ``number`` and ``file`` say where it stands."""
    name = str(entry.get("id", f"#{number}")) if isinstance(entry, dict) else f"#{number}"
    place = f"{file}, claim {number} ({shorten(name)})"
    problem = _problem(entry)
    if problem:
        return BadClaim(name, f"{place}: {problem}", file, line)
    return FileClaim(**entry, file=file, line=line)


def _problem(entry: Any) -> str:
    """What is wrong with a claim's form, or nothing."""
    if not isinstance(entry, dict):
        return f"a claim is a table, not {shorten(repr(entry))}"
    missing = [key for key in _NEEDED if key not in entry]
    if missing:
        return f"{' and '.join(missing)} missing; a claim needs {', '.join(_NEEDED)}"
    unknown = sorted(set(entry) - {*_TEXTS, *_TABLES})
    if unknown:
        return str(UnknownNameError("key", unknown[0], (*_TEXTS, *_TABLES)))
    texts = [(key, entry[key]) for key in _TEXTS if entry.get(key) is not None]
    for key in _TABLES:
        table = entry.get(key, {})
        if not isinstance(table, dict):
            return f"{key} must be a table of texts, not {shorten(repr(table))}"
        texts += [(f"{key}.{shorten(name)}", value) for name, value in table.items()]
    return _text_problem(texts) or _expect_problem(entry.get("expect"))


def _text_problem(texts: Iterable[tuple[str, Any]]) -> str:
    for key, value in texts:
        if not isinstance(value, str):
            return f"{key} must be a text, not {shorten(repr(value))}"
        if len(value) > MOST_CHARACTERS:
            return f"{key} has {len(value)} characters, more than {MOST_CHARACTERS}; name its parts in where"
        if any("\ud800" <= character <= "\udfff" for character in value):
            return f"{key} holds half a character (a lone surrogate); write it as UTF-8"
    return ""


def _expect_problem(expect: Any) -> str:
    return "" if expect is None or expect in VERDICTS else str(UnknownNameError("verdict", expect, VERDICTS))


def _parse(text: str, suffix: str, file: str) -> Any:
    if suffix == ".toml":
        import tomllib

        try:
            return tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # also a whole number of too many digits
            raise ClaimError(f"{file}: not TOML ({error})") from None
    if suffix != ".json":
        raise ClaimError(f"{file}: claims are read from .json, .toml and .py files, not from {suffix or 'no suffix'!r}")
    try:
        return json.loads(text, object_pairs_hook=_table)
    except json.JSONDecodeError as error:
        raise ClaimError(f"{file}, line {error.lineno}, column {error.colno}: not JSON ({error.msg})") from None
    except RecursionError:
        raise ClaimError(f"{file}: nested too deeply to be a claim file") from None
    except _TwiceError as error:
        raise ClaimError(f"{file}: the key {error} stands twice in one table; one of the two would be lost") from None
    except ValueError as error:
        raise ClaimError(f"{file}: a number cannot be read ({str(error).partition(';')[0]})") from None


class _TwiceError(ValueError):
    """A key stands twice in a JSON object."""


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        raise _TwiceError(repr(shorten(next(name for name in names if names.count(name) > 1))))
    return table


def _lines(text: str, entries: list[Any]) -> list[int]:
    """The line on which each claim's id stands, for annotations; 0 where it is not found."""
    lines, at, line = [], 0, 1
    for entry in entries:
        name = entry.get("id") if isinstance(entry, dict) else None
        found = text.find(json.dumps(name, ensure_ascii=False), at) if isinstance(name, str) else -1
        if found < 0:
            lines.append(0)
            continue
        line += text.count("\n", at, found)
        at = found
        lines.append(line)
    return lines
