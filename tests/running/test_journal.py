"""A run that was killed goes on where it stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from symderiv.running.journal import Journal, content_key, run_resumable


def double(number):
    return 2 * number


def note(path):
    def work(number):
        with path.open("a") as file:
            file.write(f"{number}\n")
        return 2 * number

    return work


def test_what_is_known_is_not_done_again(tmp_path):
    log = tmp_path / "log"
    with Journal(tmp_path / "run.jsonl") as journal:
        run_resumable(note(log), [1, 2], journal, content_key, workers=0)
    with Journal(tmp_path / "run.jsonl") as journal:
        outcomes = run_resumable(note(log), [2, 3, 1], journal, content_key, workers=0)
    assert [o.value for o in outcomes] == [4, 6, 2]
    assert log.read_text().split() == ["1", "2", "3"]


def test_a_torn_or_foreign_line_is_left_out(tmp_path):
    path = tmp_path / "run.jsonl"
    with Journal(path) as journal:
        journal.add(content_key(1), 2)
    with path.open("ab") as file:
        file.write(b'[1]\n\xff\xfe\n{"key": 3, "value": 1}\n{"key": "ab", "val')
    with Journal(path) as journal:
        assert journal.found == {content_key(1): 2}
        journal.add(content_key(5), 10)
    with Journal(path) as journal:
        assert journal.found == {content_key(1): 2, content_key(5): 10}


def test_a_run_killed_in_the_middle_resumes(tmp_path):
    script = tmp_path / "run.py"
    script.write_text(
        "import sys, time\n"
        "from symderiv.running.journal import Journal, content_key, run_resumable\n"
        "def slow(n):\n"
        "    time.sleep(0.05)\n"
        "    return n + 1\n"
        "if __name__ == '__main__':\n"
        "    with Journal(sys.argv[1]) as journal:\n"
        "        print(len(journal.found), flush=True)\n"
        "        outcomes = run_resumable(slow, list(range(40)), journal, content_key, workers=2)\n"
        "    print([o.value for o in outcomes])\n"
    )
    path = tmp_path / "run.jsonl"
    command = [sys.executable, str(script), str(path)]
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while first.poll() is None and (not path.exists() or path.read_bytes().count(b"\n") < 5):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    finished = path.read_bytes().count(b"\n")
    assert 5 <= finished < 40
    again = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    known, values = again.stdout.splitlines()
    assert int(known) >= 5
    assert values == str([n + 1 for n in range(40)])
