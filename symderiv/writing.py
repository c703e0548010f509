"""``write`` makes a file: the suffix decides the format, and nothing is ever half-written."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from symderiv.errors import FormatError

_WAYS_OUT = {
    errno.ENOSPC: "the disk is full; free some space, the earlier file is kept",
    errno.EDQUOT: "the disk quota is used up; free some space, the earlier file is kept",
    errno.EACCES: "permission denied; choose a folder you may write to",
    errno.EPERM: "permission denied; choose a folder you may write to",
    errno.EROFS: "the file system is read-only; choose another folder",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.EEXIST: "a part of the path is a file, not a folder",
    errno.EISDIR: "it is a folder; give a file name",
    errno.ENAMETOOLONG: "the name is too long",
}


def write(obj: Any, path: str | Path) -> Path:
    """Write ``obj`` to ``path`` in the format of its suffix, with the files it needs beside it.

    >>> import tempfile, symderiv.document as d
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(d.Document("Notes", (d.Prose("Hello."),)), f"{folder}/notes.md").name
    'notes.md'

    Raises FormatError for a suffix nobody knows, for an object the format cannot show,
    and for a place that cannot be written.
    """
    from symderiv.formats import format_for

    path = Path(path)
    if not path.suffix:
        raise FormatError(f"{path} has no suffix to tell the format; write for example {path}.pdf")
    content = format_for(obj, path.suffix).render(obj)
    files: Mapping[str, bytes] = getattr(content, "files", {})
    data = content.encode() if isinstance(content, str) else content
    write_all(path.parent, {**files, path.name: data})
    return path


def write_all(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write several files into a folder: all are complete on the disk before the first takes its name.

    Raises FormatError that names the file and the way out; earlier files are then kept as they were.
    """
    staged: list[tuple[str, Path]] = []
    try:
        for name, data in sorted(files.items()):
            target = folder / name
            with _explained(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                if target.is_dir():
                    raise IsADirectoryError(errno.EISDIR, "is a directory")
                handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:80]}.")
                staged.append((temporary, target))
                with os.fdopen(handle, "wb") as out:
                    out.write(data)
                os.chmod(temporary, 0o666 & ~_umask())
        while staged:
            temporary, target = staged[0]
            with _explained(target):
                os.replace(temporary, target)
            staged.pop(0)
    finally:
        for temporary, _ in staged:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
    return [folder / name for name in sorted(files)]


@contextlib.contextmanager
def _explained(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as bad:
        way_out = _WAYS_OUT.get(bad.errno or 0, bad.strerror or str(bad))
        raise FormatError(f"cannot write {target}: {way_out}") from bad


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
