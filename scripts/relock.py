"""Resolve the dependencies for Python 3.11 to 3.13 into the two lock files.

Needs ``uv`` (``pip install uv``). Releases of the last five weeks are left out: a
new release that turns out to be broken or hostile is usually withdrawn by then.
"""

from __future__ import annotations

import datetime
import importlib.util
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REST = datetime.timedelta(weeks=5)
LOCKS = {
    "requirements.lock": ["--extra", "test", "--extra", "docs"],
    "requirements-bench.lock": ["--extra", "bench", "--constraints", "requirements.lock"],
}


def main() -> None:
    """Write both locks; hashes in, names of package indexes out."""
    if importlib.util.find_spec("uv") is None:
        sys.exit("relock: uv is missing; run `.venv/bin/pip install uv` first")
    newest = (datetime.datetime.now(datetime.UTC) - REST).date().isoformat()
    for name, arguments in LOCKS.items():
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
        command += ["--generate-hashes", "--no-header", "--no-annotate"]
        command += ["--exclude-newer", newest, *arguments, "--output-file", name, "pyproject.toml"]
        subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
