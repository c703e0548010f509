"""Claims on a Dask cluster of several workers: the same results, nothing lost with a worker, resumable."""

from __future__ import annotations

import json
import os
import signal

import pytest
from distributed import Client, LocalCluster
from judges import judge

from symderiv.checks.checking import check_files

pytestmark = [
    pytest.mark.slow,
    # the cluster's own sockets and event loop are closed by its garbage collector
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
VERDICTS = ("proved", "refuted", "undecided")


@pytest.fixture(scope="module")
def client():
    # port 0 is any free one: these tests may run in several processes at once, each with a cluster
    options = {"n_workers": 3, "threads_per_worker": 1, "processes": True, "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        client.upload_file(judge.__code__.co_filename)
        yield client


def claims_file(folder, count):
    said = [VERDICTS[n % 3] for n in range(count)]
    entries = [{"id": f"c{n}", "left": verdict, "right": str(n), "expect": verdict} for n, verdict in enumerate(said)]
    path = folder / "many.json"
    path.write_text(json.dumps({"version": 1, "claims": entries}))
    return path


def test_ten_thousand_claims_as_in_one_process(client, tmp_path):
    path = claims_file(tmp_path, 10_000)
    there = check_files([path], executor=client.get_executor(), judge=judge)
    here = check_files([path], workers=0, judge=judge)
    assert there == here and there.exit_code == 0 and len(there.results) == 10_000


def test_a_lost_worker_loses_no_claim(client, tmp_path):
    path = claims_file(tmp_path, 3000)
    victim = next(iter(client.run(os.getpid).values()))
    seen = []

    def shoot(result):
        seen.append(result.id)
        if len(seen) == 100:
            os.kill(victim, signal.SIGKILL)

    check = check_files([path], executor=client.get_executor(), judge=judge, on_result=shoot, journal=tmp_path / "j")
    assert check.exit_code == 0 and len(check.results) == 3000
    assert sorted(seen) == sorted(result.id for result in check.results)


def test_a_run_goes_on_from_its_journal(client, tmp_path):
    path = claims_file(tmp_path, 500)
    first = check_files([path], executor=client.get_executor(), judge=judge, journal=tmp_path / "j")
    lines = (tmp_path / "j").read_text().splitlines(keepends=True)
    (tmp_path / "j").write_text("".join(lines[:200]) + lines[200][:30])
    again = check_files([path], executor=client.get_executor(), judge=judge, journal=tmp_path / "j")
    assert again == first
