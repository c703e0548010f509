"""Start-up: how long until help, completion and ``import symderiv`` are done, as multiples of ``python -c pass``.

The commands are interleaved, so that a busy moment of the machine meets all of them alike.
Goal: ``symderiv --help`` within 5 times ``python -c pass``.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

from harness import report

ROUNDS = 31
SCRIPT = str(Path(sys.executable).with_name("symderiv"))
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import argparse": [sys.executable, "-c", "import argparse"],
    "import symderiv": [sys.executable, "-c", "import symderiv"],
    "symderiv --help": [SCRIPT, "--help"],
    "symderiv check --help": [SCRIPT, "check", "--help"],
    "symderiv list": [SCRIPT, "list"],
    "symderiv completion bash": [SCRIPT, "completion", "bash"],
    "import numpy": [sys.executable, "-c", "import numpy"],
    "import sympy": [sys.executable, "-c", "import sympy"],
}


def measure(rounds: int = ROUNDS) -> dict[str, float]:
    """Median milliseconds of each command."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            started = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            times[name].append(1000 * (time.perf_counter() - started))
    return {name: statistics.median(measured) for name, measured in times.items()}


def main() -> None:
    """Print the table, write the multiples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", metavar="FILE", help="write the numbers there as well")
    chosen = parser.parse_args()
    medians = measure()
    bare = medians["python -c pass"]
    for name, milliseconds in medians.items():
        print(f"{name:<26} {milliseconds:7.1f} ms  {milliseconds / bare:5.2f} x")
    report({name: milliseconds / bare for name, milliseconds in medians.items()}, chosen.json)


if __name__ == "__main__":
    main()
