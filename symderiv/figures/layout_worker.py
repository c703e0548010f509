"""Run the Graphviz that pygraphviz's wheel carries: DOT on stdin, JSON with positions on stdout.

This file is a program of its own, started by ``symderiv.figures.layout``: a crash in
the C library ends this process and not the build.  Only the libraries that lay out
are loaded.  ``import pygraphviz`` would load those that draw text too, and they need
GLib and X11, which a bare Linux does not have; every label here comes with its size.

Reference: "Using Graphviz as a library" (the functions gvContextPlugins, gvLayout, gvRenderData).
"""

from __future__ import annotations

import ctypes
import importlib.util
import sys
from pathlib import Path

_PLUGINS = ("core", "dot_layout", "neato_layout")


class _Symbol(ctypes.Structure):
    """``lt_symlist_t``: a name and an address."""

    _fields_ = (("name", ctypes.c_char_p), ("address", ctypes.c_void_p))


def main(engine: str) -> int:
    """Lay out one graph with ``engine`` (dot, neato, circo)."""
    folder = _libraries()
    cgraph, gvc = _load(folder, "cgraph"), _load(folder, "gvc")
    # the plugins are handed over by address: the list of plugins to search for is not in the wheel
    rows = (_Symbol * (len(_PLUGINS) + 1))()
    for row, plugin in zip(rows, _PLUGINS, strict=False):
        name = f"gvplugin_{plugin}_LTX_library"
        library = _load(folder, f"gvplugin_{plugin}")
        row.name, row.address = name.encode(), ctypes.addressof(ctypes.c_char.in_dll(library, name))
    pointer = ctypes.c_void_p
    cgraph.agmemread.restype, cgraph.agmemread.argtypes = pointer, [ctypes.c_char_p]
    gvc.gvContextPlugins.restype, gvc.gvContextPlugins.argtypes = pointer, [pointer, ctypes.c_int]
    gvc.gvLayout.argtypes = [pointer, pointer, ctypes.c_char_p]
    size, text = ctypes.c_size_t(0), ctypes.c_char_p()
    gvc.gvRenderData.argtypes = [pointer, pointer, ctypes.c_char_p, pointer, pointer]

    context = gvc.gvContextPlugins(ctypes.byref(rows), 0)
    graph = cgraph.agmemread(sys.stdin.buffer.read())
    if not graph or gvc.gvLayout(context, graph, engine.encode()):
        return 1
    if gvc.gvRenderData(context, graph, b"json", ctypes.byref(text), ctypes.byref(size)):
        return 1
    sys.stdout.buffer.write(text.value or b"")
    return 0


def _libraries() -> Path:
    package = importlib.util.find_spec("pygraphviz")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("No module named 'pygraphviz'")
    return Path(package.origin).parent.parent / "pygraphviz.libs"


def _load(folder: Path, name: str) -> ctypes.CDLL:
    for file in sorted(folder.glob(f"lib{name}-*.so*")):
        return ctypes.CDLL(str(file), mode=ctypes.RTLD_GLOBAL)
    raise ImportError(f"the wheel of pygraphviz holds no lib{name} in {folder}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
