"""Where the package stands, and the files that are not Python: templates.

A checkout keeps them beside the package, a wheel carries them inside it.
"""

from __future__ import annotations

from pathlib import Path

from symderiv.errors import ToolError

PACKAGE = Path(__file__).resolve().parent


def templates_dir() -> Path:
    """The folder of the Jinja2 and Typst templates, in a checkout and in an installed wheel.

    Raises ToolError when neither is there.

    >>> templates_dir().name
    'templates'
    """
    checkout = PACKAGE.parent / "templates"
    installed = PACKAGE / "templates"
    for folder in (checkout, installed) if (PACKAGE.parent / "pyproject.toml").is_file() else (installed,):
        if folder.is_dir():
            return folder
    raise ToolError(f"the templates are missing: neither {checkout} nor {installed} exists; reinstall symderiv")
