"""Claims per second: in this process, over 1 and 2 processes, and on a Dask cluster of 4 workers.

    python benchmarks/claims.py [FILE …] [--json FILE]

The claims are those of the files, repeated up to COUNT; without files, those of the tests.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections.abc import Callable
from pathlib import Path

from harness import installed, report

from symderiv.checks.checking import AnyClaim, check_claims, collect

COUNT = 2000
SECONDS = 10.0
DATA = Path(__file__).resolve().parent.parent / "tests" / "data"


def many(claims: list[AnyClaim], count: int) -> list[AnyClaim]:
    """The claims over and over, each copy with an id of its own."""
    return [dataclasses.replace(claims[n % len(claims)], id=f"{claims[n % len(claims)].id}.{n}") for n in range(count)]


def timed(run: Callable[[], object]) -> float:
    """Seconds of one run."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def main() -> None:
    """Print claims per second for each way; a way whose package is missing is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--json", metavar="FILE", help="write the numbers there as well")
    chosen = parser.parse_args()
    files = chosen.files or sorted(map(str, [*DATA.glob("claims/*.json"), *DATA.glob("claims_*.json")]))
    claims, refused = collect(files, SECONDS)
    if not claims:
        sys.exit(f"no claims in {files}; {'; '.join(refused)}")
    print(f"{len(claims)} different claims")
    tasks = many(claims, COUNT)
    verdicts: dict[str, list[str]] = {}
    speed: dict[str, float] = {}

    def measure(name: str, **options: object) -> None:
        speed[name] = COUNT / timed(lambda: verdicts.update({name: run(tasks, **options)}))
        print(f"{name:<28} {speed[name]:9.0f} claims/s")

    for name, workers in (("in this process", 0), ("1 process", 1), ("2 processes", 2)):
        measure(name, workers=workers)
    if installed("distributed"):
        from distributed import Client, LocalCluster

        options = {"n_workers": 4, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
        with LocalCluster(**options) as cluster, Client(cluster) as client:
            measure("Dask cluster of 4 workers", executor=client.get_executor())
            measure("Dask, the same once more", executor=client.get_executor())  # its workers have imported all
    else:
        print("Dask is missing: pip install 'symderiv[dask]'")
    print("same verdicts everywhere:", len({tuple(found) for found in verdicts.values()}) == 1)
    report(speed, chosen.json)


def run(tasks: list[AnyClaim], **options: object) -> list[str]:
    """The verdicts of all claims."""
    return [result.verdict for result in check_claims(tasks, seconds=SECONDS, **options)]


if __name__ == "__main__":
    main()
