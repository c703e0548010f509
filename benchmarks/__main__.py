"""``python -m benchmarks [--keep] [NAME …]``: run the benchmarks of this folder one after the other.

With ``--keep`` the numbers of those that have a table go into ``results.json``, from which the docs are made.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
NAMES = ("graph", "kernels", "claims", "startup", "mutate")
TABLES = ("graph", "kernels", "claims", "startup")
RESULTS = FOLDER / "results.json"


def main() -> int:
    """Run each in a fresh process, so that none warms the caches of another; 1 where one failed."""
    keep = "--keep" in sys.argv
    names = [name for name in sys.argv[1:] if name != "--keep"] or list(NAMES)
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        sys.exit(f"no benchmark {unknown[0]!r}; there are {', '.join(NAMES)}")
    failed = [name for name in names if not run(name, keep and name in TABLES)]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def run(name: str, keep: bool) -> bool:
    """Run one benchmark; whether it went well."""
    print(f"== {name}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        numbers = Path(folder) / "numbers.json"
        extra = ["--json", str(numbers)] if keep else []
        if subprocess.run([sys.executable, str(FOLDER / f"{name}.py"), *extra]).returncode:
            return False
        if keep:
            kept = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
            machine = f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
            kept |= {name: json.loads(numbers.read_text("utf-8")), "machine": machine}
            RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return True


if __name__ == "__main__":
    sys.exit(main())
