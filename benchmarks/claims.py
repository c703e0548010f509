"""Claims per second: in this process, over 1 and 2 processes, and on a Dask cluster of 4 workers.

The claims are the files named on the command line, repeated up to COUNT; without files, those of the tests.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable
from pathlib import Path

from symderiv.checks.checking import AnyClaim, check_claims, collect

COUNT = 2000
SECONDS = 10.0
CLAIMS = Path(__file__).resolve().parent.parent / "tests" / "data" / "claims"


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
    files = sys.argv[1:] or sorted(map(str, CLAIMS.glob("*.json")))
    claims, refused = collect(files, SECONDS)
    if not claims:
        sys.exit(f"no claims in {files}; {'; '.join(refused)}")
    tasks = many(claims, COUNT)
    verdicts = {}
    for name, workers in (("in this process", 0), ("1 process", 1), ("2 processes", 2)):
        seconds = timed(lambda name=name, workers=workers: verdicts.update({name: run(tasks, workers=workers)}))
        print(f"{name:<28} {COUNT / seconds:9.0f} claims/s")
    try:
        from distributed import Client, LocalCluster
    except ModuleNotFoundError:
        print("Dask is missing: pip install 'symderiv[dask]'")
        return
    options = {"n_workers": 4, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        name = "Dask cluster of 4 workers"
        seconds = timed(lambda: verdicts.update({name: run(tasks, executor=client.get_executor())}))
        print(f"{name:<28} {COUNT / seconds:9.0f} claims/s")
    print("same verdicts everywhere:", len({tuple(found) for found in verdicts.values()}) == 1)


def run(tasks: list[AnyClaim], **options: object) -> list[str]:
    """The verdicts of all claims."""
    return [result.verdict for result in check_claims(tasks, seconds=SECONDS, **options)]


if __name__ == "__main__":
    main()
